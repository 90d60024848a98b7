import { inspect } from 'node:util'
import { applyAuth, createHeaderMap, type SourceOptions } from '@outbound-auth/core'
import * as jose from 'jose'
import { describe, expect, it } from 'vitest'
import { dpopAuth, type OauthAuth } from '../../src/index.js'
import { exchanging, granted, refused, scripted, tokenEndpoint } from '../scripted-server.js'

const apply = (auth: Pick<OauthAuth, 'applyAuth'> & Parameters<typeof applyAuth>[0]) =>
  applyAuth(auth, { method: 'GET', url: 'https://api.example.com/', headers: createHeaderMap() })
const failure = (auth: Parameters<typeof apply>[0]) =>
  apply(auth).then(
    () => undefined,
    (error) => error,
  )
const nowMs = Date.UTC(2026, 0, 1)
const now = () => new Date(nowMs)
const { privateKey } = await jose.generateKeyPair('ES256', { extractable: true })
const pem = await jose.exportPKCS8(privateKey)
const dated = (offsetMs: number) => ({ date: new Date(nowMs + offsetMs).toUTCString() })

describe('a rejected client', () => {
  it('is tried once more when the secret has changed', async () => {
    const asked: boolean[] = []
    const clientSecret = ({ forceRefresh }: SourceOptions) => {
      asked.push(forceRefresh)
      return forceRefresh ? 'new-secret' : 'old-secret'
    }
    const answer = (_: unknown, index: number) =>
      index === 0 ? refused('invalid_client', { status: 401 }) : granted()
    const { auth, arrivals } = exchanging(answer, { clientSecret })
    await apply(auth)
    expect(asked).toEqual([false, true])
    expect(arrivals.map(({ headers }) => atob(headers.get('authorization')?.slice(6) ?? ''))).toEqual([
      'agent:old-secret',
      'agent:new-secret',
    ])
  })

  it.each([
    ['a literal', 'planted-secret'],
    ['a function that gives the same', () => 'planted-secret'],
  ])('is not tried again with %s', async (_, clientSecret) => {
    const answer = () => refused('invalid_client', { status: 401 })
    const { auth, arrivals } = exchanging(answer, { clientSecret })
    const error = await failure(auth)
    expect(error).toMatchObject({ code: 'ERR_AUTH_OAUTH_REFUSED', kind: 'build', provider: 'oauth' })
    expect(error.message).toBe(
      'The token endpoint of https://login.example.com rejected the request: status 401, invalid_client. Check clientId and its credential. clientAuth was basic',
    )
    expect(inspect(error, { showHidden: true })).not.toContain('planted')
    expect(arrivals).toHaveLength(1)
  })

  it.each([
    [600_000, 2],
    [-600_000, 2],
    [30_000, 1],
    [90_000_000, 1],
  ])('with a key, and a clock that is %i ms off, is asked %i times', async (offsetMs, count) => {
    const answer = (_: unknown, index: number) =>
      index === 0 ? refused('invalid_client', { status: 401, headers: dated(offsetMs) }) : granted()
    const { auth, arrivals } = exchanging(answer, { clientSecret: undefined, privateKey: pem, now })
    const error = await failure(auth)
    expect([arrivals.length, error?.code]).toEqual([
      count,
      count === 1 ? 'ERR_AUTH_OAUTH_REFUSED' : undefined,
    ])
    const claims = arrivals.map(({ form }) => jose.decodeJwt(form.get('client_assertion') ?? ''))
    expect(claims[0]).toMatchObject({ iat: nowMs / 1000 - 5, exp: nowMs / 1000 + 55, aud: tokenEndpoint })
    if (count === 2) expect(claims[1]?.iat).toBe((nowMs + offsetMs) / 1000 - 5)
    expect(new Set(claims.map(({ jti }) => jti)).size).toBe(count)
  })

  it('a Date out of a cache corrects no clock', async () => {
    const headers = { ...dated(600_000), age: '600' }
    const answer = () => refused('invalid_client', { status: 401, headers })
    const { auth, arrivals } = exchanging(answer, { clientSecret: undefined, privateKey: pem, now })
    await failure(auth)
    expect(arrivals).toHaveLength(1)
  })
})

it('a Retry-After is kept, and the server is left alone until then', async () => {
  let nowMs = Date.UTC(2026, 0, 1)
  const answer = (_: unknown, index: number) =>
    index === 0 ? new Response('', { status: 503, headers: { 'retry-after': '60' } }) : granted()
  const { auth, arrivals } = exchanging(answer, { now: () => new Date(nowMs) })
  expect(await failure(auth)).toMatchObject({ code: 'ERR_AUTH_OAUTH_UNAVAILABLE', kind: 'transient' })
  await new Promise((resolve) => setTimeout(resolve, 200))
  nowMs += 59_000
  expect(await failure(auth)).toMatchObject({ code: 'ERR_AUTH_OAUTH_UNAVAILABLE' })
  expect(arrivals).toHaveLength(1)
  await new Promise((resolve) => setTimeout(resolve, 300))
  nowMs += 1000
  expect(await failure(auth)).toBeUndefined()
})

it('one time limit covers discovery, the request and its response', async () => {
  const hang = () => new Promise<Response>(() => {})
  for (const client of [{}, { tokenEndpoint: undefined, issuer: 'https://login.example.com' }]) {
    const { auth } = exchanging(hang, { timeoutMs: 20, ...client })
    expect(await failure(auth)).toMatchObject({ code: 'ERR_AUTH_TIMEOUT', kind: 'transient' })
  }
})

it('a token without expires_in is kept for an hour, or for its exp', async () => {
  let nowMs = Date.UTC(2026, 0, 1)
  const { auth, arrivals } = exchanging(() => granted({ expires_in: undefined }), {
    now: () => new Date(nowMs),
  })
  await apply(auth)
  nowMs += 1_800_000
  await apply(auth)
  expect(arrivals).toHaveLength(1)
  nowMs += 1_790_000
  await apply(auth)
  expect(arrivals).toHaveLength(2)
})

it.each<[string, string, number]>([
  ['a nonce', 'nonce-1', 2],
  ['a nonce of 1 MB', 'x'.repeat(1_000_000), 1],
  ['a nonce with a blank', 'nonce 1', 1],
  ['an empty nonce', '', 1],
])('dpopAuth() asks the token endpoint again for %s or not', async (_, nonce, count) => {
  const { fetch, arrivals } = scripted((_arrival, index) =>
    index === 0
      ? refused('use_dpop_nonce', { headers: { 'dpop-nonce': nonce } })
      : granted({ token_type: 'DPoP' }),
  )
  const auth = dpopAuth({ tokenEndpoint, clientId: 'agent', fetch })
  const error = await apply(auth).catch((thrown) => thrown)
  expect([arrivals.length, error.code]).toEqual([count, count === 1 ? 'ERR_AUTH_OAUTH_REFUSED' : undefined])
  const last = jose.decodeJwt(arrivals.at(-1)?.headers.get('dpop') ?? '')
  expect(last['nonce']).toBe(count === 2 ? nonce : undefined)
})

it('dpopAuth() dates its proof anew when the token endpoint rejects it, by the clock of the server', async () => {
  const { fetch, arrivals } = scripted((_, index) =>
    index === 0
      ? refused('invalid_dpop_proof', { headers: dated(600_000) })
      : granted({ token_type: 'DPoP' }),
  )
  await apply(dpopAuth({ tokenEndpoint, clientId: 'agent', fetch, now }))
  const dates = arrivals.map(({ headers }) => jose.decodeJwt(headers.get('dpop') ?? '').iat)
  expect(dates).toEqual([nowMs / 1000, nowMs / 1000 + 600])
})

it('dpopAuth() keeps the nonces of a token endpoint and of an API of the same origin apart', async () => {
  const { fetch, arrivals } = scripted((_, index) =>
    granted({ token_type: 'DPoP', expires_in: index === 0 ? 1 : 3600 }, { headers: { 'dpop-nonce': 'of-endpoint' } }),
  )
  let nowMs = Date.UTC(2026, 0, 1)
  const auth = dpopAuth({ tokenEndpoint, clientId: 'agent', fetch, now: () => new Date(nowMs) })
  const request = () => ({ method: 'GET', url: 'https://login.example.com/api', headers: createHeaderMap() })
  const nonceOf = async () => {
    const { headers } = await applyAuth(auth, request())
    return jose.decodeJwt(headers.get('dpop') ?? '')['nonce']
  }
  expect(await nonceOf()).toBeUndefined()
  const noted = { request: request(), status: 200, headers: createHeaderMap({ 'dpop-nonce': 'of-api' }) }
  auth.noteResponse?.(noted)
  expect(await nonceOf()).toBe('of-api')
  nowMs += 60_000
  expect(await nonceOf()).toBe('of-api')
  const shown = arrivals.map(({ headers }) => jose.decodeJwt(headers.get('dpop') ?? '')['nonce'])
  expect(shown).toEqual([undefined, 'of-endpoint'])
})

it('dpopAuth() asks a token endpoint that always wants another nonce twice', async () => {
  const { fetch, arrivals } = scripted((_, index) =>
    refused('use_dpop_nonce', { headers: { 'dpop-nonce': `nonce-${index}` } }),
  )
  const auth = dpopAuth({ tokenEndpoint, clientId: 'agent', fetch })
  await expect(apply(auth)).rejects.toMatchObject({ code: 'ERR_AUTH_OAUTH_REFUSED' })
  expect(arrivals).toHaveLength(2)
})

it("a client with a certificate names itself, and uses the server's other endpoint", async () => {
  const metadata = {
    issuer: 'https://login.example.com',
    token_endpoint: tokenEndpoint,
    mtls_endpoint_aliases: { token_endpoint: 'https://mtls.example.com/token' },
  }
  const answer = ({ method }: { method: string }) => (method === 'GET' ? Response.json(metadata) : granted())
  const { auth, arrivals } = exchanging(answer, {
    tokenEndpoint: undefined,
    issuer: 'https://login.example.com',
    clientSecret: undefined,
    clientAuth: 'mtls',
  })
  await apply(auth)
  expect(arrivals.at(-1)?.url).toBe('https://mtls.example.com/token')
  expect(String(arrivals.at(-1)?.form)).toBe('grant_type=client_credentials&client_id=agent')
})

it('a supplied assertion is sent as it is, and asked for at each exchange', async () => {
  let count = 0
  const answer = () => granted({ expires_in: 1 })
  const clientAssertion = () => `planted-assertion-${++count}`
  const { auth, arrivals } = exchanging(answer, { clientSecret: undefined, clientAssertion })
  await apply(auth)
  expect(Object.fromEntries(arrivals[0]?.form ?? [])).toEqual({
    grant_type: 'client_credentials',
    client_id: 'agent',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: 'planted-assertion-1',
  })
})
