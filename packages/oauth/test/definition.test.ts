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
