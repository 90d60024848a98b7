import type { SourceOptions } from '@outbound-auth/core'
import { expect, it } from 'vitest'
import { chatgptRefresher } from '../../src/chatgpt/chatgpt-refresher.js'

it.each([
  [999, 1],
  [1000, 2],
  [-1, 2],
])('chatgptRefresher() %i ms after a failure has called the server %i times', async (laterMs, count) => {
  let nowMs = 1_000_000
  let calls = 0
  const fetch = async () => {
    calls++
    return new Response('{}', { status: 503 })
  }
  const { refresh } = chatgptRefresher({ fetch }, () => new Date(nowMs))
  const options = { signal: new AbortController().signal, forceRefresh: false } satisfies SourceOptions
  const outcome = () => refresh('refresh-token', options as never).catch(({ code }) => code)
  const first = await outcome()
  expect(first).toMatch(/^ERR_AUTH_/)
  nowMs += laterMs
  expect(await outcome()).toBe(first)
  expect(calls).toBe(count)
})
