import { getEventListeners } from 'node:events'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { AuthError } from '../../src/index.js'
import { askServer, type ServerCall } from '../../src/provider.js'

const code = 'ERR_AUTH_SAMPLE'
const call = (answer: () => Response | Promise<Response>, more: Partial<ServerCall> = {}): ServerCall => ({
  url: new URL('https://token.example/oauth'),
  method: 'POST',
  headers: { accept: 'application/json' },
  body: 'grant_type=refresh_token',
  timeoutMs: 1000,
  fetch: async () => answer(),
  unreachable: (cause) => AuthError.transient('The server could not be reached', { code, cause }),
  tooLate: (timeoutMs) => AuthError.transient(`The server took over ${timeoutMs} ms`, { code }),
  ...more,
})
const stalled = (text = '') =>
  new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new TextEncoder().encode(text)),
  })

afterEach(() => {
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

describe('askServer()', () => {
  it('sends exactly the call, and does not follow redirects', async () => {
    const sent: unknown[] = []
    const fetch: typeof globalThis.fetch = async (input, init) => {
      sent.push(input, { ...init, signal: undefined })
      return Response.json({ a: 1 })
    }
    expect(await askServer(call(Response.error, { fetch }))).toMatchObject({
      status: 200,
      ok: true,
      json: { a: 1 },
    })
    expect(sent).toEqual([
      'https://token.example/oauth',
      {
        method: 'POST',
        headers: { accept: 'application/json' },
        body: 'grant_type=refresh_token',
        redirect: 'manual',
        signal: undefined,
      },
    ])
  })

  it.each([
    [300, true, false],
    [302, true, false],
    [308, true, false],
    [399, true, false],
    [400, false, false],
    [407, false, false],
    [408, false, true],
    [429, false, true],
    [499, false, false],
    [500, false, true],
    [599, false, true],
  ])('says what status %i means', async (status, isRedirect, isOutage) => {
    const response = await askServer(call(() => new Response('{}', { status })))
    expect(response).toMatchObject({ status, ok: false, isRedirect, isOutage })
  })

  it("sends with the platform's fetch of the moment, and no body where the call has no body", async () => {
    const fetch = vi.fn(async () => new Response('{}', { status: 201 }))
    vi.stubGlobal('fetch', fetch)
    const response = await askServer(
      call(Response.error, { fetch: undefined, method: 'GET', body: undefined }),
    )
    expect(response).toMatchObject({ status: 201, ok: true, isRedirect: false, isOutage: false })
    expect(fetch).toHaveBeenCalledExactlyOnceWith(
      'https://token.example/oauth',
      expect.objectContaining({ method: 'GET', body: null }),
    )
  })

  it('knows a redirect of a browser, which hides its status', async () => {
    const opaque = Object.defineProperties(new Response(null), {
      status: { value: 0 },
      type: { value: 'opaqueredirect' },
    })
    expect(await askServer(call(() => opaque))).toMatchObject({ status: 0, isRedirect: true })
  })

  it.each([
    ['an object', '{"a":1}', { a: 1 }],
    ['a list', '[1]', undefined],
    ['HTML', '<html>', undefined],
    ['nothing', '', undefined],
  ])('parses %s', async (_, text, json) => {
    const response = await askServer(call(() => new Response(text)))
    expect(response.text).toBe(text)
    expect(response.json && { ...response.json }).toEqual(json)
  })

  it('reads exactly 1 MiB, and no more', async () => {
    const mebibyte = 1024 * 1024
    expect(await askServer(call(() => new Response('x'.repeat(mebibyte))))).toMatchObject({
      fault: undefined,
    })
    expect(await askServer(call(() => new Response('x'.repeat(mebibyte + 1))))).toMatchObject({
      fault: 'too-long',
    })
  })

  it.each([
    ['a good response', 200, '{"access_token":"a","refresh_token":"planted"}'],
    ['an outage with tokens', 503, '{"access_token":"a","refresh_token":"planted"}'],
    ['a response that is cut off', 200, '{"refresh_token":"planted","access_to'],
  ])('hands over the refresh token of %s', async (_, status, text) => {
    const kept: string[] = []
    await askServer(call(() => new Response(text, { status }), { keep: (token) => kept.push(token) }))
    expect(kept).toEqual(['planted'])
  })

  it('reads an error page that never ends for 1 s at most', async () => {
    vi.useFakeTimers()
    const response = askServer(
      call(() => new Response(stalled('{'), { status: 502 }), { keep: () => {}, timeoutMs: 9000 }),
    )
    await vi.advanceTimersByTimeAsync(1000)
    expect(await response).toMatchObject({ status: 502, text: '' })
    expect(vi.getTimerCount()).toBe(0)
  })

  it('cancels an error page that nobody reads', async () => {
    const cancel = vi.fn()
    const body = new ReadableStream({ cancel })
    expect(await askServer(call(() => new Response(body, { status: 502 })))).toMatchObject({ isOutage: true })
    expect(cancel).toHaveBeenCalledOnce()
  })

  it.each([
    ['the connection', () => new Promise<Response>(() => {})],
    ['the body', async () => new Response(stalled())],
  ])('limits the time of %s, and leaves no timer', async (_, answer) => {
    vi.useFakeTimers()
    const failure = askServer(call(answer)).catch((error: unknown) => error)
    await vi.advanceTimersByTimeAsync(999)
    expect(vi.getTimerCount()).toBe(1)
    await vi.advanceTimersByTimeAsync(1)
    expect(await failure).toMatchObject({ message: 'The server took over 1000 ms', retryable: true })
    expect(vi.getTimerCount()).toBe(0)
  })

  it('aborts the signal that fetch got when the call ends, and hears the caller no longer', async () => {
    let signal: AbortSignal | null | undefined
    const caller = new AbortController()
    const fetch: typeof globalThis.fetch = async (_, init) => {
      signal = init?.signal
      return Response.json({})
    }
    await askServer(call(Response.error, { fetch, signal: caller.signal }))
    expect(signal?.aborted).toBe(true)
    expect(signal?.reason).toMatchObject({ message: 'The server took over 1000 ms' })
    expect(getEventListeners(caller.signal, 'abort')).toEqual([])
  })

  it('rejects with the reason of its signal, unchanged', async () => {
    const caller = new AbortController()
    const failure = askServer(call(() => new Promise(() => {}), { signal: caller.signal })).catch(
      (error: unknown) => error,
    )
    caller.abort('stopped')
    expect(await failure).toBe('stopped')
    const fetch = vi.fn()
    await expect(askServer(call(Response.error, { fetch, signal: caller.signal }))).rejects.toBe('stopped')
    expect(fetch).not.toHaveBeenCalled()
  })

  it('rejects with the reason of its signal also while the body is read', async () => {
    const caller = new AbortController()
    const failure = askServer(call(() => new Response(stalled()), { signal: caller.signal })).catch(
      (error: unknown) => error,
    )
    await new Promise((resolve) => setImmediate(resolve))
    caller.abort('stopped')
    expect(await failure).toBe('stopped')
  })

  it.each([undefined, null, 'text'])('takes a rejection of fetch with %s for its cause', async (thrown) => {
    const unreachable = vi.fn(() => AuthError.transient('No server', { code }))
    await expect(askServer(call(() => Promise.reject(thrown), { unreachable }))).rejects.toThrow('No server')
    expect(unreachable).toHaveBeenCalledExactlyOnceWith(thrown)
  })

  it.each([
    [
      'a rejected connection',
      Object.assign(new TypeError('fetch failed'), {
        cause: Object.assign(new Error('secret'), { code: 'ECONNREFUSED' }),
      }),
    ],
    ['a rejection without a cause', Object.assign(new Error('secret'), { code: 'ECONNREFUSED' })],
  ])('names the code of %s', async (_, thrown) => {
    const failure = await askServer(call(() => Promise.reject(thrown))).catch((error: unknown) => error)
    expect(failure).toMatchObject({
      message: 'The server could not be reached',
      cause: { code: 'ECONNREFUSED' },
    })
  })

  it('rejects with an AuthError of fetch, unchanged', async () => {
    const refused = AuthError.build('The proxy rejects this origin', { code, cause: new Error('inner') })
    await expect(askServer(call(() => Promise.reject(refused)))).rejects.toBe(refused)
  })

  it('rejects a body that the connection cuts off', async () => {
    const body = new ReadableStream({ pull: (controller) => controller.error(new Error('secret')) })
    await expect(askServer(call(() => new Response(body)))).rejects.toThrow('could not be reached')
  })

  it.each([
    ['120', 120_000],
    ['Mon, 30 Nov 2026 00:00:10 GMT', 10_000],
    ['Sun, 29 Nov 2026 00:00:00 GMT', 0],
    ['2026-12-01', 86_400_000],
    ['120x', undefined],
    ['x120', undefined],
    ['0', 0],
    ['', undefined],
    ['1.5x', undefined],
    [undefined, undefined],
  ])('reads Retry-After: %s', async (header, expected) => {
    const headers: HeadersInit = header === undefined ? {} : { 'retry-after': header }
    const now = () => new Date('2026-11-30T00:00:00Z')
    const response = await askServer(call(() => new Response('', { status: 429, headers }), { now }))
    expect(response.retryAfterMs).toBe(expected)
  })

  it('reads Retry-After by the real clock, and whatever whitespace a fetch leaves around it', async () => {
    vi.useFakeTimers({ now: Date.parse('2026-11-30T00:00:00Z') })
    const answer = (header: string) => () => {
      const headers = { get: (name: string) => (name === 'retry-after' ? header : null) }
      return Object.defineProperty(new Response('', { status: 503 }), 'headers', { value: headers })
    }
    const response = await askServer(call(answer('Mon, 30 Nov 2026 00:00:10 GMT')))
    expect(response.retryAfterMs).toBe(10_000)
    expect((await askServer(call(answer(' 7\t')))).retryAfterMs).toBe(7000)
  })
})
