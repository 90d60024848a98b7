import { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'
import { expect, onTestFinished, test } from 'vitest'
import { type Arrival, loopback } from '../../../../test/support/loopback.js'
import { authInterceptor } from '../../src/index.js'
import { agentWith, failure } from '../agent-with.js'
import { eachUndici, type Undici } from '../each-undici.js'
import { rotatingAuth } from '../rotating-auth.js'

const megabyte = 1_048_576

async function* parts(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('te')
  await new Promise((resolve) => setTimeout(resolve, 5))
  yield Buffer.from('xt')
}

/** A form of the class that the fetch knows. */
function formOf(undici: Pick<Undici, 'FormData'>): unknown {
  const form = new undici.FormData()
  form.append('name', 'välue')
  form.append('file', new Blob(['content'.repeat(20_000)], { type: 'text/x-test' }), 'a.txt')
  return form
}

type Body = (undici: Pick<Undici, 'FormData'>) => unknown

const fetchBodies: [string, Body][] = [
  ['a string', () => 'text'],
  ['an empty string', () => ''],
  ['bytes', () => Buffer.from('text')],
  ['a long string', () => 'x'.repeat(900_000)],
  ['a query', () => new URLSearchParams({ a: 'ö' })],
  ['a Blob', () => new Blob(['text'], { type: 'text/x-blob' })],
  ['a form', formOf],
  ['a web stream', () => new Blob(['te', 'xt']).stream()],
  ['a web stream that takes its time', () => Readable.toWeb(Readable.from(parts()))],
  ['an async iterable', parts],
]

const requestBodies: [string, Body][] = [
  ['a string', () => 'text'],
  ['bytes', () => Buffer.from('text')],
  ['a Blob', () => new Blob(['text'])],
  ['a form', formOf],
  ['a list of parts', () => ['te', Buffer.from('xt')]],
  ['a generator', () => ['te', 'xt'].values()],
  ['an async iterable', parts],
  ['a web stream', () => new Blob(['te', 'xt']).stream()],
  ['a Readable', () => Readable.from([Buffer.from('te'), Buffer.from('xt')])],
  ['a Readable of strings', () => Readable.from(['te', 'xt'], { objectMode: false })],
  ['a Readable that takes its time', () => Readable.from(parts())],
]

/** The parts of a request that a server may look at. The boundary of a form is another one each time. */
function wireOf({ method, path, headers, body }: Arrival): unknown {
  const boundary = /boundary=(\S+)/.exec(headers['content-type'] ?? '')?.[1] ?? 'no boundary'
  const text = (value: unknown) => String(value).replaceAll(boundary, 'BOUNDARY')
  const names = ['content-length', 'transfer-encoding', 'content-type'] as const
  return [method, path, ...names.map((name) => text(headers[name])), text(body)]
}

/** Takes the second token only. */
const accepts: Parameters<typeof loopback>[0] = ({ headers }, response) => {
  if (headers['x-token'] === 'token-0') response.writeHead(401).end('no')
  else response.end('ok')
}

/** `fetch` and a form class of the same undici. */
type Sender = readonly [fetch: unknown, FormData: Pick<Undici, 'FormData'>, viaGlobal: boolean]

eachUndici((undici) => {
  const senders: [string, Sender][] = [
    ['its own fetch', [undici.fetch, undici, false]],
    ["Node's fetch and setGlobalDispatcher()", [fetch, globalThis as never, true]],
  ]

  /** Sends with one of the two; the fetch of an older Node does not accept a dispatcher of undici 8. */
  async function post([send, , viaGlobal]: Sender, dispatcher: Dispatcher, url: string, body: unknown) {
    const before = undici.getGlobalDispatcher()
    const init = { method: 'POST', body, duplex: 'half' }
    if (viaGlobal) undici.setGlobalDispatcher(dispatcher)
    try {
      const call = send as (url: string, init: object) => Promise<Response>
      const response = await call(url, viaGlobal ? init : { ...init, dispatcher })
      return [response.status, await response.text()]
    } finally {
      if (viaGlobal) undici.setGlobalDispatcher(before)
    }
  }

  for (const [how, sender] of senders) {
    test.each(fetchBodies)(
      `authInterceptor() sends %s of ${how} again after a rejection, as it was`,
      async (_, make) => {
        const { origin, arrivals } = await loopback(accepts)
        const plain = new undici.Agent()
        onTestFinished(() => plain.destroy())
        const auth = rotatingAuth({})
        const agent = agentWith(undici, authInterceptor(auth, { allowedOrigins: [origin] }))
        expect(await post(sender, plain, `${origin}/?a=1`, make(sender[1]))).toEqual([200, 'ok'])
        expect(await post(sender, agent, `${origin}/?a=1`, make(sender[1]))).toEqual([200, 'ok'])
        expect(arrivals.map(({ headers }) => headers['x-token'])).toEqual([undefined, 'token-0', 'token-1'])
        const [expected, ...seen] = arrivals.map(wireOf)
        expect(seen).toEqual([expected, expected])
        expect(auth.rejections).toHaveLength(1)
      },
    )
  }

  test.each(requestBodies)(
    'authInterceptor() sends %s of request() again after a rejection',
    async (_, make) => {
      const { origin, arrivals } = await loopback(accepts)
      const agent = agentWith(undici, authInterceptor(rotatingAuth({}), { allowedOrigins: [origin] }))
      for (const dispatcher of [new undici.Agent(), agent]) {
        const opts = { origin, path: '/', method: 'POST', body: make(undici) } as Dispatcher.RequestOptions
        const { statusCode, body } = await dispatcher.request(opts)
        expect([statusCode, await body.text()]).toEqual([200, 'ok'])
      }
      const [plain, first, second] = arrivals
      expect(wireOf(first as Arrival)).toEqual(wireOf(plain as Arrival))
      const contentOf = (arrival: Arrival) => (wireOf(arrival) as unknown[]).slice(4)
      expect(contentOf(second as Arrival)).toEqual(contentOf(plain as Arrival))
    },
  )

  test.each([
    [undefined, megabyte, 2],
    [undefined, megabyte + 1, 1],
    [100, 100, 2],
    [100, 101, 1],
    [0, 1, 1],
    [Number.POSITIVE_INFINITY, megabyte + 1, 2],
  ])(
    'authInterceptor() with replayLimitBytes %d sends %d bytes %d times',
    async (replayLimitBytes, size, sends) => {
      const { origin, arrivals } = await loopback(accepts)
      const auth = rotatingAuth({})
      const options = { allowedOrigins: [origin], replayLimitBytes }
      const agent = agentWith(undici, authInterceptor(auth, options))
      const form = {
        async *[Symbol.asyncIterator]() {
          for (let left = size; left > 0; left -= 65_536) yield 'x'.repeat(Math.min(left, 65_536))
        },
      }
      const streams = [form, Readable.from(form, { objectMode: false }), Readable.toWeb(Readable.from(form))]
      for (const body of streams) {
        const provider = rotatingAuth({})
        const one = agentWith(undici, authInterceptor(provider, options))
        const opts = { origin, path: '/', method: 'POST', body } as Dispatcher.RequestOptions
        const response = await one.request(opts)
        expect([response.statusCode, await response.body.text()]).toEqual(
          sends === 1 ? [401, 'no'] : [200, 'ok'],
        )
        expect(provider.rejections).toHaveLength(1)
        expect(arrivals.splice(0).map(({ body: { length } }) => length)).toEqual(Array(sends).fill(size))
      }
      expect((await agent.request({ origin, path: '/', method: 'GET' })).statusCode).toBe(200)
    },
  )

  test('authInterceptor() hands the rejection of a body over the limit to fetch as it is', async () => {
    const { origin, arrivals } = await loopback(accepts)
    const options = { allowedOrigins: [origin], replayLimitBytes: 10 }
    const agent = agentWith(undici, authInterceptor(rotatingAuth({}), options))
    const sender = senders[0]?.[1] as Sender
    expect(await post(sender, agent, origin, 'x'.repeat(11))).toEqual([401, 'no'])
    expect(arrivals).toHaveLength(1)
    expect(await post(sender, agent, origin, 'x'.repeat(11))).toEqual([200, 'ok'])
  })

  test('authInterceptor() recovers also when the server rejects before it has read the body', async () => {
    const { origin, arrivals } = await loopback(undefined, {
      onHeaders: ({ headers }, response) => {
        if (headers['x-token'] !== 'token-0') return false
        response.writeHead(401).end('no')
        return true
      },
    })
    const sender = senders[0]?.[1] as Sender
    for (const size of [1, 100_000, 1_000_000]) {
      const agent = agentWith(undici, authInterceptor(rotatingAuth({}), { allowedOrigins: [origin] }))
      expect(await post(sender, agent, origin, 'x'.repeat(size))).toEqual([200, 'ok'])
      expect(arrivals.splice(0).map(({ body }) => body.length)).toEqual([size])
    }
  })

  test('authInterceptor() streams: the first bytes of a body arrive before the last are made', async () => {
    let hasArrived: (() => void) | undefined
    const arrived = new Promise<void>((resolve) => {
      hasArrived = resolve
    })
    const { origin } = await loopback(undefined, {
      onHeaders: (incoming) => {
        incoming.once('data', () => hasArrived?.())
        return false
      },
    })
    const agent = agentWith(undici, authInterceptor(rotatingAuth({}), { allowedOrigins: [origin] }))
    const body = (async function* () {
      yield 'first'
      await arrived
      yield 'last'
    })()
    expect(await post(senders[0]?.[1] as Sender, agent, origin, body)).toEqual([200, 'ok'])
  })

  test('authInterceptor() passes on the error of a body that breaks off, and ends an unread body', async () => {
    const { origin } = await loopback(accepts)
    const broken = new Error('the disk is gone')
    const agent = agentWith(undici, authInterceptor(rotatingAuth({}), { allowedOrigins: [origin] }))
    const breaking = (async function* () {
      yield 'some'
      throw broken
    })()
    const opts = { origin, path: '/', method: 'POST' } as const
    expect(await failure(agent.request({ ...opts, body: breaking } as never))).toBe(broken)
    let isEnded = false
    const endless = (async function* () {
      try {
        for (;;) yield await new Promise<string>((resolve) => setTimeout(resolve, 1, 'more'))
      } finally {
        isEnded = true
      }
    })()
    const signal = AbortSignal.timeout(50)
    expect(await failure(agent.request({ ...opts, body: endless, signal } as never))).toBe(signal.reason)
    await expect.poll(() => isEnded).toBe(true)
  })
})
