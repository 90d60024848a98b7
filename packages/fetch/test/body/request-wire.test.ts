import type { AuthProvider } from '@outbound-auth/core'
import { describe, expect, test } from 'vitest'
import { type Arrival, answer, loopback } from '../../../../test/support/loopback.js'
import { authFetch, type Fetch } from '../../src/index.js'

// `pnpm test:nodes` runs this file on every version of Node whose fetch treats bodies in another way.

/** A provider that recovers from every rejection. */
function recovering(more: Partial<AuthProvider> = {}): AuthProvider {
  let attempts = 0
  return {
    kind: 'test',
    headerNames: ['x-attempt'],
    addAuthHeaders: (headers) => headers.set('x-attempt', `${++attempts}`),
    recover: async () => true,
    ...more,
  }
}

/** Rejects every first attempt. */
const rejecting = () =>
  loopback(({ headers }, response) => answer(response, Number(headers['x-attempt']) % 2 === 1 ? 401 : 200))

const form = () => {
  const data = new FormData()
  data.set('a', 'b')
  data.set('file', new File(['content'], 'n.txt', { type: 'a/b' }))
  return data
}

const bodies: [string, () => BodyInit][] = [
  ['a string', () => 'abcü'],
  ['an empty string', () => ''],
  ['bytes', () => new Uint8Array([1, 2, 255])],
  ['no bytes', () => new Uint8Array()],
  ['an ArrayBuffer', () => new Uint8Array([1, 2, 255]).buffer],
  ['a Blob', () => new Blob(['abc'], { type: 'a/b' })],
  ['a Blob without a type', () => new Blob(['a', new Uint8Array([0, 255]), 'c'])],
  ['a Blob of several parts', () => new Blob(Array.from({ length: 50 }, () => 'x'.repeat(3_000)))],
  ['URLSearchParams', () => new URLSearchParams({ a: 'b c' })],
  ['FormData', form],
  ['a long string', () => 'x'.repeat(300_000)],
]
const methods = ['POST', 'PUT', 'PATCH', 'DELETE']

/** All that a server can see of a body. A form has another boundary each time. */
function wireOf({ method, headers, body }: Arrival) {
  const { 'content-type': type, 'content-length': length, 'transfer-encoding': encoding } = headers
  const mask = (text: string | undefined) => text?.replaceAll(/formdata-undici-\d+/g, 'boundary')
  return { method, type: mask(type), length, encoding, body: mask(body.toString('latin1')) }
}

describe('authFetch() with a Request', () => {
  test.each(bodies)('authFetch() sends %s with the wire of fetch', async (_, body) => {
    const { origin, arrivals } = await loopback()
    const fetch = authFetch(recovering(), { allowedOrigins: [origin] })
    for (const method of methods) {
      for (const headers of [{}, { 'content-type': 'x/y' }]) {
        await globalThis.fetch(new Request(origin, { method, headers, body: body() }))
        await fetch(new Request(origin, { method, headers, body: body() }))
        const [theirs, ours] = arrivals.splice(0)
        expect(wireOf(ours as Arrival)).toEqual(wireOf(theirs as Arrival))
        if (ours?.body.length) expect(ours.headers['content-length']).toBe(`${ours.body.length}`)
      }
    }
  })

  test.each(bodies)('authFetch() sends %s again after a 401, with the same wire', async (_, body) => {
    const { origin, arrivals } = await rejecting()
    const fetch = authFetch(recovering(), { allowedOrigins: [origin] })
    const response = await fetch(new Request(origin, { method: 'POST', body: body() }))
    expect(response.status).toBe(200)
    const [first, second] = arrivals
    expect(wireOf(second as Arrival)).toEqual(wireOf(first as Arrival))
    expect(second?.body).toEqual(first?.body)
  })

  test('authFetch() sends what client libraries make of one Request: copies, clones, further fields', async () => {
    const { origin, arrivals } = await rejecting()
    const fetch = authFetch(recovering(), { allowedOrigins: [origin] })
    const post = () => new Request(origin, { method: 'POST', body: 'abc' })
    const calls: (() => Promise<Response>)[] = [
      () => fetch(new Request(post())),
      () => fetch(new Request(post(), { headers: { 'x-own': 'v' } })),
      () => fetch(post().clone()),
      () => fetch(post(), { headers: { 'x-own': 'v' } }),
      () => fetch(post(), { credentials: 'same-origin', keepalive: false }),
      () => fetch(post(), {}),
    ]
    for (const call of calls) expect((await call()).status).toBe(200)
    expect(arrivals).toHaveLength(2 * calls.length)
    for (const { body, headers } of arrivals) {
      expect(String(body)).toBe('abc')
      expect(headers['content-length']).toBe('3')
    }
  })

  test('authFetch() reads a Request once, as fetch does, and one that it does not send only then', async () => {
    const { origin } = await loopback()
    const fetch = authFetch(recovering(), { allowedOrigins: [origin] })
    const request = new Request(origin, { method: 'POST', body: 'abc' })
    const sending = fetch(request)
    expect(request.bodyUsed).toBe(true)
    await sending
    await expect(fetch(request)).rejects.toThrow(TypeError)
    const elsewhere = new Request('https://other.example.com', { method: 'POST', body: 'abc' })
    await expect(fetch(elsewhere)).rejects.toMatchObject({ code: 'ERR_AUTH_ORIGIN' })
    expect(elsewhere.bodyUsed).toBe(false)
  })

  test('authFetch() sends a body above replayLimitBytes with its length, and once', async () => {
    const { origin, arrivals } = await rejecting()
    const fetch = authFetch(recovering(), { allowedOrigins: [origin], replayLimitBytes: 2 })
    const response = await fetch(new Request(origin, { method: 'POST', body: 'abc' }))
    expect(response.status).toBe(401)
    expect(arrivals.map(({ headers }) => headers['content-length'])).toEqual(['3'])
  })
})

/** A body that is made while it is sent: each part after the first when the server has got the one before. */
function dialogue(parts: number) {
  const steps = Array.from({ length: parts }, () => {
    let take: () => void = () => {}
    const taken = new Promise<void>((resolve) => {
      take = resolve
    })
    return { take, taken }
  })
  let made = 0
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        if (made > 0) await steps[made - 1]?.taken
        if (made === parts) return controller.close()
        controller.enqueue(new TextEncoder().encode(`part-${made++} `))
      },
    },
    { highWaterMark: 0 },
  )
  /** Tells how much a server has got. */
  const got = (text: string) => {
    for (const [index, { take }] of steps.entries()) if (text.includes(`part-${index} `)) take()
  }
  return { body, got, whole: steps.map((_, index) => `part-${index} `).join('') }
}

const streamed: [string, (origin: string, body: ReadableStream<Uint8Array>) => Parameters<Fetch>][] = [
  [
    'a Request',
    (origin, body) => [new Request(origin, Object.assign({ method: 'POST', body }, { duplex: 'half' }))],
  ],
  [
    'a Request that was copied',
    (origin, body) => [
      new Request(new Request(origin, Object.assign({ method: 'POST', body }, { duplex: 'half' }))),
    ],
  ],
  ['an init', (origin, body) => [origin, Object.assign({ method: 'POST', body }, { duplex: 'half' })]],
]

describe('authFetch() with a body that is still being made', () => {
  test.each(streamed)('authFetch() sends the first byte of %s before the last is made', async (_, args) => {
    const { body, got, whole } = dialogue(4)
    const server = await loopback(undefined, { onBody: got })
    const fetch = authFetch(recovering(), { allowedOrigins: [server.origin] })
    expect((await fetch(...args(server.origin, body))).status).toBe(200)
    expect(String(server.arrivals[0]?.body)).toBe(whole)
    expect(server.arrivals[0]?.headers['transfer-encoding']).toBe('chunked')
  })

  test.each(streamed.slice(0, 2))('authFetch() sends the body of %s again after a 401', async (_, args) => {
    const { body, got, whole } = dialogue(3)
    const server = await loopback(
      ({ headers }, response) => answer(response, headers['x-attempt'] === '1' ? 401 : 200),
      { onBody: got },
    )
    const fetch = authFetch(recovering(), { allowedOrigins: [server.origin] })
    expect((await fetch(...args(server.origin, body))).status).toBe(200)
    expect(server.arrivals.map(({ body: bytes }) => String(bytes))).toEqual([whole, whole])
    expect(server.arrivals.map(({ headers }) => headers['content-length'])).toEqual([undefined, '21'])
  })

  test.each(streamed)('authFetch() gives the 401 back when %s cannot be sent again', async (_, args) => {
    const { body, got } = dialogue(3)
    const server = await loopback((_arrival, response) => answer(response, 401), { onBody: got })
    const provider = recovering({ recover: async () => false })
    const response = await authFetch(provider, { allowedOrigins: [server.origin] })(
      ...args(server.origin, body),
    )
    expect([response.status, await response.text()]).toEqual([401, 'answer 401'])
  })

  test.each([undefined, 'include', 'same-origin', 'omit'] as const)(
    'authFetch() hands the credentials mode %s on, unless a stream asks for another',
    async (credentials) => {
      const seen: unknown[] = []
      const fetch = authFetch(recovering(), {
        allowedOrigins: ['https://api.example.com'],
        fetch: async (_, init) => {
          seen.push((init as RequestInit).credentials)
          return new Response()
        },
      })
      const mode = credentials && { credentials }
      const post = (body: BodyInit): RequestInit =>
        Object.assign({ method: 'POST', body, ...mode }, { duplex: 'half' })
      await fetch('https://api.example.com', post('abc'))
      await fetch('https://api.example.com', post(new Blob(['abc']).stream()))
      const isDefault = credentials === undefined || credentials === 'same-origin'
      expect(seen).toEqual([credentials, isDefault ? 'omit' : credentials])
    },
  )
})

describe('authFetch() where a Request does not tell whether it streams', () => {
  /** As in runtimes that do not check the mode. */
  class OtherRequest extends Request {
    constructor(input: RequestInfo | URL, init: RequestInit = {}) {
      const { mode, ...others } = init
      super(input, mode === 'no-cors' ? others : init)
    }
  }

  test('authFetch() sends what is there at once with its length', async () => {
    const { origin, arrivals } = await rejecting()
    const fetch = authFetch(recovering(), { allowedOrigins: [origin] })
    for (const body of ['abc=', new Uint8Array([97, 98, 99, 61]), new URLSearchParams('abc'), '']) {
      const response = await fetch(new OtherRequest(origin, { method: 'POST', body }))
      expect(response.status).toBe(200)
      const text = body === '' ? '' : 'abc='
      const sent = arrivals.splice(0).map((arrival) => [`${arrival.body}`, arrival.headers['content-length']])
      expect(sent).toEqual([1, 2].map(() => [text, `${text.length}`]))
    }
  })

  test('authFetch() streams what is still being made, and sends it again', async () => {
    const { body, got, whole } = dialogue(3)
    const server = await loopback(
      ({ headers }, response) => answer(response, headers['x-attempt'] === '1' ? 401 : 200),
      { onBody: got },
    )
    const fetch = authFetch(recovering(), { allowedOrigins: [server.origin] })
    const init = Object.assign({ method: 'POST', body }, { duplex: 'half' })
    expect((await fetch(new OtherRequest(server.origin, init))).status).toBe(200)
    expect(server.arrivals.map(({ body: bytes }) => String(bytes))).toEqual([whole, whole])
  })

  test('authFetch() rejects while it waits for the first part, when it is aborted', async () => {
    const body = new ReadableStream<Uint8Array>({ pull: () => new Promise(() => {}) })
    const controller = new AbortController()
    const init = Object.assign({ method: 'POST', body, signal: controller.signal }, { duplex: 'half' })
    const fetch = authFetch(recovering(), { allowedOrigins: ['https://api.example.com'] })
    const outcome = fetch(new OtherRequest('https://api.example.com', init))
    const reason = new Error('the caller gave up')
    controller.abort(reason)
    await expect(outcome).rejects.toBe(reason)
  })
})
