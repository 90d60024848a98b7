import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { tryAgain } from '../../src/exchange/try-again.js'
import { AuthError } from '../../src/index.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

const outage = AuthError.transient('No answer', { code: 'ERR_AUTH_SOURCE' })

it.each([
  [0, 180],
  [0.5, 200],
  [1, 220],
])('tryAgain() waits 180 to 220 ms: with the random number %f, %i ms', async (random, pauseMs) => {
  vi.spyOn(Math, 'random').mockReturnValue(random)
  const task = vi.fn(async () => 'done')
  const outcome = tryAgain(outage, task, undefined)
  await vi.advanceTimersByTimeAsync(pauseMs - 1)
  expect(task).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(1)
  expect(task).toHaveBeenCalledOnce()
  expect(await outcome).toBe('done')
})

it.each([
  AuthError.build('Wrong', { code: 'ERR_AUTH_SOURCE' }),
  AuthError.transient('Slow', { code: 'ERR_AUTH_TIMEOUT' }),
  AuthError.transient('Slow', { code: 'ERR_AUTH_COMMAND_TIMEOUT' }),
  new TypeError('Foreign'),
])('tryAgain() does not try again after %s', async (error) => {
  const task = vi.fn(async () => 'done')
  await expect(tryAgain(error, task, undefined)).rejects.toBe(error)
  expect(task).not.toHaveBeenCalled()
})

it('tryAgain() ends its pause when the caller aborts', async () => {
  const abort = new AbortController()
  const outcome = tryAgain(outage, async () => 'done', abort.signal)
  abort.abort('enough')
  await expect(outcome).rejects.toBe('enough')
})
