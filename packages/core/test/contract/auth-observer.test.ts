import { runInNewContext } from 'node:vm'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { AuthObserver } from '../../src/index.js'
import { notify } from '../../src/provider.js'

const event = { type: 'selected', kind: 'test', reason: 'r' } as const
const unhandled: unknown[] = []
const note = (reason: unknown) => unhandled.push(reason)
beforeEach(() => {
  unhandled.length = 0
  process.on('unhandledRejection', note)
})
afterEach(() => {
  process.off('unhandledRejection', note)
})

const fail = () => {
  throw new Error('guest')
}

const thenable = (then: (yes: () => void, no: () => void) => void) =>
  Object.defineProperty({}, 'then', { value: then })

it.each<[string, () => unknown]>([
  ['throws', fail],
  ['throws undefined', () => Promise.reject().catch(fail)],
  ['rejects', async () => fail()],
  ['rejects later', () => new Promise((_, reject) => setTimeout(() => reject(new Error('guest')), 1))],
  ['rejects in another realm', () => runInNewContext('Promise.reject(new Error("guest"))')],
  ['returns a promise of another library that rejects', () => thenable((_, no) => no())],
  ['returns a promise of another library that throws', () => thenable(fail)],
  ['returns an object whose then cannot be read', () => Object.defineProperty({}, 'then', { get: fail })],
  ['returns a function that is a promise', () => Object.defineProperty(() => {}, 'then', { value: fail })],
  ['returns a proxy that refuses everything', () => new Proxy({}, { has: fail, get: fail })],
  ['returns a promise that never ends', () => new Promise(() => {})],
  ['returns a number', () => 7],
  ['returns null', () => null],
])('notify() goes on when the observer %s', async (_, observer) => {
  expect(notify(observer as AuthObserver, event)).toBeUndefined()
  await new Promise((resolve) => setTimeout(resolve, 10))
  expect(unhandled).toEqual([])
})

it('notify() tells the observer at once, and does without one', () => {
  const seen: unknown[] = []
  notify((told) => seen.push(told), event)
  expect(seen).toEqual([event])
  expect(() => notify(undefined, event)).not.toThrow()
})
