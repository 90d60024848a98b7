import { Readable } from 'node:stream'
import { setFlagsFromString } from 'node:v8'
import { bearerAuth } from '@outbound-auth/bearer'
import { describe, expect, test } from 'vitest'
import { type Arrival, loopback } from '../../../../test/support/loopback.js'
import { authFetch, type Fetch } from '../../src/index.js'
import { readInput } from '../../src/input/read-input.js'

const auth = bearerAuth({ token: 'token-1' })

/** A fetch that authenticates at a fresh server, and what arrived there last. */
async function setUp(): Promise<{ fetch: Fetch; origin: string; last: () => Arrival }> {
  const { origin, arrivals } = await loopback()
  const last = () => {
    const arrival = arrivals.at(-1)
    if (!arrival) throw new Error('nothing arrived')
    return arrival
  }
  return { fetch: authFetch(auth, { allowedOrigins: [origin] }), origin, last }
}

/** The arguments of the call of fetch. */
async function capture(call: (fetch: Fetch, origin: string) => Promise<unknown>) {
  const calls: [string, Record<string, unknown>][] = []
  const underlying: Fetch = async (input, init) => {
    calls.push([String(input), { ...init }])
    return new Response()
  }
  const origin = 'https://api.example.com'
  await call(authFetch(auth, { allowedOrigins: [origin], fetch: underlying }), origin)
  const [url = '', init = {}] = calls[0] ?? []
  return { url, init, count: calls.length }
}

describe('authFetch() input', () => {
  test('authFetch() takes a string, a URL and a Request alone, as hey-api passes it', async () => {
    const { fetch, origin, last } = await setUp()
    for (const input of [`${origin}/a?b=1`, new URL(`${origin}/a?b=1`), new Request(`${origin}/a?b=1`)]) {
      expect((await fetch(input)).status).toBe(200)
      expect(last()).toMatchObject({ method: 'GET', path: '/a?b=1' })
      expect(last().headers.authorization).toBe('Bearer token-1')
    }
  })

  test('authFetch() keeps the headers and body of a Request beside an init, as ky passes them', async () => {
    const { fetch, origin, last } = await setUp()
    const headers = { 'x-one': '1', 'content-type': 'application/json' }
    const request = new Request(origin, { method: 'PUT', headers, body: '{}' })
    await fetch(request, { credentials: 'same-origin' })
    expect(last()).toMatchObject({ method: 'PUT', headers: { ...headers, authorization: 'Bearer token-1' } })
    expect(last().body.toString()).toBe('{}')
    expect(request.bodyUsed).toBe(true)
  })

  test('authFetch() lets init.headers replace all headers of a Request, as fetch does', async () => {
    const { fetch, origin, last } = await setUp()
    await fetch(new Request(origin, { headers: { 'x-one': '1' } }), { headers: { 'x-two': '2' } })
    expect(last().headers).toMatchObject({ 'x-two': '2', authorization: 'Bearer token-1' })
    expect(last().headers).not.toHaveProperty('x-one')
  })

  test('authFetch() drops a host header before auth, since fetch sends the host of the URL', async () => {
    const seen: (string | null)[] = []
    const watching = {
      kind: 'watching',
      headerNames: [],
      addAuthHeaders: (headers: { get(name: string): string | null }) => void seen.push(headers.get('host')),
    }
    const { origin, last } = await setUp()
    const fetch = authFetch(watching, { allowedOrigins: [origin] })
    await fetch(origin, { headers: { Host: 'elsewhere.example', 'x-one': '1' } })
    await fetch(new Request(origin, { headers: [['host', 'elsewhere.example']] }))
    expect(seen).toEqual([null, null])
    expect(last().headers.host).toBe(new URL(origin).host)
  })

  test('authFetch() sends one authorization for headers in mixed case, as the AI SDK has them', async () => {
    const { init } = await capture((fetch, origin) =>
      fetch(origin, { headers: { AUTHORIZATION: 'Bearer dummy', Authorization: 'b', 'X-Mixed-Case': 'v' } }),
    )
    expect(init['headers']).toEqual({ authorization: 'Bearer token-1', 'x-mixed-case': 'v' })
  })

  test('authFetch() takes headers as pairs and as Headers, and joins repeats', async () => {
    const { fetch, origin, last } = await setUp()
    const pairs: [string, string][] = [
      ['X-A', '1'],
      ['x-a', '2'],
    ]
    for (const headers of [pairs, new Headers(pairs)]) {
      await fetch(origin, { headers })
      expect(last().headers['x-a']).toBe('1, 2')
    }
  })

  test('authFetch() makes strings of header values and trims them, as fetch does', async () => {
    const { fetch, origin, last } = await setUp()
    await fetch(origin, { headers: { 'x-count': 5 as unknown as string, 'x-line': ' v \n' } })
    expect(last().headers).toMatchObject({ 'x-count': '5', 'x-line': 'v' })
  })

  test('authFetch() upper-cases the methods that fetch upper-cases, and no other', async () => {
    for (const [given, sent] of [
      ['post', 'POST'],
      ['Delete', 'DELETE'],
      ['patch', 'patch'],
    ] as const) {
      expect((await capture((fetch, origin) => fetch(origin, { method: given }))).init['method']).toBe(sent)
    }
  })

  test('authFetch() keeps unknown fields of init: next, cf, dispatcher', async () => {
    const given = { next: { revalidate: 1 }, cf: { cacheTtl: 1 }, dispatcher: {}, priority: 'high' }
    const { init } = await capture((fetch, origin) => fetch(origin, given as RequestInit))
    expect(init).toMatchObject(given)
    expect(init['dispatcher']).toBe(given.dispatcher)
  })

  test('authFetch() keeps the fields of a Request, and those of init win', async () => {
    const fields = { cache: 'no-store', credentials: 'omit', integrity: 'sha256-x', keepalive: true } as const
    const referrers = {
      referrer: 'https://page.example.com/',
      referrerPolicy: 'origin',
      mode: 'cors',
    } as const
    const { init } = await capture((fetch, origin) =>
      fetch(new Request(origin, { ...fields, ...referrers }), { cache: 'reload' }),
    )
    expect(init).toMatchObject({ ...fields, ...referrers, cache: 'reload' })
  })

  test('authFetch() sends the Request of a navigation, as a service worker gets it, in the default mode', async () => {
    const { init } = await capture((fetch, origin) => {
      const request = new Request(origin, { credentials: 'include' })
      Object.defineProperty(request, 'mode', { value: 'navigate' })
      return fetch(request)
    })
    expect(init).toMatchObject({ credentials: 'include' })
    expect(init).not.toHaveProperty('mode')
  })

  test('authFetch() takes a Request as init', async () => {
    const { fetch, origin, last } = await setUp()
    const request = new Request('https://other.example.com', { method: 'PUT', body: 'x', cache: 'no-store' })
    await fetch(origin, request)
    expect(last()).toMatchObject({ method: 'PUT', headers: { 'content-type': 'text/plain;charset=UTF-8' } })
    expect(last().body.toString()).toBe('x')
    const { init } = await capture((underlying, url) =>
      underlying(url, new Request(url, { cache: 'no-store' })),
    )
    expect(init).toMatchObject({ cache: 'no-store' })
  })

  test('authFetch() sends null signals and null inits like fetch', async () => {
    const { fetch, origin, last } = await setUp()
    const aborted = new Request(origin, { signal: AbortSignal.abort() })
    expect((await fetch(aborted, { signal: null })).status).toBe(200)
    expect((await fetch(origin, null as unknown as RequestInit)).status).toBe(200)
    expect(last().method).toBe('GET')
  })

  test('authFetch() sends the body of a Request beside a null body, as fetch does', async () => {
    const { fetch, origin, last } = await setUp()
    await fetch(new Request(origin, { method: 'POST', body: 'kept' }), { body: null })
    expect(last().body.toString()).toBe('kept')
  })

  test('authFetch() sends init.body and leaves that of the Request unread', async () => {
    const { fetch, origin, last } = await setUp()
    const request = new Request(origin, { method: 'POST', body: 'old' })
    await fetch(request, { body: 'new' })
    expect(last().body.toString()).toBe('new')
    expect(request.bodyUsed).toBe(false)
  })

  test('authFetch() rejects a Request whose body was read with a TypeError, and sends nothing', async () => {
    const { fetch, origin, last } = await setUp()
    const uses = [(request: Request) => request.text(), (request: Request) => request.body?.cancel()]
    for (const use of uses) {
      const request = new Request(origin, { method: 'POST', body: 'x' })
      await use(request)
      await expect(fetch(request)).rejects.toThrow(TypeError)
    }
    expect(last).toThrow('nothing arrived')
  })

  test('authFetch() rejects GET with a body with the TypeError of fetch', async () => {
    const { fetch, origin } = await setUp()
    await expect(fetch(origin, { body: 'x' })).rejects.toThrow(TypeError)
  })

  test('authFetch() sends the URL as fetch would: trimmed, escaped, without its fragment', async () => {
    const { fetch, origin, last } = await setUp()
    const response = await fetch(`  ${origin}/a b/../c?q=%7e é#part`)
    expect(last().path).toBe('/c?q=%7e%20%C3%A9')
    expect(last().headers.authorization).toBe('Bearer token-1')
    expect(response.url).toBe(`${origin}/c?q=%7e%20%C3%A9`)
    expect(response.redirected).toBe(false)
  })
})

describe('authFetch() bodies', () => {
  const form = () => {
    const data = new FormData()
    data.set('file', new Blob(['abc'], { type: 'text/x-y' }), 'a.txt')
    return data
  }
  const stream = () => new Blob(['abc']).stream()
  const cases: [string, () => BodyInit, string | undefined, RegExp | string][] = [
    ['a string', () => 'abc', 'text/plain;charset=UTF-8', 'abc'],
    ['bytes', () => new TextEncoder().encode('abc'), undefined, 'abc'],
    ['a part of a buffer', () => Buffer.from('xabcx').subarray(1, 4), undefined, 'abc'],
    ['a DataView', () => new DataView(new TextEncoder().encode('xabc').buffer, 1), undefined, 'abc'],
    ['an ArrayBuffer', () => new TextEncoder().encode('abc').buffer, undefined, 'abc'],
    [
      'URLSearchParams',
      () => new URLSearchParams({ a: 'b c' }),
      'application/x-www-form-urlencoded;charset=UTF-8',
      'a=b+c',
    ],
    ['a Blob', () => new Blob(['abc'], { type: 'text/x-y' }), 'text/x-y', 'abc'],
    ['FormData', form, undefined, /form-data; name="file"; filename="a.txt"[\s\S]*abc/],
    ['a ReadableStream', stream, undefined, 'abc'],
    ['a Node stream', () => Readable.from([Buffer.from('abc')]) as unknown as BodyInit, undefined, 'abc'],
  ]

  test.each(cases)('authFetch() sends %s as fetch does', async (_, body, contentType, text) => {
    const { fetch, origin, last } = await setUp()
    await fetch(origin, { method: 'POST', body: body() })
    expect(last().body.toString()).toMatch(text)
    const sent = last().headers['content-type']
    if (contentType !== undefined) expect(sent).toBe(contentType)
    if (text instanceof RegExp) {
      const [, boundary = 'none'] = /boundary=(.+)$/.exec(sent ?? '') ?? []
      expect(last().body.toString()).toContain(`--${boundary}--`)
    }
  })

  test('authFetch() hands on Blobs and Node streams as they are', async () => {
    for (const own of [new Blob(['abc']), Readable.from(['abc']) as unknown as BodyInit]) {
      const { init } = await capture((fetch, origin) => fetch(origin, { method: 'POST', body: own }))
      expect(init['body']).toBe(own)
    }
  })

  test('authFetch() streams the body of a Request in chunks', async () => {
    const { fetch, origin, last } = await setUp()
    let pulls = 0
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulls += 1
        if (pulls > 100) controller.close()
        else controller.enqueue(new Uint8Array(1000))
      },
    })
    await fetch(new Request(origin, { method: 'POST', body, duplex: 'half' } as RequestInit))
    expect(last().body.length).toBe(100_000)
    expect(last().headers['transfer-encoding']).toBe('chunked')
  })
})

setFlagsFromString('--allow-natives-syntax')
/** Whether V8 keeps the layout of two objects only once. The code that reads them is slow otherwise. */
const haveSameClass = new Function('a', 'b', 'return %HaveSameMap(a, b)') as (a: object, b: object) => boolean

/** Enough calls for V8 to settle on one way to make an object. */
const calls = 200

async function expectOneClass(make: (index: number) => object | Promise<object>): Promise<void> {
  const made: object[] = []
  for (let index = 0; index < calls; index++) made.push(await make(index))
  const [last = {}, ...earlier] = made.slice(-50).reverse()
  expect(earlier.filter((object) => !haveSameClass(object, last))).toHaveLength(0)
}

test('authFetch() reads the arguments of each call into objects of one hidden class', async () => {
  const options = {
    isWhole: false,
    isPlatform: true,
    replayLimitBytes: 1,
    knownClasses: new WeakMap(),
    minValidityMs: undefined,
  }
  const url = new URL('https://api.example.com/')
  await expectOneClass((index) =>
    readInput(undefined, { method: 'POST', headers: { accept: '*/*' }, body: `${index}` }, options, url),
  )
})

test.each<[string, RequestInit]>([
  ['a body', { method: 'POST', body: 'text' }],
  ['fields', { method: 'POST', body: 'text', cache: 'no-store', keepalive: false }],
])('authFetch() sends inits with %s that have one hidden class', async (_, init) => {
  const inits: object[] = []
  const underlying: Fetch = async (_input, sent) => {
    inits.push(sent as object)
    return new Response()
  }
  const auth = bearerAuth({ token: 'token-1' })
  const fetch = authFetch(auth, { allowedOrigins: ['https://api.example.com'], fetch: underlying })
  await expectOneClass(async () => {
    await fetch('https://api.example.com/', { ...init })
    return inits.at(-1) as object
  })
})
