import { authFetch } from '@outbound-auth/fetch'
import { createResolver } from '@outbound-auth/resolver'
import { expect, it } from 'vitest'
import { dpopAuth, oauthAuth } from '../src/index.js'
import { basicSecret, certifiedServer } from './certified-server.js'

const factories = { oauth: oauthAuth, dpop: dpopAuth }

it('a resolver opens definitions of kind oauth and dpop, with secrets from the environment', async () => {
  const server = await certifiedServer(Date.now)
  const env = { BASIC: basicSecret, DPOP: 'dpop-secret' }
  const resolver = createResolver(factories, { env })
  const place = { issuer: server.issuer, baseUrl: server.apiOrigin }
  const oauth = await resolver.resolve({
    ...place,
    kind: 'oauth',
    clientId: 'basic',
    clientSecret: { env: 'BASIC' },
    scope: 'api:read',
  })
  const dpop = await resolver.resolveUnknown({
    ...place,
    kind: 'dpop',
    clientId: 'dpop',
    clientSecret: { env: 'DPOP' },
    clientAuth: 'basic',
  })
  expect(oauth.reason).toBe(
    `oauth in header authorization from environment variable BASIC, for ${server.apiOrigin}`,
  )
  server.settings.apiNonce = 'nonce-1'
  for (const auth of [oauth, dpop]) expect((await authFetch(auth)(server.apiUrl)).status).toBe(200)
  expect(server.apiStatuses).toEqual([200, 401, 200])
})

it('a resolver opens the secrets of an identity provider', async () => {
  const server = await certifiedServer(Date.now)
  const token = await server.signJwt({ sub: 'user-1' }, 'app')
  const env = { SECRET: 'tx-secret', PROVIDER: 'tx-secret', ID_TOKEN: token }
  const resolver = createResolver(factories, { env })
  const auth = await resolver.resolve({
    kind: 'oauth',
    grant: 'identity-assertion',
    baseUrl: server.apiOrigin,
    issuer: server.issuer,
    clientId: 'tx',
    clientSecret: { env: 'SECRET' },
    scope: 'api:read',
    identityProvider: { issuer: server.issuer, clientId: 'tx', clientSecret: { env: 'PROVIDER' } },
    subjectToken: { env: 'ID_TOKEN' },
  })
  expect(auth.reason).toContain('environment variable PROVIDER')
  expect((await authFetch(auth)(server.apiUrl)).status).toBe(200)
  const missing = createResolver(factories, { env: { SECRET: 'a', ID_TOKEN: 'b' } }).resolve({
    kind: 'oauth',
    grant: 'identity-assertion',
    baseUrl: server.apiOrigin,
    issuer: server.issuer,
    clientId: 'tx',
    identityProvider: { issuer: server.issuer, clientId: 'tx', clientSecret: { env: 'PROVIDER' } },
    subjectToken: { env: 'ID_TOKEN' },
  })
  await expect(missing).rejects.toMatchObject({
    code: 'ERR_AUTH_MISSING_ENV',
    message: expect.stringContaining('identityProvider.clientSecret'),
  })
})

it('a definition of kind oauth with a wrong option names it', async () => {
  const resolver = createResolver(factories)
  const definition = {
    kind: 'oauth',
    issuer: 'https://a.example',
    clientId: '',
    baseUrl: 'https://b.example',
  }
  await expect(resolver.resolveUnknown(definition)).rejects.toThrow('oauthAuth: clientId must be a string')
})
