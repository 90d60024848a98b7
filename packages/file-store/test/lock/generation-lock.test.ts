import { spawn } from 'node:child_process'
import { once } from 'node:events'
import * as fs from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { generationLock } from '../../src/lock/generation-lock.js'
import { type FakeCalls, failing, fakeFileSystem, fakeStats } from '../fake-file-system.js'
import { faultyFileSystem, systemError } from '../faulty-file-system.js'
import { temporaryFolder } from '../temporary-folder.js'

const soon = (ms: number) => performance.now() + ms

async function lockIn(holderTimeoutMs = 5000, folder?: string) {
  const path = folder ?? join(await temporaryFolder(), 'token.json.locks')
  return { folder: path, lock: generationLock({ folder: path, fs, holderTimeoutMs }) }
}

/** Leaves a generation like a holder that is gone. */
async function leaveBehind(folder: string, generation: number, text: string): Promise<void> {
  await fs.mkdir(folder, { recursive: true })
  await fs.writeFile(join(folder, String(generation)), text)
}

describe('generationLock()', () => {
  it('gives one number after the other, and keeps the last few', async () => {
    const { folder, lock } = await lockIn()
    for (let generation = 1; generation <= 12; generation++) {
      const held = await lock.acquire(soon(1000))
      expect(held.generation).toBe(generation)
      await held.check()
      await held.release()
    }
    const names = (await fs.readdir(folder)).map((name) => Number.parseInt(name, 10)).sort((a, b) => a - b)
    expect(names).toEqual([5, 6, 7, 8, 9, 10, 11, 12])
  })

  it('gives the lock to one holder at a time', async () => {
    const { folder } = await lockIn()
    let holders = 0
    const work = async () => {
      const { lock } = await lockIn(5000, folder)
      const held = await lock.acquire(soon(4000))
      expect(++holders).toBe(1)
      await new Promise((resolve) => setTimeout(resolve, 2))
      holders -= 1
      await held.release()
      return held.generation
    }
    const generations = await Promise.all(Array.from({ length: 20 }, work))
    expect(new Set(generations).size).toBe(20)
  })

  it('waits for a holder that lives, and says so when it has waited long enough', async () => {
    const { folder, lock } = await lockIn()
    const held = await lock.acquire(soon(1000))
    const { lock: other } = await lockIn(5000, folder)
    await expect(other.acquire(soon(60))).rejects.toMatchObject({
      kind: 'transient',
      code: 'ERR_AUTH_STORE_BUSY',
      message: `Cannot take the lock ${folder}: another process holds it`,
    })
    await held.release()
    expect((await other.acquire(soon(1000))).generation).toBe(2)
  })

  it('takes over from a process that was killed, long before the time limit of holders', async () => {
    const { folder, lock } = await lockIn(60_000)
    const held = await lock.acquire(soon(1000))
    const text = await fs.readFile(join(folder, '1'), 'utf8')
    await held.release()
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
    const dead = JSON.stringify({ ...JSON.parse(text), pid: child.pid })
    child.kill('SIGKILL')
    await once(child, 'exit')
    await leaveBehind(folder, 5, dead)
    expect((await lock.acquire(soon(15_000))).generation).toBe(6)
  })

  it('takes over from a process that was killed before it had written who it is, long before that limit', async () => {
    const { folder, lock } = await lockIn(60_000)
    await leaveBehind(folder, 3, '')
    expect((await lock.acquire(soon(15_000))).generation).toBe(4)
  })

  it('takes over from a holder elsewhere that gives no sign of life, and not from one that does', async () => {
    const { folder, lock } = await lockIn(200)
    await leaveBehind(folder, 1, JSON.stringify({ pid: 1, machine: 'elsewhere', nonce: 'n' }))
    const alive = setInterval(() => fs.utimes(join(folder, '1'), new Date(), new Date()), 40)
    await expect(lock.acquire(soon(500))).rejects.toMatchObject({ code: 'ERR_AUTH_STORE_BUSY' })
    clearInterval(alive)
    expect((await lock.acquire(soon(500))).generation).toBe(2)
  })

  it('a holder gives signs of life for as long as it holds the lock', async () => {
    const { folder, lock } = await lockIn(150)
    const held = await lock.acquire(soon(1000))
    const { lock: other } = await lockIn(150, folder)
    await expect(other.acquire(soon(500))).rejects.toMatchObject({ code: 'ERR_AUTH_STORE_BUSY' })
    await held.check()
    await held.release()
  })

  it('a holder keeps no process alive with its signs of life', async () => {
    const { lock } = await lockIn()
    const timers = vi.spyOn(globalThis, 'setInterval')
    onTestFinished(() => void timers.mockRestore())
    const held = await lock.acquire(soon(1000))
    expect(timers.mock.results.map(({ value }) => value.hasRef())).toEqual([false])
    await held.release()
  })

  it('check() tells a holder that another one took over, or that the lock was removed', async () => {
    const { folder, lock } = await lockIn()
    const lost = { kind: 'transient', code: 'ERR_AUTH_STORE_LOCK_LOST' }
    const held = await lock.acquire(soon(1000))
    await leaveBehind(folder, 2, 'whoever')
    await expect(held.check()).rejects.toMatchObject(lost)
    await held.release()
    await fs.rm(folder, { recursive: true })
    await expect(held.check()).rejects.toMatchObject(lost)
    await leaveBehind(
      folder,
      held.generation,
      JSON.stringify({ pid: 1, machine: 'elsewhere', nonce: 'other' }),
    )
    await expect(held.check()).rejects.toMatchObject(lost)
    await leaveBehind(folder, held.generation, 'no JSON')
    await expect(held.check()).rejects.toMatchObject(lost)
  })

  it('a number that was used up while a claimer was slow is not held by it', async () => {
    const { folder } = await lockIn()
    let isFirst = true
    // Between looking and claiming, eleven others come and go, and the claimed number is forgotten.
    const slow = faultyFileSystem(async (call) => {
      if (call !== 'open wx' || !isFirst) return
      isFirst = false
      const { lock } = await lockIn(5000, folder)
      for (let round = 0; round < 11; round++) await (await lock.acquire(soon(1000))).release()
    })
    const lock = generationLock({ folder, fs: slow, holderTimeoutMs: 5000 })
    const held = await lock.acquire(soon(1000))
    expect(held.generation).toBe(12)
    await held.check()
  })

  it('a claim that fails halfway leaves the lock free', async () => {
    const { folder } = await lockIn()
    for (const failing of ['handle.writeFile', 'handle.close']) {
      const broken = faultyFileSystem((call) => {
        if (call === failing) throw systemError('EIO', call)
      })
      const lock = generationLock({ folder, fs: broken, holderTimeoutMs: 5000 })
      await expect(lock.acquire(soon(100))).rejects.toMatchObject({ code: 'EIO' })
    }
    const { lock } = await lockIn(5000, folder)
    expect((await lock.acquire(soon(100))).generation).toBe(3)
  })

  it('a lock whose release failed for good is taken over when its holder gives no more signs of life', async () => {
    const { folder } = await lockIn()
    const broken = faultyFileSystem((call) => {
      if (call === 'rename') throw systemError('EIO', call)
    })
    const held = await generationLock({ folder, fs: broken, holderTimeoutMs: 200 }).acquire(soon(100))
    await held.release()
    const { lock } = await lockIn(200, folder)
    expect((await lock.acquire(soon(1000))).generation).toBe(2)
  })
})

describe('generationLock() in a folder that fails', () => {
  const elsewhere = JSON.stringify({ pid: 1, machine: 'elsewhere', nonce: 'n' })
  const unreadable = ['ENOENT', 'EISDIR', 'ENXIO', 'ENODEV', 'EAGAIN', 'ELOOP', 'EINVAL', 'EOPNOTSUPP']
  const calls = ['open', 'read'] as const

  /** A lock whose first generation fails like this when its holder is read. */
  function lockThatFails(call: (typeof calls)[number], code: string) {
    const names = new Set(['1'])
    const { fs } = fakeFileSystem({
      readdir: async () => [...names],
      async open(path, flags) {
        if (flags === 'wx') names.add(path.slice('/l/'.length))
        else if (call === 'open') return failing(code)()
        return {
          stat: async () => fakeStats,
          read: failing(code),
          writeFile: async () => {},
        }
      },
      unlink: async () => {},
      utimes: async () => {},
      rename: async () => {},
    })
    return generationLock({ folder: '/l', fs, holderTimeoutMs: 1 })
  }

  it.each(calls.flatMap((call) => unreadable.map((code) => [call, code] as const)))(
    'takes over from a file whose %s() fails with %s',
    async (call, code) => {
      const held = await lockThatFails(call, code).acquire(soon(5000))
      expect(held.generation).toBe(2)
      await held.release()
    },
  )

  it.each(calls)('rejects with any other failure of %s()', async (call) => {
    await expect(lockThatFails(call, 'EIO').acquire(soon(100))).rejects.toMatchObject({ code: 'EIO' })
  })

  it('rejects with a failure of reading the folder, and of a claim', async () => {
    const lockOf = (calls: FakeCalls) =>
      generationLock({ folder: '/l', fs: fakeFileSystem(calls).fs, holderTimeoutMs: 1 })
    await expect(lockOf({ readdir: failing('EIO') }).acquire(soon(100))).rejects.toMatchObject({
      code: 'EIO',
    })
    const claim = lockOf({ readdir: async () => [], open: failing('EIO') }).acquire(soon(100))
    await expect(claim).rejects.toMatchObject({ code: 'EIO' })
  })

  it('marks a claim as released when it cannot be confirmed', async () => {
    const surveys = [[], failing('EIO')]
    const { fs, log } = fakeFileSystem({
      readdir: async () => {
        const next = surveys.shift() ?? []
        return typeof next === 'function' ? next() : next
      },
      open: async () => ({ writeFile: async () => {} }),
      rename: async () => {},
    })
    const lock = generationLock({ folder: '/l', fs, holderTimeoutMs: 1000 })
    await expect(lock.acquire(soon(100))).rejects.toMatchObject({ code: 'EIO' })
    expect(log.at(-1)).toBe('rename "/l/1" "/l/1.released"')
  })

  it('gives signs of life five times in its time limit, until it is released, which it tries twice', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'Date'], now: 1_000_000 })
    onTestFinished(() => void vi.useRealTimers())
    const names: string[] = []
    const { fs, log } = fakeFileSystem({
      readdir: async () => names,
      open: async (path) => {
        names.push(path.slice('/l/'.length))
        return { writeFile: async () => {}, stat: async () => fakeStats }
      },
      utimes: failing('EIO'),
      rename: failing('EIO'),
    })
    const held = await generationLock({ folder: '/l', fs, holderTimeoutMs: 1000 }).acquire(soon(100))
    const since = (start: number) => log.slice(start)
    const start = log.length
    expect(log.filter((call) => call.startsWith('open'))).toEqual(['open "/l/1" "wx" 384'])
    vi.advanceTimersByTime(199)
    expect(since(start)).toEqual([])
    vi.advanceTimersByTime(801)
    const beats = [200, 400, 600, 800, 1000].map((ms) => JSON.stringify(new Date(1_000_000 + ms)))
    expect(since(start)).toEqual(beats.map((at) => `utimes "/l/1" ${at} ${at}`))
    await held.release()
    vi.advanceTimersByTime(1000)
    const release = 'rename "/l/1" "/l/1.released"'
    expect(since(start + 5)).toEqual([release, release])
  })

  it('is not held by a number that is released, or lower than another, when it has been claimed', async () => {
    for (const other of ['1.released', '2']) {
      let isFirst = true
      const names: string[] = []
      const { fs, log } = fakeFileSystem({
        readdir: async () => names,
        open: async (path) => {
          names.push(path.slice('/l/'.length))
          if (isFirst) names.push(other)
          isFirst = false
          const read = async () => ({ bytesRead: 0 })
          return { writeFile: async () => {}, stat: async () => fakeStats, read }
        },
        unlink: async () => {},
        rename: async () => {},
        utimes: async () => {},
      })
      const lock = generationLock({ folder: '/l', fs, holderTimeoutMs: 1 })
      const held = await lock.acquire(soon(5000))
      expect(held.generation).toBe(Number.parseInt(other, 10) + 1)
      expect(log).toContain('unlink "/l/1"')
      await held.release()
    }
  })

  it('waits for a holder elsewhere of which nothing can be told', async () => {
    const { fs } = fakeFileSystem({
      readdir: async () => ['1'],
      open: async () => ({
        stat: async () => fakeStats,
        readFile: async () => new TextEncoder().encode(elsewhere),
      }),
    })
    const lock = generationLock({ folder: '/l', fs, holderTimeoutMs: 60_000 })
    expect(await lock.acquireUnless(async () => true, soon(5000))).toBeUndefined()
  })
})
