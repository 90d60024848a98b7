import { createServer, type ServerHttp2Stream } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { bearerAuth } from '@outbound-auth/bearer'
import type { AuthProvider, AuthRejection } from '@outbound-auth/core'
import type { Dispatcher } from 'undici'
import { expect, onTestFinished, test } from 'vitest'
import { loopback } from '../../../test/support/loopback.js'
import { authInterceptor } from '../src/index.js'
import { agentWith, failure } from './agent-with.js'
import { eachUndici } from './each-undici.js'
import { rotatingAuth } from './rotating-auth.js'

const origin = 'https://api.example.com'

/** A connection that notes what is asked of it. */
function connection() {
  const calls: unknown[] = []
  const controller: Dispatcher.DispatchController = {
    aborted: false,
    paused: false,
    reason: null,
    rawHeaders: [Buffer.from('raw')],
    rawTrailers: [Buffer.from('trailer')],
    abort: (reason) => calls.push(['abort', reason]),
    pause: () => calls.push('pause'),
    resume: () => calls.push('resume'),
  }
  return { calls, controller }
}

/** Dispatches through an interceptor whose next dispatcher is the test itself. */
async function throughFake(
  handler: Dispatcher.DispatchHandler,
  auth: AuthProvider = bearerAuth({ token: async () => 'token' }),
): Promise<Record<string, CallableFunction>> {
  return new Promise((resolve) => {
    const dispatch = authInterceptor(auth, { allowedOrigins: [origin] })
    const next: Dispatcher.Dispatch = (_, attempt) => {
      resolve(attempt as Record<string, CallableFunction>)
      return true
    }
    dispatch(next)({ origin, path: '/', method: 'GET' }, handler)
  })
}

test('authInterceptor() gives the handler a controller that stands for the connection', async () => {
  let controller: Dispatcher.DispatchController | undefined
  let context: unknown
  const attempt = await throughFake({
    onRequestStart(given, about) {
      controller = given
      context = about
    },
    onResponseError() {},
  })
  expect([controller?.rawHeaders, controller?.rawTrailers, controller?.paused]).toEqual([null, null, false])
  if (controller) Object.assign(controller, { rawHeaders: [], rawTrailers: [] })
  controller?.pause()
  const { calls, controller: real } = connection()
  attempt['onRequestStart']?.(real, { history: [] })
  expect(context).toEqual({ history: [] })
  controller?.resume()
  expect(calls).toEqual(['pause', 'resume'])
  expect([controller?.rawHeaders, controller?.rawTrailers]).toEqual([real.rawHeaders, real.rawTrailers])
  if (controller) Object.assign(controller, { rawHeaders: ['h'], rawTrailers: ['t'] })
  expect([real.rawHeaders, real.rawTrailers]).toEqual([['h'], ['t']])
  Object.assign(real, { aborted: true, reason: 'lost' })
  expect([controller?.aborted, controller?.reason]).toEqual([true, 'lost'])
})

test('authInterceptor() aborts a connection that comes after the abort', async () => {
  let controller: Dispatcher.DispatchController | undefined
  const errors: unknown[] = []
  const attempt = await throughFake({
    onRequestStart(given) {
      controller = given
    },
    onResponseError: (_, error) => errors.push(error),
  })
  const reason = new Error('too late')
  controller?.abort(reason)
  const { calls, controller: real } = connection()
  attempt['onRequestStart']?.(real)
  attempt['onResponseError']?.(real, new Error('its own'))
  expect([errors, calls]).toEqual([[reason], [['abort', reason]]])
})

test('authInterceptor() passes on the events of sending', async () => {
  const events: unknown[] = []
  const attempt = await throughFake({
    onResponseError() {},
    onBodySent: (...sent: unknown[]) => events.push(...sent),
    onRequestSent: () => events.push('sent'),
    onResponseStarted: () => events.push('started'),
  } as Dispatcher.DispatchHandler)
  attempt['onBodySent']?.('chunk', 5)
  attempt['onRequestSent']?.()
  attempt['onResponseStarted']?.()
  expect(events).toEqual(['chunk', 5, 'sent', 'started'])
})

test('authInterceptor() takes 64 KiB of a rejection while the provider decides, which may read that much', async () => {
  let rejection: AuthRejection | undefined
  const recover = (given: AuthRejection) => {
    rejection = given
    return new Promise<boolean>(() => {})
  }
  const attempt = await throughFake({ onResponseError() {} }, { ...rotatingAuth({}), recover })
  const { calls, controller } = connection()
  attempt['onRequestStart']?.(controller)
  attempt['onResponseStart']?.(controller, 401, {})
  await expect.poll(() => rejection).toBeDefined()
  const reading = rejection?.readBody()
  attempt['onResponseData']?.(controller, Buffer.alloc(40_000, 'a'))
  expect(calls).toEqual([])
  attempt['onResponseData']?.(controller, Buffer.alloc(40_000, 'b'))
  expect(await reading).toBe('a'.repeat(40_000) + 'b'.repeat(25_536))
  expect(calls).toEqual(['pause'])
})

/** Sends through a fake dispatcher; the first attempt is rejected. */
async function rejected(fields: Record<string, string> = {}) {
  const sends: Record<string, CallableFunction>[] = []
  const dispatch = authInterceptor(rotatingAuth({}), { allowedOrigins: [origin] })((_, attempt) => {
    sends.push(attempt as Record<string, CallableFunction>)
    return true
  })
  dispatch({ origin, path: '/', method: 'GET' }, { onResponseError() {} })
  const { calls, controller } = connection()
  sends[0]?.['onRequestStart']?.(controller)
  sends[0]?.['onResponseStart']?.(controller, 401, fields)
  await new Promise((resolve) => setImmediate(resolve))
  return { sends, calls, controller }
}

test('authInterceptor() reads 128 KiB of a rejection before it sends again, and cuts a longer one', async () => {
  const short = await rejected()
  short.sends[0]?.['onResponseData']?.(short.controller, Buffer.alloc(128 * 1024 - 1))
  expect(short.sends).toHaveLength(1)
  short.sends[0]?.['onResponseEnd']?.(short.controller, {})
  await expect.poll(() => short.sends.length).toBe(2)
  expect(short.calls).not.toContainEqual(['abort', expect.any(Error)])
  const long = await rejected()
  long.sends[0]?.['onResponseData']?.(long.controller, Buffer.alloc(128 * 1024))
  await expect.poll(() => long.sends.length).toBe(2)
  expect(long.calls.at(-1)).toEqual(['abort', expect.any(Error)])
})

test('authInterceptor() does not wait for a rejection that says that it is longer', async () => {
  const { sends, calls } = await rejected({ 'content-length': '200000' })
  await expect.poll(() => sends.length).toBe(2)
  expect(calls).toEqual([['abort', expect.any(Error)]])
})

eachUndici((undici) => {
  test("authInterceptor() serves Node's own fetch through setGlobalDispatcher()", async () => {
    const server = await loopback((_, response, index) =>
      response.writeHead(index === 0 ? 401 : 200).end('ok'),
    )
    const before = undici.getGlobalDispatcher()
    onTestFinished(() => undici.setGlobalDispatcher(before))
    undici.setGlobalDispatcher(
      agentWith(
        undici,
        authInterceptor(rotatingAuth({ requiresBody: true }), { allowedOrigins: [server.origin] }),
      ),
    )
    const response = await fetch(server.origin, { method: 'POST', body: 'text' })
    expect([response.status, await response.text()]).toEqual([200, 'ok'])
    expect(server.arrivals.map(({ headers, body }) => [headers['x-token'], String(body)])).toEqual([
      ['token-0', 'text'],
      ['token-1', 'text'],
    ])
    const error = await failure(fetch(server.otherHost))
    expect((error as Error).cause).toMatchObject({ code: 'ERR_AUTH_ORIGIN' })
  })

  test('authInterceptor() recovers over HTTP/2, and delivers what it cannot recover', async () => {
    const tokens: unknown[] = []
    const server = createServer().on('stream', (stream: ServerHttp2Stream, headers) => {
      tokens.push(headers['x-token'])
      stream.respond({ ':status': headers['x-token'] === 'token-1' ? 200 : 401 })
      stream.end('x'.repeat(100_000))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const home = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    for (const [auth, status] of [
      [rotatingAuth({}), 200],
      [rotatingAuth({ gives: 0, reads: true }), 401],
      [rotatingAuth({ gives: 0 }), 401],
    ] as const) {
      const client = new undici.H2CClient(home)
      onTestFinished(() => client.destroy())
      const composed = client.compose(authInterceptor(auth, { allowedOrigins: [home] }))
      const { statusCode, body } = await composed.request({ origin: home, path: '/', method: 'GET' })
      expect([statusCode, (await body.text()).length]).toEqual([status, 100_000])
    }
    expect(tokens).toEqual(['token-0', 'token-1', 'token-0', 'token-0'])
  })

  test('authInterceptor() knows origins inside interceptors.dns(), and rejects an address of one outside', async () => {
    const { otherHost, arrivals } = await loopback()
    const auth = authInterceptor(bearerAuth({ token: async () => 'token' }), { allowedOrigins: [otherHost] })
    const dns = () => undici.interceptors.dns({ affinity: 4 } as never)
    const opts = { origin: otherHost, path: '/', method: 'GET' } as const
    await (await agentWith(undici, dns(), auth).request(opts)).body.dump()
    expect(arrivals).toMatchObject([{ headers: { authorization: 'Bearer token' } }])
    const error = await failure(agentWith(undici, auth, dns()).request(opts))
    expect(error).toMatchObject({ code: 'ERR_AUTH_ORIGIN' })
    expect(arrivals).toHaveLength(1)
  })
})
