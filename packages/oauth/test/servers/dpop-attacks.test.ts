import { createServer, type RequestListener } from 'node:http'
import { authFetch } from '@outbound-auth/fetch'
import * as jose from 'jose'
import { expect, it } from 'vitest'
import { dpopAuth } from '../../src/index.js'
import { listen } from '../certified-server.js'
import { granted, scripted, tokenEndpoint } from '../scripted-server.js'

interface SeenProof {
  readonly url: string
  readonly token: string | undefined
  readonly nonce: unknown
  readonly iat: number | undefined
}

/** A server on this machine that reads each proof, and then responds as it is told. */
async function proofReader(respond: RequestListener) {
  const seen: SeenProof[] = []
  const server = createServer((request, response) => {
    const { dpop, authorization } = request.headers
    const claims = typeof dpop === 'string' ? jose.decodeJwt(dpop) : undefined
    const url = request.url ?? ''
    seen.push({ url, token: authorization?.slice(5), nonce: claims?.['nonce'], iat: claims?.iat })
    respond(request, response)
  })
  return { origin: await listen(server), seen }
}

const nowMs = Date.UTC(2026, 0, 1)
const now = () => new Date(nowMs)

function open(allowedOrigins: readonly string[], tokens: () => string = () => 'token-1') {
  const { fetch, arrivals } = scripted(() => granted({ access_token: tokens(), token_type: 'DPoP' }))
  const auth = dpopAuth({ tokenEndpoint, clientId: 'agent', fetch, now })
  return { fetch: authFetch(auth, { allowedOrigins }), arrivals }
}

const challenge = (error: string) => ({ 'www-authenticate': `DPoP error="${error}"` })

it('a nonce of a server to which a redirect leads does not replace the nonce of the API', async () => {
  const foreign = await proofReader((_, response) =>
    response.writeHead(200, { 'dpop-nonce': 'poison' }).end(),
  )
  const api = await proofReader(({ url }, response) =>
    url === '/away'
      ? response.writeHead(302, { location: `${foreign.origin}/there`, 'dpop-nonce': 'of-the-api' }).end()
      : response.writeHead(200).end(),
  )
  const { fetch } = open([api.origin])
  await fetch(`${api.origin}/away`)
  await fetch(`${api.origin}/here`)
  expect(foreign.seen).toEqual([{ url: '/there', token: undefined, nonce: undefined, iat: undefined }])
  expect(api.seen.map(({ nonce }) => nonce)).toEqual([undefined, 'of-the-api'])
})

it('the nonce and the clock of one API are of no account at another one', async () => {
  const skewed = await proofReader(({ headers }, response) => {
    const { iat = 0 } = jose.decodeJwt(String(headers['dpop']))
    const isPast = iat < nowMs / 1000 + 3000
    const date = new Date(nowMs + 3_600_000).toUTCString()
    response.sendDate = false
    response.writeHead(isPast ? 401 : 200, {
      date,
      'dpop-nonce': 'of-the-first',
      ...(isPast && challenge('invalid_dpop_proof')),
    })
    response.end()
  })
  const exact = await proofReader((_, response) => response.writeHead(200).end())
  const { fetch } = open([skewed.origin, exact.origin])
  expect((await fetch(skewed.origin)).status).toBe(200)
  expect((await fetch(exact.origin)).status).toBe(200)
  expect((await fetch(skewed.origin)).status).toBe(200)
  const seconds = nowMs / 1000
  expect(skewed.seen.map(({ iat }) => iat)).toEqual([seconds, seconds + 3600, seconds + 3600])
  expect(exact.seen).toMatchObject([{ nonce: undefined, iat: seconds }])
})

it('a rejected token and an old nonce at one time cost three requests, and the caller sees a success', async () => {
  let nonce = 'nonce-1'
  let valid = 'token-1'
  const api = await proofReader(({ headers }, response) => {
    if (headers.authorization !== `DPoP ${valid}`)
      return response.writeHead(401, challenge('invalid_token')).end()
    const isFresh = jose.decodeJwt(String(headers['dpop']))['nonce'] === nonce
    const wants = isFresh ? {} : challenge('use_dpop_nonce')
    return response.writeHead(isFresh ? 200 : 401, { 'dpop-nonce': nonce, ...wants }).end()
  })
  let count = 0
  const { fetch, arrivals } = open([api.origin], () => `token-${++count}`)
  expect((await fetch(api.origin)).status).toBe(200)
  api.seen.length = 0
  nonce = 'nonce-2'
  valid = 'token-2'
  expect((await fetch(api.origin)).status).toBe(200)
  expect(api.seen.map(({ token, nonce: shown }) => [token, shown])).toEqual([
    ['token-1', 'nonce-1'],
    ['token-2', 'nonce-1'],
    ['token-2', 'nonce-2'],
  ])
  expect(arrivals).toHaveLength(2)
})

it.each(['invalid_token', 'use_dpop_nonce', 'invalid_dpop_proof'])(
  'an API that says %s for ever gets at most three requests for each call, and few tokens',
  async (error) => {
    let count = 0
    const api = await proofReader((_, response) => {
      const headers = { ...challenge(error), 'dpop-nonce': `never-${++count}` }
      response.writeHead(401, headers).end()
    })
    let tokens = 0
    const { fetch, arrivals } = open([api.origin], () => `token-${++tokens}`)
    for (let call = 0; call < 5; call++) {
      api.seen.length = 0
      expect((await fetch(api.origin)).status).toBe(401)
      expect(api.seen.length).toBeLessThanOrEqual(3)
    }
    expect(arrivals.length).toBeLessThanOrEqual(3)
  },
)

it('50 calls at an API that says 401 for ever share few exchanges', async () => {
  const api = await proofReader((_, response) => response.writeHead(401, challenge('invalid_token')).end())
  let tokens = 0
  const { fetch, arrivals } = open([api.origin], () => `token-${++tokens}`)
  const statuses = await Promise.all(Array.from({ length: 50 }, async () => (await fetch(api.origin)).status))
  expect(new Set(statuses)).toEqual(new Set([401]))
  expect(arrivals.length).toBeLessThanOrEqual(3)
  expect(api.seen.length).toBeLessThanOrEqual(150)
})
