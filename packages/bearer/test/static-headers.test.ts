import { inspect } from 'node:util'
import { applyAuth, createHeaderMap } from '@outbound-auth/core'
import { describe, expect, it } from 'vitest'
import { loopback } from '../../../test/support/loopback.js'
import { type BearerAuthOptions, bearerAuth } from '../src/index.js'

const secret = 'planted-secret-1'
const owned = [
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'expect',
  'trailer',
  'upgrade',
  'keep-alive',
  'proxy-connection',
  'sec-fetch-dest',
  'sec-x',
]

function failureOf(headers: unknown, token: BearerAuthOptions['token'] = secret): Error {
  try {
    bearerAuth({ token, headers: headers as never })
  } catch (error) {
    return error as Error
  }
  throw new Error('It did not fail')
}

describe('bearerAuth() rejects the static header', () => {
  it.each(
    owned.flatMap((name) => [name, name.toUpperCase(), name.replace(/^./, (first) => first.toUpperCase())]),
  )('%s when it is made, with the reason', (name) => {
    for (const token of [secret, () => secret]) {
      const error = failureOf({ [name]: secret }, token)
      expect(error).toBeInstanceOf(TypeError)
      expect(error.message).toMatch(/^bearerAuth: headers must not hold header .+: .+\. Remove the header$/)
      expect(inspect(error)).not.toContain(secret)
    }
  })
})

it('bearerAuth() sends content-type, te, cookie and others as static headers', async () => {
  const { origin, arrivals } = await loopback()
  const url = `${origin}/`
  const statics = { 'Content-Type': 'application/x-mine', TE: 'trailers', cookie: 'a=1', 'x-host': 'h' }
  const auth = bearerAuth({ token: 'token-1', headers: statics })
  const { headers } = await applyAuth(auth, { method: 'POST', url, headers: createHeaderMap() })
  await (await fetch(url, { method: 'POST', body: 'x', headers: Object.fromEntries(headers) })).text()
  expect(arrivals[0]?.headers).toMatchObject({
    authorization: 'Bearer token-1',
    'content-type': 'application/x-mine',
    te: 'trailers',
    cookie: 'a=1',
    'x-host': 'h',
  })
})

const line = `x-account: ${secret}`

it.each<[string, unknown]>([
  ['a string', line],
  ['a String object', new String(line)],
  ['a number', 47_114_711],
  ['null', null],
  ['a function', () => ({ 'x-account': secret })],
  ['a Promise', Promise.resolve({ 'x-account': secret })],
  ['a list of strings', [line]],
  ['a flat list', ['x-account', secret]],
  ['pairs without a value', [['x-account']]],
  ['triples', [['x-account', secret, 'x']]],
  ['a Set', new Set([line])],
  ['bytes', new TextEncoder().encode(line)],
  ['a name with a value', { [line]: '' }],
])('bearerAuth() rejects headers that are %s, and quotes nothing', (_what, headers) => {
  const error = failureOf(headers)
  expect(error).toBeInstanceOf(TypeError)
  expect(error.message).toMatch(
    /^bearerAuth: headers must be an object such as .+; got |^Not a header name: /,
  )
  expect(inspect(error)).not.toMatch(/planted|4711/)
})

it.each<[string, unknown]>([
  ['a number', { 'x-account': 47_114_711 }],
  ['a list', { 'x-account': [secret] }],
  ['undefined', { 'x-account': undefined }],
  ['an object', { 'x-account': { secret } }],
  ['a line break', { 'x-account': `${secret}\n` }],
])('bearerAuth() rejects a static header whose value is %s, and quotes nothing', (_what, headers) => {
  const error = failureOf(headers)
  expect(error).toMatchObject({ kind: 'build', code: 'ERR_AUTH_HEADER_VALUE' })
  expect(error.message).toContain('Cannot set header x-account: ')
  expect(inspect(error)).not.toMatch(/planted|4711/)
})

it("bearerAuth() adds the members of mergedHeaders to the caller's, once", async () => {
  const mergedHeaders = { 'Anthropic-Beta': 'oauth-2025-04-20' }
  for (const token of [secret, () => secret]) {
    const auth = bearerAuth({ token, mergedHeaders })
    expect(auth.mergedHeaderNames).toEqual(['anthropic-beta'])
    const headers = createHeaderMap({ 'anthropic-beta': 'files-api-2025-04-14' })
    const request = { method: 'GET', url: 'https://api.example.com/', headers }
    const once = await applyAuth(auth, request)
    const twice = await applyAuth(auth, once)
    expect(twice.headers.get('anthropic-beta')).toBe('files-api-2025-04-14, oauth-2025-04-20')
  }
  expect(bearerAuth({ token: secret })).not.toHaveProperty('mergedHeaderNames')
})

it.each([['x-api-key'], ['authorization'], ['content-length'], ['x-account']])(
  'bearerAuth() merges no header %s',
  (name) => {
    const options = { token: secret, headers: { 'x-account': 'a' }, mergedHeaders: { [name]: secret } }
    expect(() => bearerAuth(options)).toThrow(TypeError)
    expect(() => bearerAuth(options)).not.toThrow(secret)
  },
)
