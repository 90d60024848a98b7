import { bearerAuth } from '@outbound-auth/bearer'
import type { AuthProvider } from '@outbound-auth/core'
import { describe, expect, test, vi } from 'vitest'
import { answer, type Loopback, loopback } from '../../../../test/support/loopback.js'
import { authFetch, type Fetch, type FetchOption } from '../../src/index.js'

/** A provider that takes its time, so that a caller can change things meanwhile. */
const slow = (more: Partial<AuthProvider> = {}): AuthProvider => ({
  kind: 'slow',
  headerNames: ['x-key'],
  addAuthHeaders() {},
  async applyAuth(request) {
    await new Promise((resolve) => setTimeout(resolve, 5))
    request.headers.set('x-key', 'k')
    return request
  },
  ...more,
})

/** Signs nothing, but needs the bytes as signers do. */
const signer = slow({ requiresBody: true })

const texts = ({ arrivals }: Loopback) => arrivals.map(({ body }) => String(body)).sort()

/** The bodies that arrive when one body object is changed and sent three times, without waiting. */
async function threeTimes(provider: AuthProvider, body: BodyInit, change: (round: number) => void) {
  const server = await loopback()
  const fetch = authFetch(provider, { allowedOrigins: [server.origin] })
  const sending: Promise<Response>[] = []
  for (let round = 1; round <= 3; round++) {
    change(round)
    sending.push(fetch(server.origin, { method: 'POST', body }))
  }
  await Promise.all(sending)
  return server
}

describe.each([
  ['a slow provider', slow()],
  ['a signer', signer],
  ['a literal token', bearerAuth({ token: 't' })],
])('authFetch() with %s sends what a body was at the call:', (_, provider) => {
  test('authFetch() copies URLSearchParams', async () => {
    const body = new URLSearchParams()
    const server = await threeTimes(provider, body, (round) => body.set('n', `${round}`))
    expect(texts(server)).toEqual(['n=1', 'n=2', 'n=3'])
    expect(server.arrivals[0]?.headers['content-type']).toBe(
      'application/x-www-form-urlencoded;charset=UTF-8',
    )
    expect(server.arrivals[0]?.headers['content-length']).toBe('3')
  })

  test('authFetch() copies FormData', async () => {
    const body = new FormData()
    const file = new File(['content'], 'ü "x".txt', { type: 'a/b' })
    const server = await threeTimes(provider, body, (round) => {
      body.set('n', `<${round}>`)
      if (round === 1) body.append('file', file)
      else if (round === 3) body.delete('file')
    })
    const forms = await Promise.all(
      server.arrivals.map(({ body: bytes, headers }) =>
        new Response(Buffer.from(bytes), {
          headers: { 'content-type': headers['content-type'] ?? '' },
        }).formData(),
      ),
    )
    forms.sort((a, b) => `${a.get('n')}`.localeCompare(`${b.get('n')}`))
    expect(forms.map((form) => form.get('n'))).toEqual(['<1>', '<2>', '<3>'])
    expect(forms.map((form) => form.has('file'))).toEqual([true, true, false])
    const received = forms[0]?.get('file') as File
    expect([received.type, await received.text()]).toEqual(['a/b', 'content'])
    expect(String(server.arrivals.find(({ body: bytes }) => bytes.includes('<1>'))?.body)).toContain(
      'filename="ü %22x%22.txt"',
    )
  })

  test.each<[string, (bytes: Uint8Array<ArrayBuffer>) => BodyInit]>([
    ['bytes', (bytes) => bytes],
    ['a Buffer', (bytes) => Buffer.from(bytes.buffer)],
    ['a part of a Buffer', (bytes) => Buffer.from(bytes.buffer).subarray(0)],
    ['an ArrayBuffer', (bytes) => bytes.buffer],
    ['a DataView', (bytes) => new DataView(bytes.buffer)],
    ['numbers of 16 bits', (bytes) => new Uint16Array(bytes.buffer)],
  ])('authFetch() copies %s', async (_name, make) => {
    const bytes = new Uint8Array(2)
    const server = await threeTimes(provider, make(bytes), (round) => bytes.fill(64 + round))
    expect(texts(server)).toEqual(['AA', 'BB', 'CC'])
    expect(server.arrivals[0]?.headers['content-type']).toBeUndefined()
    expect(server.arrivals[0]?.headers['content-length']).toBe('2')
  })
})

describe('authFetch() sends what came with the call:', () => {
  async function sending(
    args: (origin: string) => Parameters<Fetch>,
    change: (args: Parameters<Fetch>) => void,
  ) {
    const server = await loopback()
    const fetch = authFetch(slow(), { allowedOrigins: [server.origin], otherOrigins: 'pass' })
    const call = args(server.origin)
    const sent = fetch(...call)
    change(call)
    await sent
    return server.arrivals
  }

  test.each<[string, (headers: Record<string, string>) => HeadersInit]>([
    ['an object', (headers) => headers],
    ['Headers', (headers) => new Headers(headers)],
    ['a list', (headers) => Object.entries(headers)],
  ])('authFetch() copies headers given as %s', async (_, make) => {
    const headers = make({ 'x-own': 'before' })
    const arrivals = await sending(
      (origin) => [origin, { headers }],
      () => {
        if (headers instanceof Headers) headers.set('x-own', 'after')
        else if (Array.isArray(headers)) headers.splice(0, 1, ['x-own', 'after'])
        else headers['x-own'] = 'after'
      },
    )
    expect(arrivals).toMatchObject([{ headers: { 'x-own': 'before' } }])
  })

  test('authFetch() copies a pair of a list of headers', async () => {
    const pair: [string, string] = ['x-own', 'before']
    const arrivals = await sending(
      (origin) => [origin, { headers: [pair] }],
      () => pair.splice(1, 1, 'after'),
    )
    expect(arrivals).toMatchObject([{ headers: { 'x-own': 'before' } }])
  })

  test('authFetch() copies the URL, the method, the body and the redirect mode', async () => {
    const url = new URL('http://localhost')
    const init: RequestInit = { method: 'POST', body: 'before', redirect: 'follow' }
    const arrivals = await sending(
      (origin) => {
        url.href = `${origin}/before`
        return [url, init]
      },
      () => {
        url.href = 'https://evil.example.com/after'
        Object.assign(init, {
          method: 'PUT',
          body: 'after',
          redirect: 'error',
          headers: { 'x-own': 'after' },
        })
      },
    )
    expect(arrivals).toMatchObject([{ method: 'POST', path: '/before' }])
    expect(String(arrivals[0]?.body)).toBe('before')
    expect(arrivals[0]?.headers).not.toHaveProperty('x-own')
  })

  test('authFetch() keeps the signal of the call', async () => {
    const [first, second] = [new AbortController(), new AbortController()]
    const init = { signal: first.signal }
    const arrivals = await sending(
      (origin) => [origin, init],
      () => {
        init.signal = second.signal
        second.abort()
      },
    )
    expect(arrivals).toHaveLength(1)
  })

  test('authFetch() sends the same bytes again after a rejection, and after a redirect', async () => {
    const bytes = new TextEncoder().encode('before')
    const server = await loopback(({ path }, response, index) => {
      bytes.fill(0)
      if (index === 0) answer(response, 401)
      else if (path === '/end') response.end('ok')
      else answer(response, 307, { location: '/end' })
    })
    const provider = slow({ recover: async () => true })
    await authFetch(provider, { allowedOrigins: [server.origin] })(server.origin, {
      method: 'POST',
      body: bytes,
    })
    expect(texts(server)).toEqual(['before', 'before', 'before'])
    for (const { headers } of server.arrivals) expect(headers['content-length']).toBe('6')
  })
})

describe('authFetch() with a stream', () => {
  const post = (body: BodyInit): RequestInit => Object.assign({ method: 'POST', body }, { duplex: 'half' })

  test('authFetch() locks it within the call, so that no other request can have it', async () => {
    const server = await loopback()
    const fetch = authFetch(slow(), { allowedOrigins: [server.origin] })
    const body = new Blob(['abc']).stream()
    const first = fetch(server.origin, post(body))
    expect(body.locked).toBe(true)
    await expect(fetch(server.origin, post(body))).rejects.toThrow(TypeError)
    expect((await first).status).toBe(200)
    expect(texts(server)).toEqual(['abc'])
  })

  test('authFetch() rejects one that was read with a TypeError, as fetch does, and sends nothing', async () => {
    const server = await loopback()
    const fetch = authFetch(slow(), { allowedOrigins: [server.origin] })
    const read = new Blob(['abc']).stream()
    const reader = read.getReader()
    await reader.read()
    reader.releaseLock()
    const cancelled = new Blob(['abc']).stream()
    await cancelled.cancel()
    for (const body of [read, cancelled])
      await expect(fetch(server.origin, post(body))).rejects.toThrow(TypeError)
    expect(server.arrivals).toHaveLength(0)
  })

  test('authFetch() reads none of it before it is sent, and gives it back when it is not', async () => {
    const server = await loopback()
    let pulls = 0
    const body = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          pulls += 1
          controller.enqueue(new TextEncoder().encode('abc'))
          controller.close()
        },
      },
      { highWaterMark: 0 },
    )
    const failing = slow({ applyAuth: () => Promise.reject(new Error('no')) })
    const options = { allowedOrigins: [server.origin] }
    await expect(authFetch(failing, options)(server.origin, post(body))).rejects.toMatchObject({
      code: 'ERR_AUTH_PROVIDER',
    })
    expect([pulls, body.locked]).toEqual([0, false])
    await authFetch(slow(), options)(server.origin, post(body))
    expect(texts(server)).toEqual(['abc'])
  })

  test('authFetch() rejects with the reason of an abort while it is sent', async () => {
    const controller = new AbortController()
    const { signal } = controller
    const reason = new Error('the caller gave up')
    const body = new ReadableStream<Uint8Array>({
      async pull(stream) {
        await new Promise((resolve) => setTimeout(resolve, 5))
        stream.enqueue(new Uint8Array(10))
      },
    })
    const server = await loopback()
    const fetch = authFetch(slow(), { allowedOrigins: [server.origin] })
    const outcome = fetch(server.origin, { ...post(body), signal })
    setTimeout(() => controller.abort(reason), 50)
    await expect(outcome).rejects.toBe(reason)
  })

  test('authFetch() rejects as fetch does when the stream breaks off', async () => {
    const server = await loopback()
    const broken = new Error('the disk is gone')
    const body = new ReadableStream<Uint8Array>({ pull: (controller) => controller.error(broken) })
    const outcome = authFetch(slow(), { allowedOrigins: [server.origin] })(server.origin, post(body))
    await expect(outcome).rejects.toThrow(TypeError)
  })
})

test('authFetch() ends the stream of a caller when its transport gives the body up', async () => {
  const cancelled = vi.fn()
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array(1)),
    cancel: cancelled,
  })
  const reason = new Error('the connection broke')
  const transport = async (_: string, { body: sent }: { body?: unknown }) => {
    await (sent as ReadableStream).cancel(reason)
    return new Response()
  }
  const auth: AuthProvider = {
    kind: 'test',
    headerNames: ['x-key'],
    addAuthHeaders: (headers) => headers.set('x-key', 'k'),
  }
  const fetch = authFetch(auth, { allowedOrigins: ['https://a.example'], fetch: transport as FetchOption })
  await fetch('https://a.example/', { method: 'POST', body, duplex: 'half' } as RequestInit)
  expect(cancelled).toHaveBeenCalledWith(reason)
})
