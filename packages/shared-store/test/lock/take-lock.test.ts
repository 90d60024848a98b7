import { AuthError } from '@outbound-auth/core'
import { expect, it } from 'vitest'
import { sharedStore } from '../../src/index.js'
import { memoryEngine } from '../memory-record.js'

const lockOf = (text: string | undefined) => (text === undefined ? 'none' : JSON.parse(text.slice(4)).lock)

it('update() gives back a lock that it has got after its caller gave up', async () => {
  const engine = memoryEngine()
  let arrive = () => {}
  let startWriting = () => {}
  const isWriting = new Promise<void>((resolve) => {
    startWriting = resolve
  })
  const before = (call: string) => {
    if (call !== 'put') return
    startWriting()
    return new Promise<void>((resolve) => {
      arrive = resolve
    })
  }
  const controller = new AbortController()
  let runs = 0
  const store = sharedStore({ record: engine.client({ before }) })
  const update = store.update(() => ++runs, { signal: controller.signal })
  await isWriting
  controller.abort(new Error('given up'))
  await expect(update).rejects.toThrow('given up')
  arrive()
  // The write of the lock arrives, and then the one that gives it back.
  await expect.poll(() => lockOf(engine.text)).not.toBe('none')
  await expect
    .poll(() => {
      arrive()
      return lockOf(engine.text)
    })
    .toBeUndefined()
  expect(runs).toBe(0)
  expect(await sharedStore({ record: engine.client() }).update(() => 'next')).toBe('next')
})

it('update() gives back a lock whose write has reported a failure and no chance of another look', async () => {
  const engine = memoryEngine()
  const controller = new AbortController()
  const after = (call: string, number: number) => {
    if (call !== 'put' || number > 1) return
    controller.abort(new Error('given up'))
    throw AuthError.transient('lost', { code: 'ERR_AUTH_STORE_IO' })
  }
  const store = sharedStore({ record: engine.client({ after }) })
  await expect(store.update(() => 1, { signal: controller.signal })).rejects.toThrow('given up')
  await expect.poll(() => lockOf(engine.text)).toBeUndefined()
})

it('update() asks nothing more after a failure before it wrote a lock', async () => {
  const engine = memoryEngine()
  engine.text = 'another program'
  await expect(sharedStore({ record: engine.client() }).update(() => 1)).rejects.toThrow('did not write')
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(engine.calls).toEqual(['get'])
})

it.each([
  ['its own lock, which a late sign of life has written again', (lock: string) => lock, undefined],
  ['the lock of another holder', () => 'other', 'other'],
])(
  'update() without a change, which finds %s, leaves the lock of others alone',
  async (_, lockBefore, lockAfter) => {
    const engine = memoryEngine()
    const store = sharedStore<string>({ record: engine.client() })
    await store.update(() => 'first')
    await store.update(() => {
      const state = JSON.parse(String(engine.text).slice(4))
      engine.text = `oa1:${JSON.stringify({ ...state, stamp: 'late', lock: lockBefore(state.lock) })}`
      return undefined
    })
    expect(lockOf(engine.text)).toBe(lockAfter)
    expect(await store.read()).toBe('first')
  },
)

it('update() writes a document of any language with ASCII alone', async () => {
  const engine = memoryEngine()
  const store = sharedStore<string>({ record: engine.client() })
  await store.update(() => 'Grüße, 世界 🙂')
  expect(engine.text).toMatch(/^[ -~]+$/)
  expect(await sharedStore({ record: engine.client() }).read()).toBe('Grüße, 世界 🙂')
})
