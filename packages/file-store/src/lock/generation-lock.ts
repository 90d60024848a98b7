import { AuthError } from '@outbound-auth/core'
import { readBounded } from '@outbound-auth/core/command'
import { makeFolder } from '../system/make-folder.js'
import { lockLostError } from '../system/store-error.js'
import { type StoreFileHandle, type StoreFileSystem, unless } from '../system/store-file-system.js'
import { describeHolder, isGone, type LockHolder, parseHolder } from './lock-holder.js'

/** Options of {@link generationLock}. */
export interface GenerationLockOptions {
  /** The folder of the generation files, which no other lock uses. */
  readonly folder: string
  readonly fs: StoreFileSystem
  /** A holder loses the lock after this time without a sign of life, in milliseconds. */
  readonly holderTimeoutMs: number
}

/** A lock that is held. */
export interface HeldLock {
  readonly generation: number
  /** @throws AuthError `ERR_AUTH_STORE_LOCK_LOST` (transient) when the lock is no longer held */
  check(): Promise<void>
  /** Never rejects. If the release fails, another process takes over after `holderTimeoutMs`. */
  release(): Promise<void>
}

/** Gives the lock to one holder at a time. {@link generationLock} makes it. */
export interface GenerationLock {
  /** Waits for the lock. @throws AuthError `ERR_AUTH_STORE_BUSY` (transient), or the signal's reason */
  acquire(deadlineMs: number, signal?: AbortSignal): Promise<HeldLock>
  /**
   * Waits for the lock until the lock is needless.
   *
   * @param isNeedless is called whenever another holder has the lock; true ends the wait
   * @returns undefined when the lock is needless
   * @throws as `acquire`
   */
  acquireUnless(
    isNeedless: () => Promise<boolean>,
    deadlineMs: number,
    signal?: AbortSignal,
  ): Promise<HeldLock | undefined>
}

interface Survey {
  /** 0 if there is no generation. */
  readonly highest: number
  readonly isReleased: boolean
  readonly names: readonly string[]
}

/** The number of past generations that stay, so that a slow process finds that its number is used. */
const keptGenerations = 8

/** After this time, the creator of an empty file counts as killed before it wrote. */
const unwrittenMs = 400

/**
 * A thousand changes a second reach this number after 15,000 years, so a higher number does not come from this lock.
 */
const maxGeneration = 5 * 10 ** 14
const generationName = /^[1-9]\d{0,14}(\.released)?$/

/** No holder writes more. */
const maxHolderBytes = 4096

/** Error codes of reading a folder, a socket, or a pipe without data. */
const unreadable = ['ENOENT', 'EISDIR', 'ENXIO', 'ENODEV', 'EAGAIN', 'ELOOP', 'EINVAL', 'EOPNOTSUPP']

/**
 * A lock of numbered files, each created exclusively. The creator of the highest number holds the lock. If the highest
 * number is released, or its holder is gone, any process may create the next number, and only one can. The highest
 * number is never removed, so two processes cannot both believe that they removed a stale lock.
 */
export function generationLock(options: GenerationLockOptions): GenerationLock {
  const { folder } = options
  let identity: LockHolder | undefined
  const isAbandoned = abandonment(options)
  const lock: GenerationLock = {
    acquire: async (deadlineMs, signal) =>
      (await lock.acquireUnless(async () => false, deadlineMs, signal)) as HeldLock,

    async acquireUnless(isNeedless, deadlineMs, signal) {
      // Promises are not shared: a promise may stay pending when the request that made it has ended.
      identity ??= await describeHolder()
      const self = identity
      for (;;) {
        signal?.throwIfAborted()
        const { highest, isReleased } = await survey(options)
        if (highest === 0 || isReleased || (await isAbandoned(highest, self))) {
          const held = await claim(options, highest + 1, self)
          if (held) return held
        }
        if (await isNeedless()) return undefined
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
  return lock
}

function pathOf({ folder }: GenerationLockOptions, generation: number, suffix = ''): string {
  return `${folder}/${generation}${suffix}`
}

function markReleased(options: GenerationLockOptions, generation: number): Promise<void> {
  return options.fs.rename(pathOf(options, generation), pathOf(options, generation, '.released'))
}

async function survey({ folder, fs }: GenerationLockOptions): Promise<Survey> {
  const names = await unless(['ENOENT'], fs.readdir(folder))
  if (!names) await makeFolder(fs, folder)
  const generations = (names ?? []).filter(
    (name) => generationName.test(name) && Number.parseInt(name, 10) <= maxGeneration,
  )
  const highest = Math.max(0, ...generations.map((name) => Number.parseInt(name, 10)))
  return { highest, isReleased: generations.includes(`${highest}.released`), names: generations }
}

/** Reads a holder and its sign of life. A file that no holder wrote has a constant sign. */
async function inspect(
  options: GenerationLockOptions,
  generation: number,
): Promise<{ holder: LockHolder | undefined; sign: string }> {
  const handle = await unless(unreadable, options.fs.open(pathOf(options, generation), 'r'))
  if (!handle) return { holder: undefined, sign: `${generation} unreadable` }
  try {
    const { mtimeMs } = await handle.stat()
    const text = (await unless(unreadable, readText(handle))) ?? ''
    return { holder: parseHolder(text), sign: `${generation} ${mtimeMs} ${text}` }
  } finally {
    await handle.close()
  }
}

/** Makes the function that says whether a holder is gone, or has given no sign of life for too long. */
function abandonment(
  options: GenerationLockOptions,
): (generation: number, self: LockHolder) => Promise<boolean> {
  const { holderTimeoutMs } = options
  /** The last sign of life, and the time since which it has not changed, on this process's monotonic clock. */
  let watched = { sign: '', sinceMs: 0 }
  return async (generation, self) => {
    const { holder, sign } = await inspect(options, generation)
    if (holder && (await isGone(holder, self))) return true
    if (sign !== watched.sign) watched = { sign, sinceMs: performance.now() }
    const patienceMs = holder ? holderTimeoutMs : Math.min(unwrittenMs, holderTimeoutMs)
    return performance.now() - watched.sinceMs >= patienceMs
  }
}

/** Creates a generation; undefined if another process was faster. */
async function claim(
  options: GenerationLockOptions,
  generation: number,
  self: LockHolder,
): Promise<HeldLock | undefined> {
  const { folder, fs } = options
  if (generation > maxGeneration) throw usedUpError(folder, generation - 1)
  const path = pathOf(options, generation)
  const handle = await unless(['EEXIST', 'ENOENT'], fs.open(path, 'wx', 0o600))
  if (!handle) return undefined
  try {
    try {
      await handle.writeFile(JSON.stringify(self))
    } finally {
      await handle.close()
    }
    const { highest, isReleased, names } = await survey(options)
    // Other processes may have used and removed this number between the survey and the claim.
    if (highest !== generation || isReleased) {
      await unless(['ENOENT'], fs.unlink(path))
      return undefined
    }
    const past = names.filter((name) => Number.parseInt(name, 10) <= generation - keptGenerations)
    for (const name of past) await fs.unlink(`${folder}/${name}`).catch(() => {})
  } catch (error) {
    await markReleased(options, generation).catch(() => {})
    throw error
  }
  return hold(options, generation, self)
}

function hold(options: GenerationLockOptions, generation: number, { nonce }: LockHolder): HeldLock {
  const { folder, fs, holderTimeoutMs } = options
  const beat = () => {
    const at = new Date()
    fs.utimes(pathOf(options, generation), at, at).catch(() => {})
  }
  const timer = setInterval(beat, holderTimeoutMs / 5)
  timer.unref()
  return {
    generation,
    async check() {
      const { highest, isReleased } = await survey(options)
      const isHighest = highest === generation && !isReleased
      if (!isHighest || (await inspect(options, generation)).holder?.nonce !== nonce)
        throw lockLostError(folder)
    },
    async release() {
      clearInterval(timer)
      await markReleased(options, generation).catch(() => markReleased(options, generation).catch(() => {}))
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

function usedUpError(folder: string, generation: number): AuthError {
  return AuthError.build(
    `Cannot take the lock ${folder}: its file ${generation} has a number that no process reaches. Remove that file`,
    { code: 'ERR_AUTH_STORE_ACCESS' },
  )
}
