import { expect, test } from 'vitest'
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
