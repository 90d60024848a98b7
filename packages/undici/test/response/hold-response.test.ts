import { randomBytes } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { AuthError, type AuthEvent, type AuthProvider } from '@outbound-auth/core'
import type { Dispatcher } from 'undici'
import { expect, onTestFinished, test, vi } from 'vitest'
import { type Arrival, loopback } from '../../../../test/support/loopback.js'
import { authInterceptor } from '../../src/index.js'
import { holdResponse } from '../../src/response/hold-response.js'
import { agentWith, failure } from '../agent-with.js'
import { eachUndici } from '../each-undici.js'
import { rotatingAuth } from '../rotating-auth.js'

/** Takes `good` and refuses every other token, in its own way. */
const accepts =
  (good: string, refuse = (response: ServerResponse) => response.writeHead(401).end('no')) =>
  ({ headers }: Arrival, response: ServerResponse) => {
    if (headers['x-token'] === good) response.end('welcome')
    else refuse(response)
  }
const never = 'no token is good'

eachUndici((undici) => {
  test.each<[string, () => unknown, string, boolean]>([
    ['no body', () => null, '', false],
    ['a string', () => 'text', 'text', false],
    ['bytes', () => Buffer.from('text'), 'text', false],
    ['a Blob', () => new Blob(['text']), 'text', false],
    ['a list of parts for a signer', () => ['te', 'xt'], 'text', true],
  ])(
    'authInterceptor() sends a request with %s again after a refusal',
    async (_, body, expected, requiresBody) => {
      const { origin, arrivals, connections } = await loopback(accepts('token-1'))
      const agent = agentWith(
        undici,
        authInterceptor(rotatingAuth({ requiresBody }), { allowedOrigins: [origin] }),
      )
      const opts = { origin, path: '/?a=1', method: 'POST', body: body() } as Dispatcher.RequestOptions
      const response = await agent.request(opts)
      expect([response.statusCode, await response.body.text()]).toEqual([200, 'welcome'])
      expect(
        arrivals.map(({ method, path, headers, body }) => [method, path, headers['x-token'], String(body)]),
      ).toEqual([
        ['POST', '/?a=1', 'token-0', expected],
        ['POST', '/?a=1', 'token-1', expected],
      ])
      expect(connections()).toBeLessThanOrEqual(2)
    },
  )

  test('authInterceptor() sends a form again after a refusal', async () => {
    const { origin, arrivals } = await loopback(accepts('token-1'))
    const agent = agentWith(undici, authInterceptor(rotatingAuth({}), { allowedOrigins: [origin] }))
    const form = new undici.FormData()
    form.append('a', 'b')
    expect((await agent.request({ origin, path: '/', method: 'POST', body: form })).statusCode).toBe(200)
    expect(arrivals.map(({ body }) => body.includes('name="a"'))).toEqual([true, true])
  })

  test.each<[string, () => unknown]>([
    ['a Readable', () => Readable.from([Buffer.from('text')])],
    ['a web stream', () => new Blob(['text']).stream()],
    ['an iterable', () => ['text'].values()],
  ])(
    'authInterceptor() recovers for the next request when the body is %s that is too long to be sent again',
    async (_, body) => {
      const { origin, arrivals } = await loopback(accepts('token-1'))
      const auth = rotatingAuth({})
      const options = { allowedOrigins: [origin], replayLimitBytes: 3 }
      const agent = agentWith(undici, authInterceptor(auth, options))
      const opts = { origin, path: '/', method: 'POST', body: body() } as Dispatcher.RequestOptions
      const response = await agent.request(opts)
      expect([response.statusCode, await response.body.text()]).toEqual([401, 'no'])
      expect([arrivals.length, auth.rejections.length]).toEqual([1, 1])
      expect((await agent.request({ ...opts, body: 'text' })).statusCode).toBe(200)
    },
  )

  test('authInterceptor() sends at most three times, and delivers the last refusal', async () => {
    const { origin, arrivals } = await loopback(accepts(never))
    const auth = rotatingAuth({})
    const agent = agentWith(undici, authInterceptor(auth, { allowedOrigins: [origin] }))
    const response = await agent.request({ origin, path: '/', method: 'GET' })
    expect([response.statusCode, await response.body.text()]).toEqual([401, 'no'])
    expect(arrivals.map(({ headers }) => headers['x-token'])).toEqual(['token-0', 'token-1', 'token-2'])
    expect(auth.rejections.map(({ attempt, status }) => [attempt, status])).toEqual([
      [0, 401],
      [1, 401],
    ])
  })

  test.each([true, false])(
    'authInterceptor() delivers a refusal whole when nothing can be done (readBody was called: %s)',
    async (reads) => {
      const rest = randomBytes(300_000)
      const refuse = (response: ServerResponse) => {
        response.writeHead(401, 'Go Away', {
          'x-why': 'expired',
          trailer: 'x-sum',
          'set-cookie': ['a=1', 'b=2'],
        })
        response.write('because ')
        response.addTrailers({ 'x-sum': '42' })
        response.end(rest)
        return response
      }
      const { origin, arrivals } = await loopback(accepts(never, refuse))
      const auth = rotatingAuth({ gives: 0, reads })
      const agent = agentWith(undici, authInterceptor(auth, { allowedOrigins: [origin] }))
      const response = await agent.request({ origin, path: '/', method: 'GET' })
      const body = Buffer.from(await response.body.arrayBuffer())
      expect(response).toMatchObject({
        statusCode: 401,
        headers: { 'x-why': 'expired', 'set-cookie': ['a=1', 'b=2'] },
      })
      expect(body.equals(Buffer.concat([Buffer.from('because '), rest]))).toBe(true)
      expect(response.trailers).toEqual({ 'x-sum': '42' })
      expect(arrivals).toHaveLength(1)
      expect(auth.rejections[0]?.headers.get('x-why')).toBe('expired')
      expect(auth.rejections[0]?.request.headers.get('x-token')).toBe('token-0')
      if (reads) expect(auth.bodies[0]).toMatch(/^because /)
    },
  )

  test('authInterceptor() lets a provider read 64 KiB of a refusal, once and again', async () => {
    const { origin } = await loopback(
      accepts(never, (response) => response.writeHead(401).end('x'.repeat(200_000))),
    )
    const auth = rotatingAuth({ gives: 0, reads: true })
    const agent = agentWith(undici, authInterceptor(auth, { allowedOrigins: [origin] }))
    const response = await agent.request({ origin, path: '/', method: 'GET' })
    expect(auth.bodies[0]).toHaveLength(65_536)
    expect(await response.body.text()).toHaveLength(200_000)
    expect(await auth.rejections[0]?.readBody()).toBe(auth.bodies[0])
  })

  test('authInterceptor() lets a provider wait 2 s for a rejection that stalls, and delivers it then', async () => {
    const refuse = (response: ServerResponse) => {
      response.writeHead(401).write('partly')
      setTimeout(() => response.end(' and whole'), 2300)
      return response
    }
    const { origin } = await loopback(accepts(never, refuse))
    const auth = rotatingAuth({ gives: 0, reads: true })
    const agent = agentWith(undici, authInterceptor(auth, { allowedOrigins: [origin] }))
    const response = await agent.request({ origin, path: '/', method: 'GET' })
    expect(auth.bodies).toEqual(['partly'])
    expect(await response.body.text()).toBe('partly and whole')
  })

  test.each<[string, string, (text: string) => Buffer]>([
    ['gzip', 'gzip', gzipSync],
    ['deflate', 'deflate', deflateSync],
    ['brotli', 'br', brotliCompressSync],
    ['what is not gzip', 'gzip', Buffer.from],
  ])('authInterceptor() unpacks a refusal in %s for the provider', async (name, encoding, pack) => {
    const packed = pack('expired'.repeat(20_000))
    const refuse = (response: ServerResponse) =>
      response.writeHead(401, { 'content-encoding': encoding }).end(packed)
    const { origin } = await loopback(accepts(never, refuse))
    const auth = rotatingAuth({ gives: 0, reads: true })
    const agent = agentWith(undici, authInterceptor(auth, { allowedOrigins: [origin] }))
    const response = await agent.request({ origin, path: '/', method: 'GET' })
    expect(auth.bodies[0]).toBe(name === 'what is not gzip' ? '' : 'expired'.repeat(20_000).slice(0, 65_536))
    expect(Buffer.from(await response.body.arrayBuffer()).equals(packed)).toBe(true)
  })

  test('authInterceptor() asks only about the statuses that the provider names', async () => {
    const { origin, arrivals } = await loopback((_, response, index) =>
      response.writeHead([403, 401][index] ?? 200).end(),
    )
    const auth = rotatingAuth({ statuses: [403] })
    const agent = agentWith(undici, authInterceptor(auth, { allowedOrigins: [origin] }))
    expect((await agent.request({ origin, path: '/', method: 'GET' })).statusCode).toBe(401)
    expect([arrivals.length, auth.rejections.map(({ status }) => status)]).toEqual([2, [403]])
  })

  test('authInterceptor() keeps the connection of a short refusal, and gives up that of an endless one', async () => {
    const short = await loopback(accepts('token-1'))
    const endless = await loopback(
      accepts('token-1', (response) => {
        response.writeHead(401)
        Readable.from(Array(400).fill(Buffer.alloc(1024))).pipe(response, { end: false })
        return response
      }),
    )
    for (const { origin, connections } of [short, endless]) {
      const agent = new undici.Agent({ connections: 1, pipelining: 1 })
      const composed = agent.compose(authInterceptor(rotatingAuth({}), { allowedOrigins: [origin] }))
      expect(await (await composed.request({ origin, path: '/', method: 'GET' })).body.text()).toBe('welcome')
      expect(connections()).toBe(origin === short.origin ? 1 : 2)
      await agent.destroy()
    }
  })

  test.each(['nobody reads', 'the provider has begun to read'])(
    'authInterceptor() gives up the connection of a refusal that stalls and that %s',
    async (how) => {
      const stall = (response: ServerResponse) => {
        response.writeHead(401).write('…')
        return response
      }
      const { origin, connections } = await loopback(accepts('token-1', stall))
      const agent = new undici.Agent({ connections: 1, pipelining: 1 })
      const rotating = rotatingAuth({})
      const recover: AuthProvider['recover'] = async (rejection) => {
        void rejection.readBody()
        return rotating.recover?.(rejection) ?? false
      }
      const auth = how === 'nobody reads' ? rotating : { ...rotating, recover }
      const composed = agent.compose(authInterceptor(auth, { allowedOrigins: [origin] }))
      expect(await (await composed.request({ origin, path: '/', method: 'GET' })).body.text()).toBe('welcome')
      expect(connections()).toBe(2)
      await agent.destroy()
    },
  )

  test('authInterceptor() delivers what came of a refusal that breaks off, and then the error', async () => {
    const refuse = (response: ServerResponse) => {
      response.writeHead(401, { 'content-length': '100' }).write('partly')
      setTimeout(() => response.destroy(), 50)
      return response
    }
    const { origin } = await loopback(accepts(never, refuse))
    const auth = rotatingAuth({ gives: 0, reads: true })
    const agent = agentWith(undici, authInterceptor(auth, { allowedOrigins: [origin] }))
    const response = await agent.request({ origin, path: '/', method: 'GET' })
    expect(response.statusCode).toBe(401)
    expect(await failure(response.body.text())).toMatchObject({ code: 'UND_ERR_SOCKET' })
    expect(auth.bodies).toEqual(['partly'])
  })

  test('authInterceptor() hands on a failed recovery, and not the refusal', async () => {
    const { origin, arrivals } = await loopback(accepts(never))
    const events: AuthEvent[] = []
    const auth = {
      ...rotatingAuth({}),
      recover: async () => {
        throw AuthError.build('signed out', { code: 'ERR_AUTH_CREDENTIAL' })
      },
    }
    const options = { allowedOrigins: [origin], observer: (event: AuthEvent) => events.push(event) }
    const agent = agentWith(undici, authInterceptor(auth, options))
    const error = await failure(agent.request({ origin, path: '/', method: 'GET' }))
    expect(error).toMatchObject({ code: 'ERR_AUTH_CREDENTIAL', kind: 'build' })
    expect(arrivals).toHaveLength(1)
    expect(events).toMatchObject([{ type: 'applied' }, { type: 'recovered', outcome: 'failed', status: 401 }])
  })
})

/** A response that is held, with a connection that notes what happens to it. */
function heldLab(headers: Record<string, string> = {}) {
  const events: string[] = []
  const connection = {
    pause: () => events.push('pause'),
    resume: () => events.push('resume'),
    abort: () => events.push('abort'),
  }
  const relay = { handler: {}, controller: {} } as unknown as Parameters<typeof holdResponse>[0]
  const start = [connection, 401, headers, ''] as unknown as Parameters<typeof holdResponse>[1]
  return { events, held: holdResponse(relay, start) }
}

test('holdResponse() lets a provider read 64 KiB, and then pauses the connection', async () => {
  const { events, held } = heldLab()
  held.push(Buffer.alloc(65_535, 'x'))
  expect(events).toEqual([])
  held.push(Buffer.from('yz'))
  expect(events).toEqual(['pause'])
  const text = await held.readBody()
  expect([text.length, text.at(-1)]).toEqual([65_536, 'y'])
})

test.each([
  ['readBody', 2000],
  ['discard', 2000],
] as const)('holdResponse() ends %s() %i ms after the start of a response that hangs', async (name, ms) => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const { held } = heldLab()
  const outcome = vi.fn()
  void Promise.resolve(held[name]()).then(outcome)
  await vi.advanceTimersByTimeAsync(ms - 1)
  expect(outcome).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(1)
  expect(outcome).toHaveBeenCalledOnce()
})

test.each([
  [131_072, ['resume', 'abort']],
  [131_073, ['abort']],
])('holdResponse() that discards a response of %i bytes: %j', async (length, expected) => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const { events, held } = heldLab({ 'content-length': `${length}` })
  void held.discard()
  await vi.advanceTimersByTimeAsync(2000)
  expect(events).toEqual(expected)
})
