import { afterEach, expect, test, vi } from 'vitest'
import { checkServer } from '../../src/doctor/check-server.js'

const origin = 'https://a.example'

function check(
  fetch: (init: RequestInit) => Promise<Response>,
  {
    env = {},
    signal = new AbortController().signal,
  }: { env?: Record<string, string>; signal?: AbortSignal } = {},
) {
  return checkServer(origin, {
    env,
    signal,
    fetch: ((_, init) => fetch(init ?? {})) as typeof globalThis.fetch,
  })
}

function serverTime(offsetMs: number) {
  return async () => new Response('x', { headers: { date: new Date(Date.now() + offsetMs).toUTCString() } })
}

test.each([
  [0, 'ok', 'the clocks agree'],
  [120_000, 'warning', /this machine's clock is 1[12]\d s behind the server's/],
  [-120_000, 'warning', /this machine's clock is 1[12]\d s ahead of the server's/],
  [600_000, 'failure', /behind the server's\. Set it, or let it be set by NTP/],
])('checkServer() with a server whose clock is %d ms ahead', async (offsetMs, status, message) => {
  expect(await check(serverTime(offsetMs))).toEqual({
    status,
    about: origin,
    message: expect.stringMatching(message),
  })
})

test('checkServer() names the proxy, and a server that tells no time', async () => {
  const env = { HTTPS_PROXY: 'http://proxy.example:3128' }
  expect(await check(async () => new Response(null), { env })).toMatchObject({
    status: 'ok',
    message: 'can be reached, through the proxy of HTTPS_PROXY; it tells no time',
  })
})

test('checkServer() reports a server that cannot be reached, with the code', async () => {
  const error = new TypeError('fetch failed', { cause: Object.assign(new Error(), { code: 'ECONNREFUSED' }) })
  const result = await check(async () => Promise.reject(error))
  expect(result).toMatchObject({ status: 'failure', message: expect.stringContaining('cannot be reached') })
})

test('checkServer() ends with the reason of its signal, and follows no redirect', async () => {
  const abort = new AbortController()
  const reason = new Error('interrupted')
  const fetch = async (init: RequestInit) => {
    expect(init).toMatchObject({ method: 'HEAD', redirect: 'manual' })
    abort.abort(reason)
    return Promise.reject(init.signal?.reason)
  }
  await expect(check(fetch, { signal: abort.signal })).rejects.toBe(reason)
})

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

const nowMs = Date.parse('2026-11-30T12:00:00.000Z')

/** The outcome when this machine's clock is ahead of the server's by so much. */
async function checkedAt(aheadMs: number) {
  vi.useFakeTimers({ now: nowMs, toFake: ['Date'] })
  // The header has whole seconds, and stands for the middle of its second.
  vi.setSystemTime(nowMs + 500 + aheadMs)
  const fetch = async () => new Response(null, { headers: { date: new Date(nowMs).toUTCString() } })
  return checkServer('https://a.example', { env: {}, fetch, signal: new AbortController().signal })
}

test.each([
  [29_999, 'ok', 'the clocks agree'],
  [-29_999, 'ok', 'the clocks agree'],
  [30_000, 'warning', "30 s ahead of the server's"],
  [-30_000, 'warning', "30 s behind the server's"],
  [300_000, 'warning', "300 s ahead of the server's"],
  [-300_000, 'warning', "300 s behind the server's"],
  [300_001, 'failure', "300 s ahead of the server's"],
  [-300_001, 'failure', "300 s behind the server's"],
])('checkServer() of a clock that is %i ms ahead says %s', async (aheadMs, status, message) => {
  expect(await checkedAt(aheadMs)).toMatchObject({ status, message: expect.stringContaining(message) })
})

test('checkServer() gives a server 10 s, and says so', async () => {
  const limit = new AbortController()
  const timeout = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(limit.signal)
  const fetch = (_: unknown, init?: RequestInit | null) =>
    new Promise<Response>((_resolve, reject) => {
      init?.signal?.addEventListener('abort', () => reject(new Error('it was aborted')))
      limit.abort()
    })
  const check = await checkServer('https://a.example', {
    env: {},
    fetch,
    signal: new AbortController().signal,
  })
  expect(timeout).toHaveBeenCalledWith(10_000)
  expect(check).toMatchObject({ status: 'failure', message: expect.stringContaining('(ETIMEDOUT)') })
})
