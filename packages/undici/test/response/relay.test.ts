import { setTimeout as sleep } from 'node:timers/promises'
import { bearerAuth } from '@outbound-auth/bearer'
import { AuthError, type AuthProvider } from '@outbound-auth/core'
import type { Dispatcher } from 'undici'
import { expect, test, vi } from 'vitest'
import { loopback } from '../../../../test/support/loopback.js'
import { authInterceptor } from '../../src/index.js'
import { agentWith, failure } from '../agent-with.js'
import { eachUndici } from '../each-undici.js'
import { rotatingAuth } from '../rotating-auth.js'

/** Waits for its token until the test is over. */
const stuckAuth = (): AuthProvider => bearerAuth({ token: () => new Promise(() => {}), timeoutMs: 60_000 })

/** Answers at once, but takes its time to decide about a refusal. */
const stuckRecovery = (onRecover: () => void): AuthProvider => ({
  ...rotatingAuth({}),
  recover() {
    setTimeout(onRecover, 20)
    return new Promise(() => {})
  },
})

const reason = new Error('changed my mind')

/** Notes every event of a request. */
function recorder(change?: (name: string, controller: Dispatcher.DispatchController) => void) {
  const events: unknown[] = []
  const note = (name: string, controller: Dispatcher.DispatchController, ...details: unknown[]) => {
    events.push([name, ...details])
    change?.(name, controller)
  }
  const handler: Dispatcher.DispatchHandler = {
    onRequestStart: (controller) => note('start', controller),
    onRequestUpgrade: (controller, status) => note('upgrade', controller, status),
    onResponseStart: (controller, status) => note('response', controller, status),
    onResponseData: (controller, chunk) => note('data', controller, String(chunk)),
    onResponseEnd: (controller) => note('end', controller),
    onResponseError: (controller, error) => note('error', controller, error),
  }
  const ended = () => events.some((event) => /end|error|upgrade/.test(String((event as unknown[])[0])))
  return { events, handler, whenEnded: () => vi.waitUntil(ended, { timeout: 20_000 }) }
}

eachUndici((undici) => {
  test.each([
    ['request()', 'request'],
    ['fetch()', 'fetch'],
  ])('an abort of %s while authInterceptor() waits for a credential rejects at once', async (_, how) => {
    const { origin, arrivals } = await loopback()
    const dispatcher = agentWith(undici, authInterceptor(stuckAuth(), { allowedOrigins: [origin] }))
    const controller = new AbortController()
    const { signal } = controller
    const sent =
      how === 'fetch'
        ? undici.fetch(origin, { dispatcher, signal } as never)
        : dispatcher.request({ origin, path: '/', method: 'GET', signal })
    setTimeout(() => controller.abort(reason), 30)
    expect(await failure(sent)).toBe(reason)
    expect(arrivals).toEqual([])
  })

  test('authInterceptor() sends nothing for a signal that has aborted before', async () => {
    const { origin, connections } = await loopback()
    const calls: unknown[] = []
    const auth = bearerAuth({ token: async () => `t${calls.push(1)}` })
    const agent = agentWith(undici, authInterceptor(auth, { allowedOrigins: [origin] }))
    const signal = AbortSignal.abort(reason)
    expect(await failure(agent.request({ origin, path: '/', method: 'GET', signal }))).toBe(reason)
    expect([calls, connections()]).toEqual([[], 0])
  })

  test('authInterceptor() sends nothing when the abort comes as the credential does', async () => {
    const { origin, connections } = await loopback()
    const controller = new AbortController()
    const auth: AuthProvider = {
      kind: 'test',
      headerNames: ['x-test'],
      addAuthHeaders() {},
      async applyAuth(request) {
        request.headers.set('x-test', '1')
        queueMicrotask(() => queueMicrotask(() => controller.abort(reason)))
        return request
      },
    }
    const agent = agentWith(undici, authInterceptor(auth, { allowedOrigins: [origin] }))
    const { signal } = controller
    expect(await failure(agent.request({ origin, path: '/', method: 'GET', signal }))).toBe(reason)
    await sleep(20)
    expect(connections()).toBe(0)
  })

  test('an abort while authInterceptor() waits for a recovery rejects at once and closes the response', async () => {
    let closed = false
    const { origin } = await loopback((_, response) => {
      response.writeHead(401).write('…')
      response.on('close', () => {
        closed = true
      })
    })
    const controller = new AbortController()
    const auth = stuckRecovery(() => controller.abort(reason))
    const agent = agentWith(undici, authInterceptor(auth, { allowedOrigins: [origin] }))
    const { signal } = controller
    const error = await failure(agent.request({ origin, path: '/', method: 'GET', signal }))
    expect(error).toBe(reason)
    await expect.poll(() => closed).toBe(true)
  })

  test('an abort before the answer and one amid it reach the connection through authInterceptor()', async () => {
    const closed: number[] = []
    const { origin, arrivals } = await loopback((_, response, index) => {
      response.on('close', () => closed.push(index))
      if (index === 1) response.writeHead(200).write('some')
    })
    const auth = bearerAuth({ token: async () => 'token' })
    const agent = agentWith(undici, authInterceptor(auth, { allowedOrigins: [origin] }))
    const early = new AbortController()
    const first = agent.request({ origin, path: '/', method: 'GET', signal: early.signal })
    await expect.poll(() => arrivals.length).toBe(1)
    early.abort(reason)
    expect(await failure(first)).toBe(reason)
    await expect.poll(() => closed).toEqual([0])
    const late = new AbortController()
    const { body } = await agent.request({ origin, path: '/', method: 'GET', signal: late.signal })
    const reading = failure(body.text())
    late.abort(reason)
    expect(await reading).toBe(reason)
    await expect.poll(() => closed).toEqual([0, 1])
    const again = await agent
      .request({ origin, path: '/', method: 'GET', headersTimeout: 200 })
      .catch((error) => error)
    expect(again).toMatchObject({ code: 'UND_ERR_HEADERS_TIMEOUT' })
  })

  test('authInterceptor() gives a handler one start, one response and one end, whatever it took', async () => {
    const { origin } = await loopback((_, response, index) => {
      response.writeHead(index < 2 ? 401 : 200).end(`answer ${index}`)
    })
    const { events, handler, whenEnded } = recorder()
    const agent = agentWith(undici, authInterceptor(rotatingAuth({}), { allowedOrigins: [origin] }))
    expect(agent.dispatch({ origin, path: '/', method: 'GET' }, handler)).toBe(true)
    await whenEnded()
    expect(events).toEqual([['start'], ['response', 200], ['data', 'answer 2'], ['end']])
  })

  test('authInterceptor() tells a handler of an abort once, and then nothing more', async () => {
    const { origin } = await loopback()
    const { events, handler } = recorder()
    const auth = bearerAuth({ token: () => sleep(40, 'token') })
    const agent = agentWith(undici, authInterceptor(auth, { allowedOrigins: [origin] }))
    let controller: Dispatcher.DispatchController | undefined
    const onRequestStart = (given: Dispatcher.DispatchController) => {
      controller = given
    }
    agent.dispatch({ origin, path: '/', method: 'GET' }, { ...handler, onRequestStart })
    expect([controller?.aborted, controller?.reason]).toEqual([false, null])
    controller?.abort(reason)
    controller?.abort(new Error('again'))
    expect([controller?.aborted, controller?.reason]).toEqual([true, reason])
    await sleep(120)
    expect(events).toEqual([['error', reason]])
  })

  test.each([
    ['start', 'error'],
    ['response', 'error'],
    ['data', 'error'],
    ['end', 'error'],
  ])('authInterceptor() turns what a handler throws at its %s into its error', async (at) => {
    const { origin } = await loopback((_, response) => response.writeHead(401).end('no'))
    for (const provider of [rotatingAuth({ gives: 0 }), bearerAuth({ token: async () => 'token' })]) {
      const agent = agentWith(undici, authInterceptor(provider, { allowedOrigins: [origin] }))
      const { events, handler, whenEnded } = recorder((name) => {
        if (name === at) throw reason
      })
      agent.dispatch({ origin, path: '/', method: 'GET' }, handler)
      await whenEnded()
      await sleep(20)
      expect(events.at(-1)).toEqual(['error', reason])
      expect(events.filter((event) => (event as unknown[])[0] === 'error')).toHaveLength(1)
    }
  })

  test.each([401, 200])(
    'authInterceptor() honours pause() and resume() amid an answer of %i',
    async (status) => {
      const { origin } = await loopback((_, response) => response.writeHead(status).end('x'.repeat(400_000)))
      const auth = rotatingAuth({ gives: 0, reads: true })
      const agent = agentWith(undici, authInterceptor(auth, { allowedOrigins: [origin] }))
      let pauses = 0
      let isPaused = false
      let early = 0
      const { events, handler, whenEnded } = recorder((name, controller) => {
        if (isPaused) early++
        if (name !== 'data') return
        isPaused = true
        pauses++
        controller.pause()
        expect(controller.paused).toBe(true)
        setTimeout(() => {
          isPaused = false
          controller.resume()
        }, 1)
      })
      agent.dispatch({ origin, path: '/', method: 'GET' }, handler)
      await whenEnded()
      const data = events.flatMap((event) =>
        (event as string[])[0] === 'data' ? (event as string[])[1] : [],
      )
      expect(data.join('')).toHaveLength(400_000)
      expect(early).toBe(0)
      expect(pauses).toBeGreaterThan(1)
    },
  )

  test('authInterceptor() hands over an upgraded connection, authenticated', async () => {
    const seen: unknown[] = []
    const { origin } = await loopback(undefined, {
      onUpgrade: (socket, headers) => {
        seen.push(headers.authorization)
        socket.end('HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: test\r\n\r\nhello')
      },
    })
    for (const auth of [bearerAuth({ token: 'token' }), bearerAuth({ token: async () => 'token' })]) {
      const agent = agentWith(undici, authInterceptor(auth, { allowedOrigins: [origin] }))
      const { headers, socket } = await agent.upgrade({ origin, path: '/', protocol: 'test' } as never)
      const chunks: unknown[] = []
      for await (const chunk of socket) chunks.push(chunk)
      expect([headers['upgrade'], chunks.join('')]).toEqual(['test', 'hello'])
    }
    expect(seen).toEqual(['Bearer token', 'Bearer token'])
  })

  test('authInterceptor() refuses an upgrade as undici does when the server does', async () => {
    const { origin } = await loopback((_, response) => response.writeHead(401).end('no'))
    for (const auth of [rotatingAuth({ gives: 0 }), bearerAuth({ token: async () => 'token' })]) {
      const agent = agentWith(undici, authInterceptor(auth, { allowedOrigins: [origin] }))
      const error = await failure(agent.upgrade({ origin, path: '/', protocol: 'test' } as never))
      expect(error).toMatchObject({ message: 'bad upgrade' })
    }
  })

  test('authInterceptor() lets informational answers through', async () => {
    const { origin } = await loopback((_, response, index) => {
      response.writeEarlyHints({ link: '</a>; rel=preload' })
      response.writeHead(index === 0 ? 401 : 200).end('ok')
    })
    const agent = agentWith(undici, authInterceptor(rotatingAuth({}), { allowedOrigins: [origin] }))
    const infos: number[] = []
    const onInfo = ({ statusCode }: { statusCode: number }) => infos.push(statusCode)
    const { body } = await agent.request({ origin, path: '/', method: 'GET', onInfo })
    expect(await body.text()).toBe('ok')
    expect(infos).toEqual([103, 103])
  })

  test("authInterceptor() keeps undici's raw headers", async () => {
    const { origin } = await loopback((_, response) => response.writeHead(200, { 'X-Cased': '1' }).end())
    const auth = bearerAuth({ token: async () => 'token' })
    const agent = agentWith(undici, authInterceptor(auth, { allowedOrigins: [origin] }))
    const { headers } = await agent.request({
      origin,
      path: '/',
      method: 'GET',
      responseHeaders: 'raw',
    } as never)
    expect(JSON.stringify(headers).toLowerCase()).toContain('"x-cased","1"')
  })

  test('authInterceptor() hands on the error of a connection as it is', async () => {
    const origin = 'http://127.0.0.1:1'
    for (const auth of [bearerAuth({ token: 'token' }), bearerAuth({ token: async () => 'token' })]) {
      const agent = agentWith(undici, authInterceptor(auth, { allowedOrigins: [origin] }))
      const error = await failure(agent.request({ origin, path: '/', method: 'GET' }))
      expect(error).toMatchObject({ code: 'ECONNREFUSED' })
      expect(AuthError.is(error)).toBe(false)
    }
  })
})
