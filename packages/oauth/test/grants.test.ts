import { inspect } from 'node:util'
import { bearerAuth, rotatingToken, type StoredToken, type TokenRefresh } from '@outbound-auth/bearer'
import { applyAuth, createHeaderMap, createMemoryStore, type TokenSource } from '@outbound-auth/core'
import { authFetch } from '@outbound-auth/fetch'
import { describe, expect, expectTypeOf, it } from 'vitest'
import {
  clientCredentials,
  identityAssertion,
  jwtBearer,
  type OauthAuthOptions,
  oauthAuth,
  refreshGrant,
  tokenExchange,
} from '../src/index.js'
import { basicSecret, type CertifiedServer, certifiedServer } from './certified-server.js'
import { granted, refused, scripted, tokenEndpoint } from './scripted-server.js'

const apply = (token: TokenSource) =>
  applyAuth(bearerAuth({ token }), {
    method: 'GET',
    url: 'https://api.example.com/',
    headers: createHeaderMap(),
  })

/** Each grant, with the number of requests to the token endpoint. */
const grants: Readonly<Record<string, [(server: CertifiedServer) => TokenSource, number]>> = {
  clientCredentials: [
    ({ issuer }) => clientCredentials({ issuer, clientId: 'basic', clientSecret: basicSecret }),
    1,
  ],
  tokenExchange: [
    ({ issuer, signJwt }) =>
      tokenExchange({
        issuer,
        clientId: 'tx',
        clientSecret: 'tx-secret',
        subjectToken: () => signJwt({ sub: 'user-1' }, issuer),
        actorToken: () => signJwt({ sub: 'agent-1' }, issuer),
        scope: 'api:read',
      }),
    1,
  ],
  jwtBearer: [
    ({ issuer, signJwt }) =>
      jwtBearer({
        issuer,
        clientId: 'tx',
        clientSecret: 'tx-secret',
        assertion: () => signJwt({ sub: 'user-1' }, issuer),
      }),
    1,
  ],
  identityAssertion: [
    ({ issuer, signJwt }) =>
      identityAssertion({
        issuer,
        clientId: 'tx',
        clientSecret: 'tx-secret',
        scope: 'api:read',
        identityProvider: { issuer, clientId: 'tx', clientSecret: 'tx-secret' },
        subjectToken: () => signJwt({ sub: 'user-1' }, issuer),
      }),
    2,
  ],
}

describe.each(Object.entries(grants))('%s()', (_, [sourceOf, count]) => {
  it('asks once for 50 requests, and its token is taken', async () => {
    const server = await certifiedServer(Date.now)
    const auth = bearerAuth({ token: sourceOf(server) })
    const fetch = authFetch(auth, { allowedOrigins: [server.apiOrigin] })
    const calls = Array.from({ length: 50 }, async () => (await fetch(server.apiUrl)).status)
    expect(new Set(await Promise.all(calls))).toEqual(new Set([200]))
    const asked = server.requests.filter((line) => line.startsWith('POST'))
    expect(asked).toEqual(Array(count).fill('POST /token 200'))
  })
})

it('refreshGrant() is the refresh of rotatingToken(), once for 50 requests', async () => {
  const server = await certifiedServer(Date.now)
  const refreshToken = await server.refreshToken('app-secret')
  const store = createMemoryStore<StoredToken>({ refreshToken })
  const refresh = refreshGrant({
    issuer: server.issuer,
    clientId: 'app-secret',
    clientSecret: 'app-secret-1',
  })
  expectTypeOf(refresh).toExtend<TokenRefresh>()
  const auth = bearerAuth({ token: rotatingToken({ store, refresh }) })
  const fetch = authFetch(auth, { allowedOrigins: [server.apiOrigin] })
  const calls = Array.from({ length: 50 }, async () => (await fetch(server.apiUrl)).status)
  expect(new Set(await Promise.all(calls))).toEqual(new Set([200]))
  expect(server.requests.filter((line) => line.startsWith('POST'))).toEqual(['POST /token 200'])
  expect((await store.read())?.refreshToken).not.toBe(refreshToken)
})

it.each([
  ['invalid_grant', 1],
  ['invalid_client', 2],
])(
  'refreshGrant(): after %s the server is asked %i times by two requests a while apart',
  async (error, count) => {
    const { fetch, arrivals } = scripted(() => refused(error))
    let nowMs = Date.UTC(2026, 0, 1)
    const now = () => new Date(nowMs)
    const store = createMemoryStore<StoredToken>({ refreshToken: 'planted-refresh' })
    const refresh = refreshGrant({ tokenEndpoint, clientId: 'app', fetch, now })
    const auth = bearerAuth({ token: rotatingToken({ store, refresh, now }), now })
    const request = () => ({ method: 'GET', url: 'https://api.example.com/', headers: createHeaderMap() })
    for (let call = 0; call < 2; call++) {
      await expect(applyAuth(auth, request())).rejects.toMatchObject({ code: 'ERR_AUTH_OAUTH_REFUSED' })
      nowMs += 120_000
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    expect(arrivals).toHaveLength(count)
  },
  20_000,
)

it('every grant sends scope, resource, audience and further parameters as they are', async () => {
  const { fetch, arrivals } = scripted()
  const common = {
    tokenEndpoint,
    clientId: 'agent',
    fetch,
    scope: 'api:read  files',
    resource: ['https://mcp.example.com', 'HTTPS://API.example.com/a?b=c'],
    audience: 'https://api.example.com/',
    parameters: { tenant: 'a b&c' },
  }
  await apply(clientCredentials(common))
  await apply(jwtBearer({ ...common, assertion: 'planted-assertion' }))
  await apply(tokenExchange({ ...common, subjectToken: async () => ({ token: 'planted-subject' }) }))
  for (const { form } of arrivals) {
    expect(form.get('scope')).toBe('api:read  files')
    expect(form.getAll('resource')).toEqual(common.resource)
    expect([form.get('audience'), form.get('tenant')]).toEqual(['https://api.example.com/', 'a b&c'])
    expect([form.get('client_id'), form.has('client_secret')]).toEqual(['agent', false])
  }
  expect(arrivals.map(({ form }) => form.get('grant_type'))).toEqual([
    'client_credentials',
    'urn:ietf:params:oauth:grant-type:jwt-bearer',
    'urn:ietf:params:oauth:grant-type:token-exchange',
  ])
  expect(arrivals[1]?.form.get('assertion')).toBe('planted-assertion')
  const { form = new URLSearchParams() } = arrivals[2] ?? {}
  expect(form.get('subject_token')).toBe('planted-subject')
  expect(form.get('subject_token_type')).toBe('urn:ietf:params:oauth:token-type:jwt')
})

it('identityAssertion() asks the identity provider for an assertion to the issuer, and uses it once', async () => {
  const { fetch, arrivals } = scripted(({ url }) =>
    url.includes('idp') ? granted({ access_token: 'planted-jag', token_type: 'N_A' }) : granted(),
  )
  const token = identityAssertion({
    issuer: 'https://auth.resource.example',
    tokenEndpoint: 'https://auth.resource.example/token',
    clientId: 'agent',
    clientSecret: 'planted-secret',
    scope: 'read',
    resource: 'https://mcp.example.com',
    fetch,
    identityProvider: { tokenEndpoint: 'https://idp.example.com/token', clientId: 'agent-at-idp', fetch },
    subjectToken: 'planted-id-token',
  })
  await apply(token)
  expect(Object.fromEntries(arrivals[0]?.form ?? [])).toEqual({
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    audience: 'https://auth.resource.example',
    scope: 'read',
    resource: 'https://mcp.example.com',
    requested_token_type: 'urn:ietf:params:oauth:token-type:id-jag',
    subject_token: 'planted-id-token',
    subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
    client_id: 'agent-at-idp',
  })
  expect(arrivals[1]?.form.get('assertion')).toBe('planted-jag')
  await apply(token)
  expect(arrivals).toHaveLength(4)
})

it('a server that echoes the subject token does not bring it into the error', async () => {
  const server = await certifiedServer(Date.now)
  const token = tokenExchange({
    issuer: server.issuer,
    clientId: 'tx',
    clientSecret: 'tx-secret',
    subjectToken: 'planted-subject',
  })
  const error = await apply(token).catch((thrown) => thrown)
  expect(error).toMatchObject({ code: 'ERR_AUTH_OAUTH_REFUSED', kind: 'build' })
  expect(inspect(error, { showHidden: true, depth: 9 }) + error.stack).not.toContain('planted')
  expect(error.message).toContain('status 400, invalid_request')
})

it.each<[string, object]>([
  ['assertion must be a function or a string', { grant: 'jwt-bearer' }],
  ['subjectToken must be a function or a string', { grant: 'token-exchange' }],
  ['subjectTokenType must be jwt', { grant: 'token-exchange', subjectToken: 'a', subjectTokenType: 'jot' }],
  ['actorToken is missing', { grant: 'token-exchange', subjectToken: 'a', actorTokenType: 'jwt' }],
  ['actorToken must be', { grant: 'token-exchange', subjectToken: 'a', actorToken: '' }],
  ['issuer is missing', { grant: 'identity-assertion', subjectToken: 'a' }],
  [
    'identityProvider must be',
    { grant: 'identity-assertion', subjectToken: 'a', issuer: 'https://a.example' },
  ],
  ['grant must be one of', { grant: 'password' }],
  ['unknown option "assertion"', { assertion: 'a' }],
])('oauthAuth() throws a TypeError: %s', (message, change) => {
  const options = { tokenEndpoint, clientId: 'agent', ...change } as unknown as OauthAuthOptions
  expect(() => oauthAuth(options)).toThrow(TypeError)
  expect(() => oauthAuth(options)).toThrow(new RegExp(`^oauthAuth: ${message}`))
})

it.each<[string, object]>([
  ['token-exchange', { subjectToken: 'a' }],
  ['jwt-bearer', { assertion: 'a' }],
  ['client-credentials', {}],
])('oauthAuth() has the grant %s', async (grant, change) => {
  const { fetch, arrivals } = scripted()
  const auth = oauthAuth({ tokenEndpoint, clientId: 'agent', fetch, grant, ...change } as OauthAuthOptions)
  await applyAuth(auth, { method: 'GET', url: 'https://api.example.com/', headers: createHeaderMap() })
  expect(arrivals[0]?.form.get('grant_type')).toMatch(new RegExp(grant.replace('-', '.')))
})
