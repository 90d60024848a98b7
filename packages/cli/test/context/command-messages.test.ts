import { PassThrough } from 'node:stream'
import { afterEach, expect, test, vi } from 'vitest'
import { commandMessages } from '../../src/context/command-messages.js'

afterEach(() => void vi.useRealTimers())

/** Messages on a terminal or elsewhere, and what has been written. */
function lab(isTTY: boolean) {
  const stream = Object.assign(new PassThrough(), { isTTY })
  return { ...commandMessages(stream), text: () => String(stream.read() ?? '') }
}

test('whileWaiting() says what a command waits for after 2 s, and not earlier', async () => {
  vi.useFakeTimers()
  const { whileWaiting, text } = lab(true)
  void whileWaiting('for a login', new Promise(() => {}))
  await vi.advanceTimersByTimeAsync(1999)
  expect(text()).toBe('')
  await vi.advanceTimersByTimeAsync(1)
  expect(text()).toBe('outbound-auth: waiting for a login …\n')
})

test('whileWaiting() says nothing after the work, nor where there is no terminal', async () => {
  vi.useFakeTimers()
  const terminal = lab(true)
  expect(await terminal.whileWaiting('for a login', Promise.resolve('done'))).toBe('done')
  const file = lab(false)
  void file.whileWaiting('for a login', new Promise(() => {}))
  await vi.advanceTimersByTimeAsync(10_000)
  expect([terminal.text(), file.text(), vi.getTimerCount()]).toEqual(['', '', 0])
})
