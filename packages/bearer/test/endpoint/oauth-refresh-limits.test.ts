import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type OauthRefreshOptions, oauthRefresh, type TokenFetch } from '../../src/index.js'

beforeEach(() => void vi.useFakeTimers({ now: Date.UTC(2026, 0, 1) }))
afterEach(() => void vi.useRealTimers())

const signal = new AbortController().signal
const good = { access_token: 'a', refresh_token: 'next' }

/** A refresh whose server gives these responses. */
function refreshWith(fetch: TokenFetch, options: Partial<OauthRefreshOptions> = {}) {
  return oauthRefresh({ tokenEndpoint: 'https://auth.example.com/token', clientId: 'id', fetch, ...options })
}

/** The outcome of one refresh. */
function outcomeOf(response: () => Response, keep?: (token: string) => void) {
  return refreshWith(async () => response())('r', { signal, keep }).catch((error: unknown) => error)
}

/** JSON of exactly so many bytes. */
function jsonOfLength(length: number, value: object): string {
  const empty = JSON.stringify({ pad: '', ...value })
  return JSON.stringify({ pad: 'x'.repeat(length - empty.length), ...value })
}

/** A body that never ends, and what becomes of it. */
function endlessBody(first = '') {
  const seen = { isCancelled: false }
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new TextEncoder().encode(first)),
    cancel() {
      seen.isCancelled = true
    },
  })
  return { body, seen }
}

describe('oauthRefresh()', () => {
  it('reads a response of exactly 1 MiB, and none of one byte more', async () => {
    const limit = 1024 * 1024
    expect(await outcomeOf(() => new Response(jsonOfLength(limit, good)))).toMatchObject({ accessToken: 'a' })
    expect(await outcomeOf(() => new Response(jsonOfLength(limit + 1, good)))).toMatchObject({
      code: 'ERR_AUTH_REFRESH_RESPONSE',
      message: expect.stringContaining('1 MiB'),
    })
  })

  it('finds a refresh token in the first 64 KiB of an error page', async () => {
    const limit = 64 * 1024
    const page = (length: number) => () => new Response(jsonOfLength(length, good), { status: 503 })
    const keptOf = async (length: number) => {
      const keep = vi.fn()
      expect(await outcomeOf(page(length), keep)).toMatchObject({ code: 'ERR_AUTH_REFRESH_UNAVAILABLE' })
      return keep.mock.calls.flat()
    }
    // The brace after the token may be cut off, but not the token's last quote.
    expect(await keptOf(limit + 1)).toEqual(['next'])
    expect(await keptOf(limit + 2)).toEqual([])
  })

  it.each([
    [299, 'ERR_AUTH_REFRESH_RESPONSE'],
    [300, 'ERR_AUTH_REDIRECT'],
    [399, 'ERR_AUTH_REDIRECT'],
    [400, 'ERR_AUTH_REFRESH_REFUSED'],
    [407, 'ERR_AUTH_REFRESH_REFUSED'],
    [408, 'ERR_AUTH_REFRESH_UNAVAILABLE'],
    [409, 'ERR_AUTH_REFRESH_REFUSED'],
    [428, 'ERR_AUTH_REFRESH_REFUSED'],
    [429, 'ERR_AUTH_REFRESH_UNAVAILABLE'],
    [430, 'ERR_AUTH_REFRESH_REFUSED'],
    [499, 'ERR_AUTH_REFRESH_REFUSED'],
    [500, 'ERR_AUTH_REFRESH_UNAVAILABLE'],
  ])('judges a response of status %i', async (status, code) => {
    const error = await outcomeOf(() => new Response('{}', { status }))
    const message = expect.stringContaining(
      status < 300 ? 'access_token' : status < 400 ? 'redirect' : `${status}`,
    )
    expect(error).toMatchObject({ code, provider: 'bearer', message })
  })

  it.each([
    ['<html>', 200, /200.* JSON/],
    ['{"error":"slow_down"}', 400, /400.*slow_down/],
    ['{"error":"invalid_grant"}', 400, /400.*invalid_grant/],
    ['[]', 200, /JSON/],
  ])('says what is wrong with the response %s of status %i', async (body, status, message) => {
    expect(await outcomeOf(() => new Response(body, { status }))).toMatchObject({
      message: expect.stringMatching(message),
    })
  })

  it('waits 1 s for an error page that does not end, and cancels its body', async () => {
    const { body, seen } = endlessBody()
    const outcome = vi.fn()
    void outcomeOf(
      () => new Response(body, { status: 503 }),
      () => {},
    ).then(outcome)
    await vi.advanceTimersByTimeAsync(999)
    expect(outcome).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(1)
    expect(outcome).toHaveBeenCalledWith(expect.objectContaining({ code: 'ERR_AUTH_REFRESH_UNAVAILABLE' }))
    expect(vi.getTimerCount()).toBe(0)
    expect(seen.isCancelled || body.locked).toBe(true)
  })

  it('waits 10 s for the whole response', async () => {
    const outcome = vi.fn()
    void outcomeOf(() => new Response(endlessBody('{').body)).then(outcome)
    await vi.advanceTimersByTimeAsync(9_999)
    expect(outcome).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(1)
    const message = expect.stringMatching(/auth\.example\.com.* 10000 ms/)
    expect(outcome).toHaveBeenCalledWith(expect.objectContaining({ code: 'ERR_AUTH_TIMEOUT', message }))
  })

  it('leaves no timer, and tells its fetch that the call is over', async () => {
    const signals: AbortSignal[] = []
    const answers = [
      () => new Response(JSON.stringify(good)),
      () => new Response('{"error":"invalid_grant"}', { status: 400 }),
      () => {
        throw new TypeError('fetch failed')
      },
    ]
    for (const answer of answers) {
      const fetch: TokenFetch = async (_, init) => {
        signals.push(init.signal)
        return answer()
      }
      await refreshWith(fetch)('r', { signal }).catch(() => {})
      expect(vi.getTimerCount()).toBe(0)
    }
    expect(signals.map((each) => each.aborted)).toEqual([true, true, true])
  })

  it('takes a fetch that rejects with nothing for a server that cannot be reached', async () => {
    const refresh = refreshWith(() => Promise.reject(undefined))
    await expect(refresh('r', { signal })).rejects.toMatchObject({
      code: 'ERR_AUTH_REFRESH_UNAVAILABLE',
      message: expect.stringContaining('https://auth.example.com'),
    })
  })

  it('reads a character that the network cuts in two, and no bytes that are not UTF-8', async () => {
    const bytes = new TextEncoder().encode(JSON.stringify({ ...good, note: 'ä' }))
    const cut = bytes.indexOf(0xc3) + 1
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(bytes.slice(0, cut))
        controller.enqueue(bytes.slice(cut))
        controller.close()
      },
    })
    expect(await outcomeOf(() => new Response(body))).toMatchObject({ refreshToken: 'next' })
    bytes[cut] = 0x20
    expect(await outcomeOf(() => new Response(bytes))).toMatchObject({
      code: 'ERR_AUTH_REFRESH_RESPONSE',
      message: expect.stringContaining('UTF-8'),
    })
  })

  it('sends no client_secret of a public client', async () => {
    const bodies: string[] = []
    const refresh = refreshWith(async (_, { body }) => {
      bodies.push(body)
      return new Response(JSON.stringify(good))
    })
    await refresh('r', { signal })
    expect(Object.fromEntries(new URLSearchParams(bodies[0]))).toEqual({
      grant_type: 'refresh_token',
      refresh_token: 'r',
      client_id: 'id',
    })
  })
})

describe('Retry-After', () => {
  /** How often the server is asked, this long after it said so. */
  async function requestsAfter(header: string, laterMs: number): Promise<number> {
    let count = 0
    const refresh = refreshWith(async () => {
      count++
      return new Response(null, { status: 429, headers: { 'retry-after': header } })
    })
    await refresh('r', { signal }).catch(() => {})
    vi.setSystemTime(Date.now() + laterMs)
    const again = refresh('r', { signal })
    await expect(again).rejects.toMatchObject({ code: 'ERR_AUTH_REFRESH_UNAVAILABLE', provider: 'bearer' })
    return count - 1
  }

  it.each([
    ['1', 0, 0],
    ['1', 999, 0],
    ['1', 1000, 1],
    ['301', 299_999, 0],
    ['301', 300_000, 1],
    ['120x', 0, 1],
    ['x120', 0, 1],
  ])('%s lets %i ms later so many requests pass: %i', async (header, laterMs, count) => {
    expect(await requestsAfter(header, laterMs)).toBe(count)
  })
})
