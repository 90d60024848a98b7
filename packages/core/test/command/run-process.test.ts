import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import {
  commandToken,
  documentLimit,
  type ReadableHandle,
  readBounded,
  runCommand,
  secretLimit,
} from '../../src/command/index.js'

afterEach(() => void vi.useRealTimers())

const script = (text: string) => [process.execPath, '-e', text]

function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'command-limits-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

describe('runCommand()', () => {
  it('gives a command 5 s', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const outcome = vi.fn()
    const ended = runCommand({ command: script('setInterval(() => {}, 1000)') }).catch(outcome)
    // expect.poll() would advance the clock.
    while (vi.getTimerCount() === 0) await new Promise(setImmediate)
    await vi.advanceTimersByTimeAsync(4999)
    expect(outcome).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(1)
    await ended
    const message = expect.stringContaining('5000 ms')
    const expected = { code: 'ERR_AUTH_COMMAND_TIMEOUT', message }
    expect(outcome).toHaveBeenCalledWith(expect.objectContaining(expected))
  })

  it('ends a command that ignores SIGTERM', async () => {
    const file = join(scratchFolder(), 'pid')
    const text = `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)
      require('node:fs').writeFileSync(${JSON.stringify(file)}, String(process.pid))`
    const abort = new AbortController()
    const running = runCommand({ command: script(text), timeoutMs: 60_000 }, abort.signal)
    const pid = () => {
      try {
        return Number(readFileSync(file, 'utf8'))
      } catch {
        return 0
      }
    }
    await expect.poll(pid).toBeGreaterThan(0)
    abort.abort('enough')
    await expect(running).rejects.toBe('enough')
    await expect.poll(() => isAlive(pid())).toBe(false)
  })

  it('listens at most eight times for the end of this process', async () => {
    const before = process.listenerCount('exit')
    const abort = new AbortController()
    const command = script('setInterval(() => {}, 1000)')
    const running = Array.from({ length: 10 }, () => runCommand({ command, timeoutMs: 60_000 }, abort.signal))
    const started = () => process.getActiveResourcesInfo().filter((name) => name === 'ProcessWrap').length
    await expect.poll(started).toBe(10)
    expect(process.listenerCount('exit')).toBe(Math.max(8, before))
    abort.abort('enough')
    expect((await Promise.allSettled(running)).map(({ status }) => status)).toEqual(
      Array(10).fill('rejected'),
    )
    expect(process.listenerCount('exit')).toBe(before)
  })
})

it('commandToken() tells the cache its defaults: 5 min, and 1 s more than the command has', () => {
  const command = script('')
  expect({ ...commandToken({ command }) }).toMatchObject({ refreshIntervalMs: 300_000, timeoutMs: 6000 })
  expect({ ...commandToken({ command, timeoutMs: 70 }) }).toMatchObject({ timeoutMs: 1070 })
})

describe('readBounded()', () => {
  /** A file of so many bytes. */
  function handleOf(size: number): ReadableHandle {
    let left = size
    return {
      async read(_, __, length) {
        const bytesRead = Math.min(left, length)
        left -= bytesRead
        return { bytesRead }
      },
    }
  }

  it.each([
    ['1 MiB of a secret', secretLimit, 2 ** 20],
    ['16 MiB of a document', documentLimit, 2 ** 24],
  ])('reads at most %s', async (_, { maxBytes }, bytes) => {
    expect((await readBounded(handleOf(bytes), maxBytes))?.length).toBe(bytes)
    expect(await readBounded(handleOf(bytes + 1), maxBytes)).toBeUndefined()
  })
})
