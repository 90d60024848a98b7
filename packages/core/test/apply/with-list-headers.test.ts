import { expect, it } from 'vitest'
import {
  type AuthProvider,
  applyAuth,
  authHeaderTelemetry,
  createHeaderMap,
  withListHeaders,
} from '../../src/index.js'
import { cachedToken, immediateApply } from '../../src/provider.js'

const secret = 'planted-s3cr3t'
const url = 'https://api.example.com/'
const lists = { 'Anthropic-Beta': 'oauth-2025-04-20, files-api-2025-04-14' }

function keyAuth(): AuthProvider & { readonly kind: 'key' } {
  return {
    kind: 'key',
    headerNames: ['x-key', 'x-account'],
    addAuthHeaders: (headers) => headers.set('x-key', secret),
  }
}

it("withListHeaders() adds members to the caller's, each once", async () => {
  const auth = withListHeaders(keyAuth(), lists)
  expect(auth.mergedHeaderNames).toEqual(['anthropic-beta'])
  const headers = createHeaderMap({ 'anthropic-beta': 'Files-API-2025-04-14' })
  const once = await applyAuth(auth, { method: 'GET', url, headers })
  const twice = await applyAuth(auth, once)
  expect(twice.headers.get('anthropic-beta')).toBe('Files-API-2025-04-14, oauth-2025-04-20')
  expect(twice.headers.get('x-key')).toBe(secret)
})

it('withListHeaders() keeps kind, names, telemetry, readiness, recovery and expiry of its provider', async () => {
  const tokens = [secret, 'second']
  const expiresAt = new Date(Date.now() + 3_600_000)
  const source = () => ({ token: tokens.shift() ?? '', expiresAt })
  const cache = cachedToken({ kind: 'key', source })
  const agentIdentity = { agentId: 'a', taskId: 't' }
  const auth = withListHeaders(
    {
      ...keyAuth(),
      get agentIdentity() {
        return { ...agentIdentity }
      },
      isReady: () => false,
      expiresAt: cache.expiresAt,
      applyAuth: immediateApply(
        () => undefined,
        async (request) => {
          request.headers.set('x-key', await cache.get())
          return request
        },
      ),
      recover: ({ request, attempt }) => cache.recover(request.headers.get('x-key') ?? '', attempt),
    },
    lists,
  )
  expect(auth).toMatchObject({ kind: 'key', headerNames: ['x-key', 'x-account'], recoverStatuses: [401] })
  expect(auth.isReady?.()).toBe(false)
  expect(authHeaderTelemetry(auth)).toEqual({ attached: false })
  const request = await applyAuth(auth, { method: 'GET', url, headers: createHeaderMap() })
  expect(auth.expiresAt?.()).toEqual(expiresAt)
  agentIdentity.taskId = 'u'
  expect(auth.agentIdentity).toEqual({ agentId: 'a', taskId: 'u' })
  const rejection = { request, status: 401, headers: createHeaderMap(), readBody: async () => '', attempt: 0 }
  expect(await auth.recover?.(rejection)).toBe(true)
  const again = await applyAuth(auth, { method: 'GET', url, headers: createHeaderMap() })
  expect(again.headers.get('x-key')).toBe('second')
  expect(again.headers.get('anthropic-beta')).toBe(lists['Anthropic-Beta'])
})

it('withListHeaders() adds the members before a signer signs', async () => {
  const signer: AuthProvider = {
    ...keyAuth(),
    requiresBody: true,
    addAuthHeaders: (headers) => headers.set('x-key', `signed ${headers.get('anthropic-beta')}`),
  }
  const auth = withListHeaders(signer, { 'anthropic-beta': 'a' })
  expect(auth.requiresBody).toBe(true)
  const { headers } = await applyAuth(auth, { method: 'GET', url, headers: createHeaderMap() })
  expect(headers.get('x-key')).toBe('signed a')
})

it.each([['x-api-key'], ['authorization'], ['content-length'], ['x-account'], ['no name']])(
  'withListHeaders() rejects header %s, and quotes no value',
  (name) => {
    expect(() => withListHeaders(keyAuth(), { [name]: secret })).toThrow(TypeError)
    expect(() => withListHeaders(keyAuth(), { [name]: secret })).not.toThrow(secret)
  },
)

it('withListHeaders() rejects what is not a provider, and members that no header may hold', () => {
  expect(() => withListHeaders(undefined as never, lists)).toThrow('got undefined')
  expect(() => withListHeaders(keyAuth(), { 'x-list': `${secret}\n` })).toThrow(
    expect.objectContaining({ code: 'ERR_AUTH_HEADER_VALUE' }),
  )
})

it.each<[string, string]>([
  ['x-api-key', 'the name of a credential is never merged. Remove the header'],
  ['x-account', ''],
  ['content-length', 'HTTP clients or proxies set, drop or reject it. Remove the header'],
])('withListHeaders() says why it rejects header %s', (name, why) => {
  const place = 'combineAuth: mergedHeaderNames of the list-headers provider must not hold header'
  const message = why ? `${place} ${name}: ${why}` : `combineAuth: two providers set ${name}`
  expect(() => withListHeaders(keyAuth(), { [name]: 'a' })).toThrow(new TypeError(message))
})

it('withListHeaders() shows its kind where its other properties are, and takes pairs', () => {
  const auth = withListHeaders(keyAuth(), [['X-List', 'a']] as never)
  expect({ ...auth }).toMatchObject({ kind: 'key', headerNames: ['x-key', 'x-account'] })
  expect(auth.mergedHeaderNames).toEqual(['x-list'])
  expect(() => withListHeaders(keyAuth(), 'x-list: a' as never)).toThrow(/^withListHeaders: headers must be /)
})
