import { authFetch } from '@outbound-auth/fetch'
import { describe, expect, it } from 'vitest'
import { type DpopAuthOptions, dpopAuth } from '../src/index.js'
import { type CertifiedServer, certifiedServer } from './certified-server.js'

function open(server: CertifiedServer, change: Partial<DpopAuthOptions> = {}, api?: typeof globalThis.fetch) {
  const auth = dpopAuth({
    tokenEndpoint: `${server.issuer}/token`,
    clientId: 'dpop',
    clientSecret: 'dpop-secret',
    clientAuth: 'post',
    ...change,
  } as DpopAuthOptions)
  const fetch = authFetch(auth, { allowedOrigins: [server.apiOrigin], fetch: api })
  return async (method = 'GET') => (await fetch(server.apiUrl, { method })).status
}

describe('dpopAuth() counts its requests:', () => {
  it('without nonces 2 at first, then 1', async () => {
    const server = await certifiedServer(Date.now)
    const send = open(server)
    expect(await send()).toBe(200)
    expect(await send('POST')).toBe(200)
    expect(server.requests).toEqual(['POST /token 200'])
    expect(server.apiStatuses).toEqual([200, 200])
  })

  it('with nonces at both servers 4 at first, then 1, and one more when the nonce changes', async () => {
    const server = await certifiedServer(Date.now)
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
    const server = await certifiedServer(Date.now)
    let count = 0
    server.settings.apiNonce = () => `single-${++count}`
    const send = open(server)
    expect(await send()).toBe(200)
    server.apiStatuses.length = 0
    for (let call = 0; call < 5; call++) expect(await send()).toBe(200)
    expect(server.apiStatuses).toEqual([200, 200, 200, 200, 200])
  })

  it('at an API that always challenges 2, and the caller gets the 401', async () => {
    const server = await certifiedServer(Date.now)
    let sent = 0
    const send = open(server, {}, async () => {
      sent += 1
      const headers = { 'www-authenticate': 'DPoP error="use_dpop_nonce"', 'dpop-nonce': `never-${sent}` }
      return new Response('', { status: 401, headers })
    })
    expect([await send(), sent]).toEqual([401, 2])
  })

  it('at an API that challenges without a nonce 1', async () => {
    const server = await certifiedServer(Date.now)
    let sent = 0
    const send = open(server, {}, async () => {
      sent += 1
      return new Response('', { status: 401, headers: { 'www-authenticate': 'DPoP error=use_dpop_nonce' } })
    })
    expect([await send(), sent]).toEqual([401, 1])
  })

  it('with 20 at once and cold 2 tokens requests and 40 of the API', async () => {
    const server = await certifiedServer(Date.now)
    Object.assign(server.settings, { wantsNonce: true, apiNonce: 'nonce-1' })
    const send = open(server)
    const statuses = await Promise.all(Array.from({ length: 20 }, () => send()))
    expect(new Set(statuses)).toEqual(new Set([200]))
    expect(server.requests).toEqual(['POST /token 400', 'POST /token 200'])
    expect(server.apiStatuses.length).toBeLessThanOrEqual(40)
  })
})

it.each(['ES256', 'EdDSA', 'Ed25519'] as const)('dpopAuth() signs with %s', async (dpopAlgorithm) => {
  const server = await certifiedServer(Date.now)
  expect(await open(server, { dpopAlgorithm })()).toBe(200)
})

it('dpopAuth() takes a key whose private half cannot be exported, and only one that suits the algorithm', async () => {
  const server = await certifiedServer(Date.now)
  const pair = (name: object) => crypto.subtle.generateKey(name as EcKeyGenParams, false, ['sign', 'verify'])
  const dpopKey = (await pair({ name: 'ECDSA', namedCurve: 'P-256' })) as CryptoKeyPair
  expect(await open(server, { dpopKey })()).toBe(200)
  const wrong = { dpopKey, dpopAlgorithm: 'EdDSA' as const }
  expect(() => open(server, wrong)).toThrow('dpopAuth: dpopKey must be a CryptoKeyPair for EdDSA')
  const longer = (await pair({ name: 'ECDSA', namedCurve: 'P-384' })) as CryptoKeyPair
  const mixed = { privateKey: dpopKey.privateKey, publicKey: longer.publicKey }
  for (const key of [longer, mixed])
    expect(() => open(server, { dpopKey: key })).toThrow('dpopKey must be a CryptoKeyPair for ES256')
  expect(() => open(server, { dpopAlgorithm: 'none' as never })).toThrow('dpopAuth: dpopAlgorithm must be')
})

it('dpopAuth() fetches a new token when the API rejects the one that was sent', async () => {
  const server = await certifiedServer(Date.now)
  server.settings.apiNonce = 'nonce-1'
  const send = open(server)
  expect(await send()).toBe(200)
  await new Promise((resolve) => setTimeout(resolve, 1100))
  server.settings.revokedBefore = Math.floor(Date.now() / 1000)
  expect(await send()).toBe(200)
  expect(server.requests).toEqual(['POST /token 200', 'POST /token 200'])
  expect(server.apiStatuses).toEqual([401, 200, 401, 200])
})
