import { bearerAuth } from '@outbound-auth/bearer'
import type { AuthProvider } from '@outbound-auth/core'
import type { Dispatcher } from 'undici'
import { expect, test } from 'vitest'
import { loopback } from '../../../../test/support/loopback.js'
import { authInterceptor } from '../../src/index.js'
import { agentWith, failure } from '../agent-with.js'
import { eachUndici } from '../each-undici.js'

const home = 'https://api.example.com'
const evil = 'https://evil.example.com'
const secret = 'planted-secret-7'

type Sent = Dispatcher.DispatchOptions & Record<string, unknown>

/** Dispatches, lets `change` have the options while the credential is awaited, and returns what went on. */
async function sentAfter(
  given: Record<PropertyKey, unknown>,
  change: (opts: Record<PropertyKey, unknown>) => void = () => {},
  auth: (token: () => Promise<string>) => AuthProvider = (token) => bearerAuth({ token }),
): Promise<Sent> {
  let release: (token: string) => void = () => {}
  const token = new Promise<string>((resolve) => {
    release = resolve
  })
  return new Promise((resolve, reject) => {
    const options = { allowedOrigins: [home], otherOrigins: 'pass' as const }
    const dispatch = authInterceptor(
      auth(() => token),
      options,
    )((opts) => {
      resolve(opts as unknown as Sent)
      return true
    })
    dispatch(given as never, { onResponseError: (_, error) => reject(error) })
    change(given)
    release(secret)
  })
}

const plain = () => ({ origin: home, path: '/v1', method: 'POST' })

const fields: [string, unknown, unknown][] = [
  ['idempotent', true, false],
  ['blocking', false, true],
  ['upgrade', 'websocket', 'other'],
  ['headersTimeout', 1000, 1],
  ['bodyTimeout', 2000, 2],
  ['reset', true, false],
  ['expectContinue', true, false],
  ['servername', 'api.example.com', 'evil.example.com'],
  ['throwOnError', true, false],
  ['typeOfService', 8, 16],
  ['signal', AbortSignal.abort(), undefined],
  ['an option of another interceptor', { a: 1 }, { a: 2 }],
]

test.each(fields)('authInterceptor() keeps %s as it was at the call', async (name, before, after) => {
  const sent = await sentAfter({ ...plain(), [name]: before }, (opts) => {
    opts[name] = after
  })
  expect(sent[name]).toBe(before)
  const removed = await sentAfter({ ...plain(), [name]: before }, (opts) =>
    Reflect.deleteProperty(opts, name),
  )
  expect(removed[name]).toBe(before)
  const added = await sentAfter(plain(), (opts) => {
    opts[name] = after
  })
  expect(Object.keys(added)).not.toContain(name)
})

test('authInterceptor() keeps properties whose names are symbols, as redirects of undici 8 have them', async () => {
  const name = Symbol('request origin')
  const sent = await sentAfter({ ...plain(), [name]: home }, (opts) => {
    opts[name] = evil
  })
  expect((sent as unknown as Record<symbol, unknown>)[name]).toBe(home)
})

test.each<[string, (opts: Record<PropertyKey, unknown>) => void]>([
  ['origin', (opts) => Object.assign(opts, { origin: evil })],
  ['path', (opts) => Object.assign(opts, { path: '/other' })],
  ['method', (opts) => Object.assign(opts, { method: 'DELETE' })],
  ['method, to CONNECT', (opts) => Object.assign(opts, { method: 'CONNECT' })],
  ['body', (opts) => Object.assign(opts, { body: 'other' })],
  ['query', (opts) => Object.assign(opts, { query: { a: 2 } })],
  ['query, in place', (opts) => Object.assign(opts['query'] as object, { a: 2, b: 3 })],
  ['query, away', (opts) => Reflect.deleteProperty(opts, 'query')],
  ['headers', (opts) => Object.assign(opts, { headers: { 'x-one': '2' } })],
  ['maxRedirections', (opts) => Object.assign(opts, { maxRedirections: 5 })],
  [
    'everything',
    (opts) => Object.assign(opts, { origin: evil, path: '/x', method: 'GET', headers: null, body: null }),
  ],
])('authInterceptor() sends what was asked for at the call, whatever becomes of %s', async (_, change) => {
  const given = { ...plain(), query: { a: 1 }, headers: { 'x-one': '1' }, body: 'body' }
  const sent = await sentAfter(given, change)
  expect(sent).toMatchObject({
    origin: home,
    path: '/v1?a=1',
    method: 'POST',
    body: 'body',
    maxRedirections: 0,
  })
  expect(sent.headers).toEqual({ 'x-one': '1', authorization: `Bearer ${secret}` })
})

test('authInterceptor() copies an origin that is a URL object', async () => {
  const origin = new URL(home)
  const sent = await sentAfter({ ...plain(), origin }, () => {
    origin.href = evil
  })
  expect(sent.origin).toBe(home)
})

test.each<[string, () => unknown, (headers: never) => void]>([
  [
    'an object',
    () => ({ 'x-one': '1' }),
    (headers: Record<string, string>) => Object.assign(headers, { 'x-one': '2', 'x-two': '2' }),
  ],
  [
    'an object with a list',
    () => ({ 'x-one': ['1'] }),
    (headers: { 'x-one': string[] }) => headers['x-one'].push('2'),
  ],
  [
    'a flat list',
    () => ['x-one', '1'],
    (headers: string[]) => headers.splice(0, 2, 'x-one', '2', 'x-two', '2'),
  ],
  ['a flat list with a list', () => ['x-one', ['1']], (headers: [string, string[]]) => headers[1].push('2')],
  ['a list of pairs', () => [['x-one', '1']], (headers: string[][]) => headers[0]?.splice(1, 1, '2')],
  ['Headers', () => new Headers({ 'x-one': '1' }), (headers: Headers) => headers.set('x-one', '2')],
  ['a Map', () => new Map([['x-one', '1']]), (headers: Map<string, string>) => headers.set('x-one', '2')],
  [
    'a Set of pairs',
    () => new Set([['x-one', '1']]),
    (headers: Set<string[]>) => headers.add(['x-two', '2']),
  ],
])('authInterceptor() copies headers that are %s', async (_, make, change) => {
  const headers = make()
  const sent = await sentAfter({ ...plain(), headers }, () => change(headers as never))
  expect(sent.headers).toEqual({ 'x-one': '1', authorization: `Bearer ${secret}` })
})

const bytes = (text: string) => new Uint8Array(Buffer.from(text))

test.each<[string, () => unknown, (body: never) => void]>([
  ['a Buffer', () => Buffer.from('one'), (body: Buffer) => body.fill(0)],
  ['a Uint8Array', () => bytes('one'), (body: Uint8Array) => body.fill(0)],
  [
    'a part of a buffer',
    () => bytes('xonex').subarray(1, 4),
    (body: Uint8Array) => new Uint8Array(body.buffer).fill(0),
  ],
  ['an ArrayBuffer', () => bytes('one').buffer, (body: ArrayBuffer) => new Uint8Array(body).fill(0)],
  ['a DataView', () => new DataView(bytes('one').buffer), (body: DataView) => body.setUint8(0, 0)],
  [
    'shared memory',
    () => new Uint8Array(new SharedArrayBuffer(3)).map((_, i) => bytes('one')[i] ?? 0),
    (body: Uint8Array) => body.fill(0),
  ],
  ['a list of strings', () => ['o', 'ne'], (body: string[]) => body.push('two')],
  ['a list of bytes', () => [bytes('one')], (body: Uint8Array[]) => body[0]?.fill(0)],
  ['a Set of strings', () => new Set(['o', 'ne']), (body: Set<string>) => body.add('two')],
])('authInterceptor() copies a body that is %s', async (_, make, change) => {
  for (const requiresBody of [false, true]) {
    const body = make()
    const auth = (token: () => Promise<string>) => ({ ...bearerAuth({ token }), requiresBody })
    const sent = await sentAfter({ ...plain(), body }, () => change(body as never), auth)
    const sentBody = (Array.isArray(sent.body) ? sent.body : [sent.body]) as (string | Uint8Array)[]
    expect(Buffer.concat(sentBody.map((part) => Buffer.from(part as Uint8Array))).toString()).toBe('one')
  }
})

test.each([
  [
    'a getter',
    (count: () => number) => ({
      path: '/v1',
      method: 'GET',
      get origin() {
        return count() > 1 ? evil : home
      },
    }),
  ],
  [
    'a getter of a class',
    (count: () => number) =>
      new (class {
        readonly path = '/v1'
        readonly method = 'GET'
        get origin() {
          return count() > 1 ? evil : home
        }
      })(),
  ],
  [
    'a Proxy',
    (count: () => number) =>
      new Proxy(
        { path: '/v1', method: 'GET', origin: home },
        {
          get: (target, name) => (name === 'origin' && count() > 1 ? evil : Reflect.get(target, name)),
        },
      ),
  ],
])('authInterceptor() reads each option once, also from %s', async (_, make) => {
  for (const auth of [undefined, () => bearerAuth({ token: secret })]) {
    let reads = 0
    const sent = await sentAfter(make(() => ++reads) as never, () => {}, auth)
    expect([sent.origin, sent.path, reads]).toEqual([home, '/v1', 1])
  }
})

test('authInterceptor() checks and sends the same, where a request to another origin passes untouched', async () => {
  let reads = 0
  const given = {
    path: '/v1',
    method: 'GET',
    get origin() {
      return ++reads > 1 ? home : evil
    },
  }
  const sent = await sentAfter(given)
  expect([sent.origin, reads, sent.headers]).toEqual([evil, 1, undefined])
})

test('authInterceptor() takes options from a prototype, as undici does', async () => {
  const prototype = { ...plain(), headersTimeout: 1000, headers: { 'x-one': '1' } }
  const sent = await sentAfter(Object.create(prototype, { reset: { value: true, enumerable: true } }))
  expect(sent).toMatchObject({ origin: home, path: '/v1', headersTimeout: 1000, reset: true })
  expect(sent.headers).toMatchObject({ 'x-one': '1' })
})

eachUndici((undici) => {
  test('authInterceptor() sends the token to the origin that was checked, when a loop reuses the options', async () => {
    const { origin, otherHost, arrivals } = await loopback()
    for (const token of [secret, async () => secret]) {
      const agent = agentWith(undici, authInterceptor(bearerAuth({ token }), { allowedOrigins: [origin] }))
      const opts = { origin, path: '/', method: 'GET' }
      const requests = [origin, otherHost, origin].map((each) => {
        opts.origin = each
        return failure(agent.request(opts as Dispatcher.RequestOptions))
      })
      const outcomes = await Promise.all(requests)
      expect(outcomes[1]).toMatchObject({ code: 'ERR_AUTH_ORIGIN' })
      expect(arrivals.splice(0).map(({ headers }) => `http://${headers.host}`)).toEqual([origin, origin])
    }
  })

  test('authInterceptor() sends each body of a loop that reuses one object', async () => {
    const { origin, arrivals } = await loopback()
    for (const token of [secret, async () => secret]) {
      const agent = agentWith(undici, authInterceptor(bearerAuth({ token }), { allowedOrigins: [origin] }))
      const buffer = Buffer.alloc(1)
      const form = new undici.FormData()
      const requests = ['1', '2', '3'].flatMap((each) => {
        buffer.write(each)
        form.set('n', each)
        return [buffer, form].map((body) =>
          agent.request({ origin, path: '/', method: 'POST', body } as never),
        )
      })
      for (const response of await Promise.all(requests)) await response.body.dump()
      const texts = arrivals
        .splice(0)
        .map(({ body }) => /name="n"\r\n\r\n(.)/.exec(String(body))?.[1] ?? String(body))
      expect(texts.sort()).toEqual(['1', '1', '2', '2', '3', '3'])
    }
  })
})
