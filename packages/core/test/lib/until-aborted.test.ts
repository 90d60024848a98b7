import { getEventListeners } from 'node:events'
import { afterEach, expect, it } from 'vitest'
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
