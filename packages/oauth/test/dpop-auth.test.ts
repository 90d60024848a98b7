import { authFetch } from '@outbound-auth/fetch'
import { describe, expect, it } from 'vitest'
import { type DpopAuthOptions, dpopAuth } from '../src/index.js'
import { type CertifiedServer, certifiedServer } from './certified-server.js'

function open(server: CertifiedServer, change: Partial<DpopAuthOptions> = {}) {
  const auth = dpopAuth({
    tokenEndpoint: `${server.issuer}/token`,
    clientId: 'dpop',
    clientSecret: 'dpop-secret',
    clientAuth: 'post',
    ...change,
  } as DpopAuthOptions)
  const fetch = authFetch(auth, { allowedOrigins: [server.apiOrigin] })
  return async (method = 'GET') => (await fetch(server.apiUrl, { method })).status
}

describe('dpopAuth() counts its requests:', () => {
  it('without nonces 2 at first, then 1', async () => {
    const server = await certifiedServer()
    const send = open(server)
    expect(await send()).toBe(200)
    expect(await send('POST')).toBe(200)
    expect(server.requests).toEqual(['POST /token 200'])
    expect(server.apiStatuses).toEqual([200, 200])
  })

  it('with nonces at both servers 4 at first, then 1, and one more when the nonce changes', async () => {
    const server = await certifiedServer()
    Object.assign(server.settings, { wantsNonce: true, apiNonce: 'nonce-1' })
    const send = open(server)
    expect(await send()).toBe(200)
    expect(server.requests).toEqual(['POST /token 400', 'POST /token 200'])
    expect(server.apiStatuses).toEqual([401, 200])
    expect(await send()).toBe(200)
    expect(server.apiStatuses).toEqual([401, 200, 200])
    server.settings.apiNonce = 'nonce-2'
    expect(await send()).toBe(200)
    expect(server.apiStatuses.length).toBeLessThanOrEqual(5)
    expect(server.requests).toHaveLength(2)
  })

  it('with nonces for one use each 1, since the nonce of a success is kept', async () => {
    const server = await certifiedServer()
    let count = 0
    server.settings.apiNonce = () => `single-${++count}`
    const send = open(server)
    expect(await send()).toBe(200)
    server.apiStatuses.length = 0
    for (let call = 0; call < 5; call++) expect(await send()).toBe(200)
    expect(server.apiStatuses).toEqual([200, 200, 200, 200, 200])
  })

  it('at an API that always challenges 2, and the caller gets the 401', async () => {
    const server = await certifiedServer()
    let count = 0
    // The nonce that is wanted is never the one that was given.
    server.settings.apiNonce = () => `other-${++count}`
    const send = open(server)
    const odd = authFetchOfChallenger(server)
    expect(await odd()).toEqual([401, 2])
    void send
  })

  it('with 20 at once and cold 2 tokens requests and 40 of the API', async () => {
    const server = await certifiedServer()
    Object.assign(server.settings, { wantsNonce: true, apiNonce: 'nonce-1' })
    const send = open(server)
    const statuses = await Promise.all(Array.from({ length: 20 }, () => send()))
    expect(new Set(statuses)).toEqual(new Set([200]))
    expect(server.requests).toEqual(['POST /token 400', 'POST /token 200'])
    expect(server.apiStatuses.length).toBeLessThanOrEqual(40)
  })
})

function authFetchOfChallenger(server: CertifiedServer) {
  let sent = 0
  const auth = dpopAuth({
    tokenEndpoint: `${server.issuer}/token`,
    clientId: 'dpop',
    clientSecret: 'dpop-secret',
    clientAuth: 'post',
  })
  const fetch = authFetch(auth, {
    allowedOrigins: [server.apiOrigin],
    fetch: async () => {
      sent += 1
      const headers = { 'www-authenticate': 'DPoP error="use_dpop_nonce"', 'dpop-nonce': `never-${sent}` }
      return new Response('', { status: 401, headers })
    },
  })
  return async () => [(await fetch(server.apiUrl)).status, sent]
}

it.each(['ES256', 'EdDSA', 'Ed25519'] as const)('dpopAuth() signs with %s', async (dpopAlgorithm) => {
  const server = await certifiedServer()
  expect(await open(server, { dpopAlgorithm })()).toBe(200)
})

it('dpopAuth() rejects a token that is not bound', async () => {
  const { createServer } = await import('node:http')
  const { listen } = await import('./certified-server.js')
  const origin = await listen(
    createServer((_, response) =>
      response.end(JSON.stringify({ access_token: 'planted-token', token_type: 'Bearer', expires_in: 60 })),
    ),
  )
  const auth = dpopAuth({ tokenEndpoint: `${origin}/token`, clientId: 'a', clientSecret: 'b' })
  const fetch = authFetch(auth, { allowedOrigins: ['https://api.example.com'] })
  await expect(fetch('https://api.example.com/')).rejects.toMatchObject({
    code: 'ERR_AUTH_OAUTH_DOWNGRADE',
    kind: 'build',
  })
})
