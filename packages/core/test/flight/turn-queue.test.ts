import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Turn, turnQueue } from '../../src/provider.js'

beforeEach(() => void vi.useFakeTimers({ now: 0 }))
afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

/** A queue whose first turn is taken, and the turns that later callers have got, by name. */
async function busyQueue() {
  const queue = turnQueue()
  const first = await queue.take()
  const taken = new Map<string, Turn>()
  const wait = (name: string, options?: Parameters<typeof queue.take>[0]) =>
    queue.take(options).then((turn) => void taken.set(name, turn))
  const names = async () => {
    await vi.advanceTimersByTimeAsync(0)
    return [...taken.keys()]
  }
  return { queue, first, taken, wait, names }
}

/** Whether each timer that was made since keeps the process alive. */
function heldTimers(): () => boolean[] {
  const made = vi.spyOn(globalThis, 'setTimeout')
  return () => made.mock.results.map(({ value }) => value.hasRef())
}

describe('turnQueue()', () => {
  it('gives turns one after another, in the order in which callers came', async () => {
    const { first, taken, wait, names } = await busyQueue()
    void wait('second')
    void wait('third')
    void wait('fourth')
    expect(await names()).toEqual([])
    first.end()
    expect(await names()).toEqual(['second'])
    taken.get('second')?.end()
    expect(await names()).toEqual(['second', 'third'])
    taken.get('third')?.end()
    expect(await names()).toEqual(['second', 'third', 'fourth'])
    taken.get('fourth')?.end()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('gives a turn at once when all others have ended', async () => {
    const { queue, first } = await busyQueue()
    first.end()
    const turn = await queue.take()
    expect([turn.isLost(), first.isLost()]).toEqual([false, true])
    turn.end()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('ends a turn once, also when end() is called again', async () => {
    const { first, taken, wait, names } = await busyQueue()
    void wait('second')
    void wait('third')
    await names()
    first.end()
    await names()
    first.end()
    expect(await names()).toEqual(['second'])
    expect(taken.get('second')?.isLost()).toBe(false)
    taken.get('second')?.end()
    expect(await names()).toEqual(['second', 'third'])
  })

  it('lets a caller that gives up leave the queue, with its reason and without a timer', async () => {
    const { first, wait, names } = await busyQueue()
    const impatient = new AbortController()
    const waiting = wait('second', { signal: impatient.signal })
    void wait('third')
    await names()
    impatient.abort('enough')
    await expect(waiting).rejects.toBe('enough')
    await names()
    // The first one beats, and the third one waits.
    expect(vi.getTimerCount()).toBe(2)
    first.end()
    expect(await names()).toEqual(['third'])
  })

  it('takes no place for a caller that has aborted before', async () => {
    const queue = turnQueue()
    await expect(queue.take({ signal: AbortSignal.abort('enough') })).rejects.toBe('enough')
    expect(vi.getTimerCount()).toBe(0)
    expect((await queue.take()).isLost()).toBe(false)
  })

  it('ends the wait at its time limit, with the error that its caller makes', async () => {
    const { first, wait, names } = await busyQueue()
    const failed = vi.fn()
    const bare = vi.fn()
    void wait('second', { timeoutMs: 5000, tooLong: () => 'too long' }).catch(failed)
    void wait('third', { timeoutMs: 5000 }).catch(bare)
    await vi.advanceTimersByTimeAsync(4999)
    expect(failed).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(1)
    expect([failed.mock.calls, bare.mock.calls]).toEqual([[['too long']], [[undefined]]])
    expect(vi.getTimerCount()).toBe(1)
    first.end()
    expect(await names()).toEqual([])
  })

  it('passes over an owner that is gone, after 1 s, and lets nobody else lose a turn', async () => {
    const { first, taken, wait, names } = await busyQueue()
    // The timers of the first owner end with its request, and its beats with them.
    vi.clearAllTimers()
    void wait('second')
    void wait('third')
    await vi.advanceTimersByTimeAsync(999)
    expect([await names(), first.isLost()]).toEqual([[], false])
    await vi.advanceTimersByTimeAsync(1)
    expect([await names(), first.isLost()]).toEqual([['second'], true])
    await vi.advanceTimersByTimeAsync(20_000)
    expect([await names(), taken.get('second')?.isLost()]).toEqual([['second'], false])
  })

  it('keeps the process alive only for a caller with a time limit', async () => {
    const timers = heldTimers()
    const { wait } = await busyQueue()
    void wait('second')
    void wait('third', { timeoutMs: 5000 }).catch(() => {})
    expect(timers()).toEqual([false, false, true])
  })
})
