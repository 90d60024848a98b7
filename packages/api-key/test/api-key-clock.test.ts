import { type AuthEvent, applyAuth, createHeaderMap } from '@outbound-auth/core'
import { expect, it } from 'vitest'
import { apiKeyAuth } from '../src/index.js'

const hour = 3_600_000

it.each([-25, -2, 2, 25])(
  'apiKeyAuth() on a clock %d h ahead sends a key, and fetches it once',
  async (hours) => {
    const events: AuthEvent[] = []
    let calls = 0
    const auth = apiKeyAuth({
      header: 'x-api-key',
      key: () => ({ token: `key-${++calls}`, expiresAt: new Date(Date.now() + hour) }),
      now: () => new Date(Date.now() + hours * hour),
      observer: (event) => events.push(event),
    })
    for (let request = 0; request < 20; request++) {
      const sent = await applyAuth(auth, {
        method: 'GET',
        url: 'https://a.example/',
        headers: createHeaderMap(),
      })
      expect(sent.headers.get('x-api-key')).toBe('key-1')
    }
    expect(calls).toBe(1)
    expect(events.filter(({ type }) => type === 'warned')).toHaveLength(hours > 0 ? 1 : 0)
  },
)

it('apiKeyAuth() tells waitUntil of renewals in the background', async () => {
  const kept: Promise<unknown>[] = []
  let nowMs = Date.UTC(2026, 0, 1)
  const auth = apiKeyAuth({
    query: 'key',
    key: () => ({ token: 'a', expiresAt: new Date(nowMs + hour) }),
    now: () => new Date(nowMs),
    waitUntil: (promise) => kept.push(promise),
  })
  const send = () => applyAuth(auth, { method: 'GET', url: 'https://a.example/', headers: createHeaderMap() })
  await send()
  nowMs += hour - 60_000
  await send()
  expect(kept).toHaveLength(1)
})

it('apiKeyAuth() rejects a waitUntil that is not a function', () => {
  expect(() => apiKeyAuth({ key: () => 'a', header: 'x', waitUntil: 1 as never })).toThrow('waitUntil')
})
