import { afterEach, expect, test, vi } from 'vitest'
import { checkServer } from '../../src/doctor/check-server.js'

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

const nowMs = Date.parse('2026-11-30T12:00:00.000Z')
const { signal } = new AbortController()

/** What is found when this machine's clock is ahead of the server's by so much. */
async function checkedAt(aheadMs: number) {
  vi.useFakeTimers({ now: nowMs, toFake: ['Date'] })
  // The header has whole seconds, and stands for the middle of its second.
  vi.setSystemTime(nowMs + 500 + aheadMs)
  const fetch = async () => new Response(null, { headers: { date: new Date(nowMs).toUTCString() } })
  return checkServer('https://a.example', { env: {}, fetch, signal })
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
  const check = await checkServer('https://a.example', { env: {}, fetch, signal })
  expect(timeout).toHaveBeenCalledWith(10_000)
  expect(check).toMatchObject({ status: 'failure', message: expect.stringContaining('(ETIMEDOUT)') })
})
