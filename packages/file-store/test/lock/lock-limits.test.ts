import * as fs from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { fileStore } from '../../src/index.js'
import { temporaryFolder } from '../temporary-folder.js'

afterEach(() => {
  // First the mocks, because one of them stands before a fake timer.
  vi.restoreAllMocks()
  vi.useRealTimers()
})

const { setImmediate } = globalThis
const elsewhere = { pid: 1, machine: 'elsewhere', nonce: 'n' }

/** A store whose lock another process holds. */
async function heldStore(holder: string, holderTimeoutMs?: number) {
  const path = join(await temporaryFolder(), 'tokens.json')
  await fs.mkdir(`${path}.locks`, { recursive: true })
  await fs.writeFile(`${path}.locks/1`, holder)
  return { store: fileStore<{ a: number }>({ path, holderTimeoutMs }), lockFile: `${path}.locks/1` }
}

/** The clock stands still while a file is read, and advances while a waiter pauses: for 25 ms, the longest pause. */
function stepByStep() {
  vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] })
  vi.spyOn(Math, 'random').mockReturnValue(1)
  const { setTimeout } = globalThis
  let pauses = 0
  vi.spyOn(globalThis, 'setTimeout').mockImplementation(((callback: () => void, ms: number) => {
    if (ms > 25) return setTimeout(callback, ms)
    pauses++
    return setTimeout(() => {
      pauses--
      callback()
    }, ms)
  }) as typeof setTimeout)
  return async () => {
    if (pauses === 0) await new Promise((resolve) => setImmediate(resolve))
    else await vi.advanceTimersByTimeAsync(25)
  }
}

/** How many milliseconds an update waits for the lock, and its error. */
async function timeOf(
  { store, lockFile }: Awaited<ReturnType<typeof heldStore>>,
  livesOn = false,
): Promise<readonly [elapsedMs: number, code: string | undefined]> {
  const step = stepByStep()
  let result: readonly [number, string | undefined] | undefined
  const startMs = performance.now()
  const finish = (code?: string) => {
    result ??= [performance.now() - startMs, code]
  }
  let isOver = false
  store
    .update(() => {
      finish()
      return { a: 1 }
    })
    .catch(({ code }: { code: string }) => finish(code))
    .finally(() => {
      isOver = true
    })
  // The folder is removed after the test, so the update must have ended.
  for (let steps = 1; !isOver && steps < 1_000_000; steps++) {
    if (livesOn && steps % 100 === 0) await fs.utimes(lockFile, steps, steps)
    await step()
  }
  if (!result) throw new Error('the update neither began nor failed')
  return result
}

describe('fileStore() takes the lock', () => {
  it('of a holder elsewhere that gives no sign of life for 5 s', async () => {
    expect(await timeOf(await heldStore(JSON.stringify(elsewhere)))).toEqual([5000, undefined])
  })

  it('of a process that created its file and wrote nothing for 400 ms', async () => {
    expect(await timeOf(await heldStore(''))).toEqual([400, undefined])
  })

  it('of either after the time that the option holderTimeoutMs says', async () => {
    expect(await timeOf(await heldStore('', 100))).toEqual([100, undefined])
    vi.restoreAllMocks()
    vi.useRealTimers()
    expect(await timeOf(await heldStore(JSON.stringify(elsewhere), 100))).toEqual([100, undefined])
  })

  it.each([
    [4096, 5000],
    [4097, 400],
  ])('of a holder of %i bytes after %i ms', async (bytes, ms) => {
    const text = JSON.stringify(elsewhere)
    expect(await timeOf(await heldStore(text + ' '.repeat(bytes - text.length)))).toEqual([ms, undefined])
  })
})

it('fileStore() waits 10 s for the lock of a process that lives', async () => {
  const held = await heldStore(JSON.stringify(elsewhere))
  expect(await timeOf(held, true)).toEqual([10_000, 'ERR_AUTH_STORE_BUSY'])
})

it.each([
  [0, 5],
  [1, 25],
])('fileStore() looks for the lock again after 5 to 25 ms: Math.random() = %d, %d ms', async (random, ms) => {
  const { store } = await heldStore(JSON.stringify(elsewhere))
  vi.spyOn(Math, 'random').mockReturnValue(random)
  const pause = vi.spyOn(globalThis, 'setTimeout')
  const gaveUp = new AbortController()
  const update = store.update(() => ({ a: 1 }), { signal: gaveUp.signal })
  const pauses = () => pause.mock.calls.filter(([, limit]) => Number(limit) <= 25)
  while (pauses().length < 3) await new Promise((resolve) => setImmediate(resolve))
  gaveUp.abort(new Error('gave up'))
  await expect(update).rejects.toThrow('gave up')
  expect(new Set(pauses().map(([, limit]) => limit))).toEqual(new Set([ms]))
})
