import { bearerAuth } from '@outbound-auth/bearer'
import { authFetch } from '@outbound-auth/fetch'
import { expect, it } from 'vitest'
import { clientCredentials, dpopAuth, type OauthClientOptions, oauthAuth } from '../src/index.js'
import { basicSecret, type CertifiedServer, certifiedServer } from './certified-server.js'

type Client = Partial<OauthClientOptions>

const clients: Readonly<Record<string, (server: CertifiedServer) => Client>> = {
  'a secret in the header': () => ({ clientId: 'basic', clientSecret: basicSecret }),
  'a secret in the body': () => ({ clientId: 'post', clientSecret: 'post-secret', clientAuth: 'post' }),
  'a function that gets the secret': () => ({ clientId: 'basic', clientSecret: async () => basicSecret }),
  'an Ed25519 key in PEM': ({ keys }) => ({ clientId: 'ed-any', privateKey: keys.ed.pem }),
  'an Ed25519 key in base64': ({ keys }) => ({
    clientId: 'ed-any',
    privateKey: keys.ed.pem.replace(/-----[^-]+-----/g, '').trim(),
  }),
  'an Ed25519 key with written line breaks': ({ keys }) => ({
    clientId: 'ed-any',
    privateKey: keys.ed.pem.replaceAll('\n', '\\n'),
  }),
  'an Ed25519 key at a server that knows EdDSA': ({ keys }) => ({
    clientId: 'ed-eddsa',
    privateKey: keys.ed.pem,
  }),
  'an Ed25519 key at a server that knows Ed25519': ({ keys }) => ({
    clientId: 'ed-ed25519',
    privateKey: JSON.stringify({ ...keys.ed.privateJwk, alg: 'Ed25519' }),
  }),
  'an Ed25519 key and the algorithm Ed25519': ({ keys }) => ({
    clientId: 'ed-ed25519',
    privateKey: keys.ed.pem,
    algorithm: 'Ed25519',
  }),
  'an RSA key': ({ keys }) => ({ clientId: 'rs', privateKey: keys.rs.pem }),
  'an RSA key as a JWK': ({ keys }) => ({ clientId: 'rs', privateKey: JSON.stringify(keys.rs.privateJwk) }),
  'a P-256 key': ({ keys }) => ({ clientId: 'es', privateKey: () => keys.es.pem, keyId: 'ES256-1' }),
  'a P-256 key as a JWK': ({ keys }) => ({ clientId: 'es', privateKey: JSON.stringify(keys.es.privateJwk) }),
}

it.each(Object.entries(clients))('clientCredentials() gets a token with %s', async (_, clientOf) => {
  const server = await certifiedServer(Date.now)
  const client = { issuer: server.issuer, scope: 'api:read', ...clientOf(server) } as OauthClientOptions
  const auth = bearerAuth({ token: clientCredentials(client) })
  const fetch = authFetch(auth, { allowedOrigins: [server.apiOrigin] })
  expect((await fetch(server.apiUrl)).status).toBe(200)
  expect((await fetch(server.apiUrl)).status).toBe(200)
  expect(server.requests).toEqual(['GET /.well-known/oauth-authorization-server 200', 'POST /token 200'])
})

it('oauthAuth() asks once for 50 requests, and once more after a rejection', async () => {
  const server = await certifiedServer(Date.now)
  const auth = oauthAuth({
    tokenEndpoint: `${server.issuer}/token`,
    clientId: 'basic',
    clientSecret: basicSecret,
  })
  const fetch = authFetch(auth, { allowedOrigins: [server.apiOrigin] })
  const statuses = await Promise.all(
    Array.from({ length: 50 }, async () => (await fetch(server.apiUrl)).status),
  )
  expect(new Set(statuses)).toEqual(new Set([200]))
  expect(server.requests).toEqual(['POST /token 200'])
  server.settings.revokedBefore = Date.now() / 1000 + 1
  await new Promise((resolve) => setTimeout(resolve, 1100))
  server.settings.revokedBefore = Math.floor(Date.now() / 1000)
  expect((await fetch(server.apiUrl)).status).toBe(200)
  expect(server.requests).toEqual(['POST /token 200', 'POST /token 200'])
})

it.each([
  ['oauthAuth', oauthAuth, { clientId: 'basic', clientSecret: basicSecret }],
  ['dpopAuth', dpopAuth, { clientId: 'dpop', clientSecret: 'dpop-secret', clientAuth: 'post' }],
] as const)('%s() says when its token expires, once it is there', async (_, make, client) => {
  const server = await certifiedServer(Date.now)
  const auth = make({ tokenEndpoint: `${server.issuer}/token`, ...client })
  expect(auth.expiresAt?.()).toBeUndefined()
  expect((await authFetch(auth, { allowedOrigins: [server.apiOrigin] })(server.apiUrl)).status).toBe(200)
  expect(Number(auth.expiresAt?.())).toBeGreaterThan(Date.now())
})
