import { expect, test } from 'vitest'
import { serverClocks } from '../../src/lib/server-clock.js'

const nowMs = Date.UTC(2026, 0, 1)
const dated = (offsetMs: number) => new Headers({ date: new Date(nowMs + offsetMs).toUTCString() })

test('serverClocks() keeps one clock for each origin, and forgets the oldest of very many', () => {
  const clockOf = serverClocks(() => new Date(nowMs))
  expect(clockOf('https://a.example').correct(dated(3_600_000))).toBe(true)
  const offsetOf = (origin: string) => clockOf(origin).now().getTime() - nowMs
  expect([offsetOf('https://a.example'), offsetOf('https://b.example')]).toEqual([3_600_000, 0])
  for (let index = 0; index < 98; index++) offsetOf(`https://${index}.example`)
  expect(offsetOf('https://a.example')).toBe(3_600_000)
  for (let index = 0; index < 100; index++) offsetOf(`https://${index}.example`)
  expect(offsetOf('https://a.example')).toBe(0)
})
