import { AuthError } from '@outbound-auth/core'
import { readBounded } from '@outbound-auth/core/command'
import { makeFolder } from '../system/make-folder.js'
import { lockLost } from '../system/store-error.js'
import { type StoreFileHandle, type StoreFileSystem, unless } from '../system/store-file-system.js'
import { describeHolder, isGone, type LockHolder, parseHolder } from './lock-holder.js'

/** Options of {@link generationLock}. */
export interface GenerationLockOptions {
  /** The folder of the generation files, which belongs to this lock alone. */
  readonly folder: string
  readonly fs: StoreFileSystem
  /** How long a holder that cannot be seen to be gone may give no sign of life, in milliseconds. */
  readonly holderTimeoutMs: number
}

/** A lock that is held. */
export interface HeldLock {
  readonly generation: number
  /** @throws AuthError `ERR_AUTH_STORE_LOCK_LOST` (transient) when it is not held any more */
  check(): Promise<void>
  /** Never rejects: what could not be released is taken over when it gives no sign of life. */
  release(): Promise<void>
}

/** Gives the lock to one holder at a time. Made by {@link generationLock}. */
export interface GenerationLock {
  /** Waits for the lock. @throws AuthError `ERR_AUTH_STORE_BUSY` (transient), or the signal's reason */
  acquire(deadlineMs: number, signal?: AbortSignal): Promise<HeldLock>
}

interface Survey {
  /** 0 when there is no generation. */
  readonly highest: number
  readonly isReleased: boolean
  readonly names: readonly string[]
}

/**
 * How many past generations stay, so that a process which was slow between looking and claiming finds its number taken.
 */
const keptGenerations = 8

/** A file without content is one whose creator is just writing it, or was killed there. */
const unwrittenMs = 400

/**
 * A thousand changes a second reach this number after 15,000 years, so a file with a higher one is not of this lock.
 */
const maxGeneration = 5 * 10 ** 14
const generationName = /^[1-9]\d{0,14}(\.released)?$/

/** More than any holder writes. */
const maxHolderBytes = 4096

/** What reading something else than a regular file says: a folder, a socket, a pipe whose writer is silent. */
const unreadable = ['ENOENT', 'EISDIR', 'ENXIO', 'ENODEV', 'EAGAIN', 'ELOOP', 'EINVAL', 'EOPNOTSUPP']

/**
 * A lock of numbered files, each created exclusively. Who holds the highest has the lock; whoever finds the highest
 * released, or its holder gone, creates the next number, which only one can. The highest number is never removed, so
 * there is no moment in which two may believe that they removed a stale one.
 */
export function generationLock({ folder, fs, holderTimeoutMs }: GenerationLockOptions): GenerationLock {
  let identity: LockHolder | undefined
  /** The sign of life that was seen last, and since when it has not changed, on this process's own steady clock. */
  let watched = { sign: '', sinceMs: 0 }

  const pathOf = (generation: number, suffix = '') => `${folder}/${generation}${suffix}`
  const markReleased = (generation: number) => fs.rename(pathOf(generation), pathOf(generation, '.released'))

  async function survey(): Promise<Survey> {
    const names = await unless(['ENOENT'], fs.readdir(folder))
    if (!names) await makeFolder(fs, folder)
    const generations = (names ?? []).filter(
      (name) => generationName.test(name) && Number.parseInt(name, 10) <= maxGeneration,
    )
    const highest = Math.max(0, ...generations.map((name) => Number.parseInt(name, 10)))
    return { highest, isReleased: generations.includes(`${highest}.released`), names: generations }
  }

  /** What is no holder's file has a sign that never changes. */
  async function inspect(generation: number): Promise<{ holder: LockHolder | undefined; sign: string }> {
    const handle = await unless(unreadable, fs.open(pathOf(generation), 'r'))
    if (!handle) return { holder: undefined, sign: `${generation} unreadable` }
    try {
      const { mtimeMs } = await handle.stat()
      const text = (await unless(unreadable, readText(handle))) ?? ''
      return { holder: parseHolder(text), sign: `${generation} ${mtimeMs} ${text}` }
    } finally {
      await handle.close()
    }
  }

  async function isAbandoned(generation: number, self: LockHolder): Promise<boolean> {
    const { holder, sign } = await inspect(generation)
    if (holder && (await isGone(holder, self))) return true
    if (sign !== watched.sign) watched = { sign, sinceMs: performance.now() }
    const patienceMs = holder ? holderTimeoutMs : Math.min(unwrittenMs, holderTimeoutMs)
    return performance.now() - watched.sinceMs >= patienceMs
  }

  /** Undefined when another process was faster. */
  async function claim(generation: number, self: LockHolder): Promise<HeldLock | undefined> {
    if (generation > maxGeneration) throw usedUp(folder, generation - 1)
    const path = pathOf(generation)
    const handle = await unless(['EEXIST', 'ENOENT'], fs.open(path, 'wx', 0o600))
    if (!handle) return undefined
    try {
      try {
        await handle.writeFile(JSON.stringify(self))
      } finally {
        await handle.close()
      }
      const { highest, isReleased, names } = await survey()
      // Others were faster by so much that this number had been used up already. They may also have removed its file
      // since.
      if (highest !== generation || isReleased) {
        await unless(['ENOENT'], fs.unlink(path))
        return undefined
      }
      const past = names.filter((name) => Number.parseInt(name, 10) <= generation - keptGenerations)
      for (const name of past) await fs.unlink(`${folder}/${name}`).catch(() => {})
    } catch (error) {
      await markReleased(generation).catch(() => {})
      throw error
    }
    return hold(generation, self)
  }

  function hold(generation: number, { nonce }: LockHolder): HeldLock {
    const beat = () => {
      const at = new Date()
      fs.utimes(pathOf(generation), at, at).catch(() => {})
    }
    const timer = setInterval(beat, holderTimeoutMs / 5)
    timer.unref()
    return {
      generation,
      async check() {
        const { highest, isReleased } = await survey()
        const isHighest = highest === generation && !isReleased
        if (!isHighest || (await inspect(generation)).holder?.nonce !== nonce) throw lockLost(folder)
      },
      async release() {
        clearInterval(timer)
        await markReleased(generation).catch(() => markReleased(generation).catch(() => {}))
      },
    }
  }

  return {
    async acquire(deadlineMs, signal) {
      // No promise is shared: the request that began it may have ended, and the promise with it.
      identity ??= await describeHolder()
      const self = identity
      for (;;) {
        signal?.throwIfAborted()
        const { highest, isReleased } = await survey()
        if (highest === 0 || isReleased || (await isAbandoned(highest, self))) {
          const held = await claim(highest + 1, self)
          if (held) return held
        }
        if (performance.now() >= deadlineMs) {
          throw AuthError.transient(`Cannot take the lock ${folder}: another process holds it`, {
            code: 'ERR_AUTH_STORE_BUSY',
          })
        }
        // The jitter keeps waiters out of step.
        await new Promise((resolve) => setTimeout(resolve, 5 + Math.random() * 20))
      }
    },
  }
}

async function readText(handle: StoreFileHandle): Promise<string> {
  const { read } = handle
  const bytes = read
    ? await readBounded({ read: read.bind(handle) }, maxHolderBytes)
    : await handle.readFile()
  return new TextDecoder().decode(bytes)
}

function usedUp(folder: string, generation: number): AuthError {
  return AuthError.build(
    `Cannot take the lock ${folder}: its file ${generation} has a number that no process reaches. Remove that file`,
    { code: 'ERR_AUTH_STORE_ACCESS' },
  )
}
