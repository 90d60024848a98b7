import { afterEach, expect, it, vi } from 'vitest'
import { pause } from '../../src/host/pause.js'

afterEach(() => {
  vi.useRealTimers()
})

it('pause() waits for as long as it is told', async () => {
  vi.useFakeTimers()
  let isOver = false
  void pause(1000).then(() => {
    isOver = true
  })
  await vi.advanceTimersByTimeAsync(999)
  expect(isOver).toBe(false)
  await vi.advanceTimersByTimeAsync(1)
  expect(isOver).toBe(true)
})

it('pause() ends with the reason of its signal, and leaves no timer', async () => {
  vi.useFakeTimers()
  const controller = new AbortController()
  const waiting = expect(pause(1000, controller.signal)).rejects.toBe('enough')
  controller.abort('enough')
  await waiting
  expect(vi.getTimerCount()).toBe(0)
})
