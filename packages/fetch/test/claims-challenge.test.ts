import { apiKeyAuth, basicAuth } from '@outbound-auth/api-key'
import { bearerAuth, oauthRefresh, rotatingToken, type StoredToken } from '@outbound-auth/bearer'
import { type AuthProvider, createMemoryStore, type SourceOptions } from '@outbound-auth/core'
import { expect, it } from 'vitest'
import { loopback } from '../../../test/support/loopback.js'
import { authFetch } from '../src/index.js'

const claims = '{"access_token":{"nbf":{"essential":true,"value":"1"}}}'

type Source = (options: SourceOptions) => string

const providers: Readonly<Record<string, (source: Source) => AuthProvider>> = {
  bearerAuth: (token) => bearerAuth({ token, refreshIntervalMs: 0 }),
  'apiKeyAuth in a header': (key) => apiKeyAuth({ key, header: 'x-api-key', refreshIntervalMs: 0 }),
  'apiKeyAuth in the query': (key) => apiKeyAuth({ key, query: 'key', refreshIntervalMs: 0 }),
  basicAuth: (password) => basicAuth({ user: 'u', password, refreshIntervalMs: 0 }),
}

/** A server that wants claims in the token until `isGood` says otherwise. */
function startServer(isGood: () => boolean) {
  return loopback((_request, response) => {
    const challenge = `Bearer realm="", error="insufficient_claims", claims="${btoa(claims)}"`
    if (!isGood()) response.writeHead(401, { 'www-authenticate': challenge })
    response.end()
  })
}

it.each(Object.entries(providers))(
  'authFetch() tells the source of %s the claims of a challenge, once',
  async (_, make) => {
    const asked: (string | undefined)[] = []
    const server = await startServer(() => asked.includes(claims))
    const auth = make(({ claims, forceRefresh }) => {
      if (forceRefresh) asked.push(claims)
      return `token-${asked.length}`
    })
    const fetch = authFetch(auth, { allowedOrigins: [server.origin] })
    const responses = await Promise.all([1, 2, 3].map(() => fetch(server.origin)))
    expect(responses.map(({ status }) => status)).toEqual([200, 200, 200])
    expect(asked).toEqual([claims])
  },
)

it('oauthRefresh() sends the claims of a challenge to the token endpoint', async () => {
  const forms: Record<string, string>[] = []
  const endpoint = await loopback(({ body }, response) => {
    forms.push(Object.fromEntries(new URLSearchParams(body.toString())))
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ access_token: 'token-2', token_type: 'Bearer', expires_in: 3600 }))
  })
  const server = await startServer(() => forms.length > 0)
  const store = createMemoryStore<StoredToken>({ accessToken: 'token-1', refreshToken: 'refresh-1' })
  const refresh = oauthRefresh({ tokenEndpoint: `${endpoint.origin}/token`, clientId: 'agent' })
  const auth = bearerAuth({ token: rotatingToken({ store, refresh }) })
  const response = await authFetch(auth, { allowedOrigins: [server.origin] })(server.origin)
  expect(response.status).toBe(200)
  expect(forms).toEqual([
    { grant_type: 'refresh_token', refresh_token: 'refresh-1', client_id: 'agent', claims },
  ])
})
