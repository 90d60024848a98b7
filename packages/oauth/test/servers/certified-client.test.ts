import { authFetch } from '@outbound-auth/fetch'
import { describe, expect, it } from 'vitest'
import { dpopAuth, type OauthClientOptions, oauthAuth } from '../../src/index.js'
import { loginWithBrowser } from '../../src/login.js'
import { basicSecret, type CertifiedServer, certifiedServer } from '../certified-server.js'

/** The outcome of a first request of the API: the status, or the message of the error. */
async function outcomeOf(server: CertifiedServer, change: Partial<OauthClientOptions>): Promise<string> {
  const auth = oauthAuth({ issuer: server.issuer, clientId: 'es', ...change } as OauthClientOptions)
  const fetch = authFetch(auth, { allowedOrigins: [server.apiOrigin] })
  return fetch(server.apiUrl).then(
    ({ status }) => String(status),
    ({ message }) => message,
  )
}

const exchanges = ({ requests }: CertifiedServer) => requests.filter((line) => line.startsWith('POST'))

describe('an assertion at a certified server', () => {
  it.each<[string, (server: CertifiedServer) => Partial<OauthClientOptions>, string]>([
    ['for the token endpoint is taken', ({ issuer }) => ({ assertionAudience: `${issuer}/token` }), '200'],
    [
      'for the issuer with a slash is rejected',
      ({ issuer }) => ({ assertionAudience: `${issuer}/` }),
      'invalid_client',
    ],
    ['with another kid is rejected', () => ({ keyId: 'other' }), 'invalid_client'],
    ['with the kid of its key is taken', () => ({ keyId: 'ES256-1' }), '200'],
  ])('%s', async (_, change, expected) => {
    const server = await certifiedServer(Date.now)
    const outcome = await outcomeOf(server, { privateKey: server.keys.es.pem, ...change(server) })
    expect(outcome).toContain(expected)
    // The same key once more would be another failed login.
    expect(exchanges(server)).toHaveLength(1)
  })

  it.each([
    ['ed-eddsa', 'Ed25519'],
    ['ed-ed25519', 'EdDSA'],
  ] as const)('of client %s is rejected under the name %s', async (clientId, algorithm) => {
    const server = await certifiedServer(Date.now)
    const client = { clientId, algorithm, privateKey: server.keys.ed.pem }
    expect(await outcomeOf(server, client)).toContain('invalid_client')
  })

  it.each([600_000, -600_000, 3 * 3_600_000, -20 * 3_600_000])(
    'is dated by the clock of the server where that of this machine is %i ms off',
    async (offsetMs) => {
      const server = await certifiedServer(Date.now)
      const now = () => new Date(Date.now() + offsetMs)
      expect(await outcomeOf(server, { privateKey: server.keys.es.pem, now })).toBe('200')
      // An assertion of a clock that is behind has expired. This server takes one that is dated ahead.
      expect(exchanges(server)).toHaveLength(offsetMs < 0 ? 2 : 1)
    },
  )
})

describe('a resource at a certified server', () => {
  it('is taken, and two are rejected with the code of the server', async () => {
    const server = await certifiedServer(Date.now)
    const client = { clientId: 'basic', clientSecret: basicSecret }
    const resource = 'urn:example:api'
    expect(await outcomeOf(server, { ...client, resource })).toBe('200')
    const two = await outcomeOf(server, { ...client, resource: [resource, 'urn:example:other'] })
    expect(two).toContain('status 400, invalid_target')
  })
})

describe('dpopAuth() at a certified server', () => {
  const open = (server: CertifiedServer, change: Partial<OauthClientOptions> = {}) => {
    const client = { clientId: 'dpop', clientSecret: 'dpop-secret', tokenEndpoint: `${server.issuer}/token` }
    const auth = dpopAuth({ ...client, ...change } as OauthClientOptions)
    const fetch = authFetch(auth, { allowedOrigins: [server.apiOrigin] })
    return async () => (await fetch(server.apiUrl)).status
  }

  it.each([600_000, -600_000, -5 * 3_600_000])(
    'is cured of a clock that is %i ms off, once at each server',
    async (offsetMs) => {
      const server = await certifiedServer(Date.now)
      const send = open(server, { now: () => new Date(Date.now() + offsetMs) })
      expect([await send(), await send()]).toEqual([200, 200])
      expect(server.requests).toEqual(['POST /token 400', 'POST /token 200'])
      expect(server.apiStatuses).toEqual([401, 200, 200])
    },
  )

  it('binds the token of a client that need not use DPoP', async () => {
    const server = await certifiedServer(Date.now)
    const send = open(server, { clientId: 'basic', clientSecret: basicSecret })
    expect(await send()).toBe(200)
    expect(server.requests).toEqual(['POST /token 200'])
  })

  it('with a private key costs 4 requests where both servers want a nonce, and 1 for each later one', async () => {
    const server = await certifiedServer(Date.now)
    Object.assign(server.settings, { wantsNonce: true, apiNonce: 'nonce-1' })
    const send = open(server, { clientId: 'es', clientSecret: undefined, privateKey: server.keys.es.pem })
    for (let call = 0; call < 4; call++) expect(await send()).toBe(200)
    expect(server.requests).toEqual(['POST /token 400', 'POST /token 200'])
    expect(server.apiStatuses).toEqual([401, 200, 200, 200, 200])
  })
})

it('loginWithBrowser() ends in time where the server has another redirect URI registered', async () => {
  const server = await certifiedServer(Date.now)
  const pages: number[] = []
  const login = loginWithBrowser({
    issuer: server.issuer,
    clientId: 'app',
    redirectPath: '/other',
    loginTimeoutMs: 1500,
    openUrl: async (url) => void pages.push((await fetch(url, { redirect: 'manual' })).status),
  })
  await expect(login).rejects.toMatchObject({ code: 'ERR_AUTH_TIMEOUT', kind: 'transient' })
  expect(pages).toEqual([400])
})
