import { getEventListeners } from 'node:events'
import { afterEach, expect, it, vi } from 'vitest'
import { applyAuth, cachedCredential, createHeaderMap } from '../../src/index.js'
import { untilAborted } from '../../src/provider.js'
import { keyAuth } from '../checks/sample-providers.js'

const warnings: string[] = []
const note = ({ name }: Error) => warnings.push(name)

afterEach(() => {
  process.off('warning', note)
  warnings.length = 0
})

it.each([20, 200])(
  'untilAborted() lets %i concurrent calls share one signal without a warning',
  async (count) => {
    process.on('warning', note)
    const { signal } = new AbortController()
    const cache = cachedCredential({
      kind: 'test',
      source: async () => {
        await new Promise((resolve) => setTimeout(resolve, 5))
        return { value: 'k', id: 'k' }
      },
    })
    const provider = {
      ...keyAuth('k'),
      async applyAuth(request: Parameters<typeof applyAuth>[1]) {
        request.headers.set('x-key', await cache.get({ signal }))
        return request
      },
    }
    const all = Array.from({ length: count }, () =>
      applyAuth(
        provider,
        { method: 'GET', url: 'https://a.example/', headers: createHeaderMap() },
        { signal },
      ),
    )
    await Promise.all(all)
    await new Promise((resolve) => setImmediate(resolve))
    expect(warnings).toEqual([])
    expect(getEventListeners(signal, 'abort')).toEqual([])
  },
)

it('untilAborted() adds no listener to a signal that has aborted', async () => {
  const signal = AbortSignal.abort('enough')
  const added: string[] = []
  signal.addEventListener = (type: string) => void added.push(type)
  await expect(untilAborted(Promise.resolve(1), signal)).rejects.toBe('enough')
  await expect(untilAborted(Promise.reject(new Error('late')), signal)).rejects.toBe('enough')
  expect(added).toEqual([])
})

it('untilAborted() ends every waiter when the signal aborts, also those who come after others have left', async () => {
  const controller = new AbortController()
  const { signal } = controller
  expect(await untilAborted(Promise.resolve(1), signal)).toBe(1)
  const never = new Promise(() => {})
  const waiting = Promise.allSettled([untilAborted(never, signal), untilAborted(never, signal)])
  controller.abort('enough')
  expect(await waiting).toEqual([
    { status: 'rejected', reason: 'enough' },
    { status: 'rejected', reason: 'enough' },
  ])
  await new Promise((resolve) => setImmediate(resolve))
})

it('untilAborted() is the promise itself without a signal', () => {
  const promise = Promise.resolve(1)
  expect(untilAborted(promise, undefined)).toBe(promise)
})

it('untilAborted() makes one listener for all waiters, which stays until the last has left', async () => {
  const controller = new AbortController()
  const { signal } = controller
  const count = () => getEventListeners(signal, 'abort').length
  let finish = (_: string) => {}
  const first = untilAborted(new Promise<string>((resolve) => (finish = resolve)), signal)
  const second = untilAborted(Promise.reject(new Error('no')), signal).catch((error: Error) => error.message)
  const third = untilAborted(new Promise(() => {}), signal).catch((reason: unknown) => reason)
  expect(count()).toBe(1)
  finish('done')
  expect(await Promise.all([first, second])).toEqual(['done', 'no'])
  await new Promise((resolve) => setImmediate(resolve))
  expect(count()).toBe(1)
  controller.abort('enough')
  expect(await third).toBe('enough')
})

it('untilAborted() shares the listener with another copy of this package', async () => {
  const controller = new AbortController()
  const abort = vi.fn()
  const waiters = new Set([abort])
  Object.assign(controller.signal, { [Symbol.for('@outbound-auth/waiting')]: waiters })
  const waiting = untilAborted(new Promise(() => {}), controller.signal).catch((reason: unknown) => reason)
  expect(waiters.size).toBe(2)
  controller.abort('enough')
  expect(await waiting).toBe('enough')
  expect(abort).toHaveBeenCalledOnce()
})
