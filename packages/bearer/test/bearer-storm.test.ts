import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import {
  AuthError,
  type AuthProvider,
  type AuthRequest,
  applyAuth,
  createHeaderMap,
} from '@outbound-auth/core'
import { createExchange, type Exchange, type ExchangeTransport } from '@outbound-auth/core/exchange'
import { afterEach, describe, expect, it } from 'vitest'
import { bearerAuth } from '../src/index.js'

let server: Server | undefined
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})

async function listen(
  answer: (token: string, request: IncomingMessage, response: ServerResponse) => void,
): Promise<string> {
  const started = createServer((request, response) => {
    answer((request.headers.authorization ?? '').replace('Bearer ', ''), request, response)
  })
  server = started
  await once(started.listen(0, '127.0.0.1'), 'listening')
  return `http://127.0.0.1:${(started.address() as AddressInfo).port}`
}

let sends = 0
const transport: ExchangeTransport<Response> = {
  send({ method, url, headers }: AuthRequest) {
    sends += 1
    return fetch(url, { method, headers: Object.fromEntries(headers) })
  },
  status: ({ status }) => status,
  headers: ({ headers }) => headers,
  readBody: (response) => response.clone().text(),
  discard: (response) => response.body?.cancel(),
}

/** Sends to one origin. */
function clientOf(origin: string, auth: AuthProvider): (path?: string) => Promise<Response> {
  const exchange: Exchange = createExchange(auth, { allowedOrigins: [origin] })
  sends = 0
  return (path = '/') => exchange.send({ method: 'GET', url: origin + path, headers: {} }, transport)
}

describe('bearerAuth() under load', () => {
  it('calls its source once for 10,000 concurrent cold requests', async () => {
    let calls = 0
    const auth = bearerAuth({
      async token() {
        calls += 1
        await delay(20)
        return { token: `token-${calls}`, expiresAt: new Date(Date.now() + 3_600_000) }
      },
    })
    const apply = () =>
      applyAuth(auth, { method: 'GET', url: 'https://api.example.com/', headers: createHeaderMap() })
    const applied = await Promise.all(Array.from({ length: 10_000 }, apply))
    expect(new Set(applied.map(({ headers }) => headers.get('authorization')))).toEqual(
      new Set(['Bearer token-1']),
    )
    expect(calls).toBe(1)
  })

  it('does not amplify an outage: 1,000 requests cost at most 2 calls of the source, and none is sent', async () => {
    const origin = await listen((_, __, response) => response.end('ok'))
    let calls = 0
    let isDown = true
    const auth = bearerAuth({
      async token() {
        calls += 1
        // Each call of the source fails when every request waits for it: those of the first try, then their retries.
        while (isDown && applies < 1000 * calls) await delay(5)
        if (isDown) throw new Error('503')
        return 'token'
      },
    })
    let applies = 0
    const counted: AuthProvider = {
      ...auth,
      applyAuth(...call) {
        applies += 1
        return auth.applyAuth?.(...call) ?? Promise.reject(new Error('It has a source'))
      },
    }
    const send = clientOf(origin, counted)
    const results = await Promise.allSettled(Array.from({ length: 1000 }, () => send()))
    for (const result of results) {
      expect(result.status === 'rejected' && AuthError.is(result.reason) && result.reason.kind).toBe(
        'transient',
      )
    }
    expect(calls).toBe(2)
    expect(sends).toBe(0)
    // The failure is remembered for less than the pause before a request's one retry.
    isDown = false
    expect((await send()).status).toBe(200)
    expect(sends).toBe(1)
  })

  it('refreshes once for 20 requests whose 401s arrive one after another', async () => {
    const dead = 'token-1'
    const origin = await listen(async (token, request, response) => {
      if (token === dead) await delay(100 * Number(request.url?.slice(1)))
      response.writeHead(token === dead ? 401 : 200).end(token)
    })
    let calls = 0
    const send = clientOf(
      origin,
      bearerAuth({
        refreshIntervalMs: 0,
        async token() {
          calls += 1
          await delay(60)
          return `token-${calls}`
        },
      }),
    )
    const startedAtMs = performance.now()
    const responses = await Promise.all(Array.from({ length: 20 }, (_, index) => send(`/${index + 1}`)))
    // The refusals were spread over two seconds, so most came long after the refresh.
    expect(performance.now() - startedAtMs).toBeGreaterThan(2000)
    expect(await Promise.all(responses.map((response) => response.text()))).toEqual(
      responses.map(() => 'token-2'),
    )
    expect(sends).toBe(40)
    expect(calls - 1).toBe(1)
  })

  it('refreshes once for 50 requests whose 401s arrive together', async () => {
    const origin = await listen((token, _, response) => {
      response.writeHead(token === 'token-1' ? 401 : 200).end()
    })
    let calls = 0
    const send = clientOf(origin, bearerAuth({ refreshIntervalMs: 0, token: async () => `token-${++calls}` }))
    const responses = await Promise.all(Array.from({ length: 50 }, () => send()))
    expect(responses.filter(({ status }) => status === 200)).toHaveLength(50)
    expect(calls - 1).toBe(1)
  })

  it('refreshes once at a persistent 401, then after 5 s, doubling to 60 s, and returns the response', async () => {
    const origin = await listen((token, _, response) => response.writeHead(401).end(`no: ${token}`))
    let calls = 0
    let nowMs = Date.UTC(2026, 0, 1)
    const token = async () => `token-${++calls}`
    const send = clientOf(origin, bearerAuth({ refreshIntervalMs: 0, token, now: () => new Date(nowMs) }))
    const refreshesAt: number[] = []
    for (let second = 0; second <= 200; second++) {
      const before = calls
      const response = await send()
      expect(response.status).toBe(401)
      expect(await response.text()).toBe(`no: token-${calls}`)
      if (calls > before) refreshesAt.push(second)
      nowMs += 1000
    }
    expect(refreshesAt).toEqual([0, 5, 15, 35, 75, 135, 195])
    expect(sends).toBe(201 + refreshesAt.length)
  })

  it('does not delay or change requests to other endpoints while one answers 401 to all', async () => {
    let refreshes = 0
    const origin = await listen((_, { url }, response) => response.writeHead(url === '/no' ? 401 : 200).end())
    const auth = bearerAuth({
      refreshIntervalMs: 0,
      async token({ forceRefresh }) {
        if (forceRefresh) {
          refreshes++
          await delay(300)
        }
        return `token-${refreshes}`
      },
    })
    const send = clientOf(origin, auth)
    await send('/yes')
    const rejected = send('/no')
    await expect.poll(() => refreshes).toBe(1)
    const others = Promise.all(Array.from({ length: 20 }, () => send('/yes')))
    expect(await Promise.race([others.then(() => 'others'), rejected.then(() => 'rejected')])).toBe('others')
    expect((await rejected).status).toBe(401)
    for (let request = 0; request < 20; request++) await send('/no')
    expect(refreshes).toBe(1)
  })

  it('serves a token that is still valid while the issuer is down, and asks it once', async () => {
    const origin = await listen((token, _, response) => response.end(token))
    const startMs = Date.now()
    let nowMs = startMs
    let calls = 0
    const send = clientOf(
      origin,
      bearerAuth({
        now: () => new Date(nowMs),
        async token() {
          calls += 1
          if (calls > 1) throw new Error('503')
          return { token: 'valid', expiresAt: new Date(startMs + 3_600_000) }
        },
      }),
    )
    await send()
    nowMs = startMs + 3_540_000
    for (let request = 0; request < 5; request++) expect(await (await send()).text()).toBe('valid')
    expect(calls - 1).toBe(1)
  })
})
