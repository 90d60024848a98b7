import { createHeaderMap } from '@outbound-auth/core'
import { checkAuthProvider } from '@outbound-auth/core/testing'
import { describe, expect, it } from 'vitest'
import { gatewayAuth } from '../../src/provider/gateway-auth.js'

const secret = 'planted-gateway-secret'
const options = {
  token: async () => ({ token: secret, expiresAt: new Date(4e12) }),
  header: 'X-Gateway',
  prefix: 'Bearer ',
}

describe('gatewayAuth() keeps the contract of AuthProvider:', () => {
  for (const { name, run } of checkAuthProvider({ create: () => gatewayAuth(options), secrets: [secret] })) {
    it(name, run)
  }
})

it('gatewayAuth() gets a new token after a 401', async () => {
  let count = 0
  const auth = gatewayAuth({ ...options, token: async () => `token-${++count}` })
  const request = await auth.applyAuth?.({
    method: 'GET',
    url: 'https://a.example.com',
    headers: createHeaderMap(),
  })
  expect(request?.headers.get('x-gateway')).toBe('Bearer token-1')
  const rejection = {
    request: request as NonNullable<typeof request>,
    status: 401,
    headers: createHeaderMap(),
    readBody: async () => '',
    attempt: 0,
  }
  expect(await auth.recover?.(rejection)).toBe(true)
})

it('gatewayAuth() rejects a malformed header name', () => {
  expect(() => gatewayAuth({ ...options, header: 'a b' })).toThrow(TypeError)
})

it.each(['a b', 'a\tb', 'tökén', 'Bearer a'])(
  'gatewayAuth() rejects "%s", which is no token',
  async (token) => {
    const auth = gatewayAuth({ ...options, token: async () => token })
    const request = { method: 'GET', url: 'https://a.example.com', headers: createHeaderMap() }
    const problem = await Promise.resolve(auth.applyAuth?.(request)).catch((error) => error)
    expect(problem).toMatchObject({ code: 'ERR_AUTH_CREDENTIAL', kind: 'build', provider: 'gateway' })
    expect(problem.message).toMatch(/^gateway_oauth\.credential_export must print one token/)
    expect(problem.message).not.toContain(token)
  },
)
