import { resolve } from 'node:path'
import { AuthError, type AuthObserver, type DocumentStore } from '@outbound-auth/core'
import { documentLimit } from '@outbound-auth/core/command'
import { checkOptions, invalidOption, keepUnseen, notify, turnQueue } from '@outbound-auth/core/provider'
import { type ModeWatch, modeWatch } from './document/document-mode.js'
import { type LoadedDocument, loadDocument, lockFolder } from './document/load-document.js'
import { removeCopies } from './document/pending-copy.js'
import { removeTemporaryFiles, replaceFile } from './document/replace-file.js'
import { resolvePath } from './document/resolve-path.js'
import { isMountedFile, prepareInPlace, settleCopy } from './document/write-in-place.js'
import { type GenerationLock, generationLock, type HeldLock } from './lock/generation-lock.js'
import { attempt } from './system/store-error.js'
import { nodeFileSystem, type StoreFileSystem } from './system/store-file-system.js'

/** Options of {@link fileStore}. */
export interface FileStoreOptions<T> {
  /**
   * The JSON file, of at most 16 MiB. If its folder does not exist, the folder is made with mode 0700. Symbolic links
   * are followed and kept. A path to a pipe, a device or a directory is an error.
   */
  readonly path: string
  /**
   * Checks the content of the file and returns the document. An `AuthError` of this function is passed on; any other
   * error becomes `ERR_AUTH_STORE_CORRUPT`. Properties that the document lacks stay in the file when the document is
   * changed.
   *
   * @default accepts any JSON value
   */
  readonly parse?: ((json: unknown) => T) | undefined
  /**
   * Time limit for `update` to get its turn, in milliseconds.
   *
   * @default 10000
   */
  readonly lockTimeoutMs?: number | undefined
  /**
   * A process that holds the lock loses it after this time without a sign of life, in milliseconds. The time matters
   * for stopped processes, other machines and other containers: a process that was killed on the same machine is
   * noticed at once.
   *
   * @default 5000
   */
  readonly holderTimeoutMs?: number | undefined
  readonly observer?: AuthObserver | undefined
  /** The file system, so that a test can make calls fail. @default node:fs/promises */
  readonly fs?: StoreFileSystem | undefined
}

const optionNames = ['path', 'parse', 'lockTimeoutMs', 'holderTimeoutMs', 'observer', 'fs']

/**
 * A JSON document in a file that several processes share, such as a rotating refresh token.
 *
 * `read` changes nothing. `update` holds a lock between processes while its change runs, and replaces the file, so that
 * a crash at any moment leaves the old or the new document. Only the file's owner may read the new document (mode
 * 0600); a wider mode is a `warned` event. If a process with the lock was stopped for longer than `holderTimeoutMs`, it
 * writes nothing when it continues; requests that its change has sent to a server are not undone. Errors and events
 * contain no part of the document.
 *
 * @throws TypeError when an option is malformed
 * @throws AuthError from both methods: `ERR_AUTH_STORE_ACCESS`, `ERR_AUTH_STORE_CORRUPT` (build), `ERR_AUTH_STORE_IO`
 * (transient); from `update` also `ERR_AUTH_STORE_BUSY`, `ERR_AUTH_STORE_LOCK_LOST` (transient), and the errors of the
 * change
 * @example
 * const store = fileStore<StoredToken>({ path: join(homedir(), '.my-agent', 'token.json') })
 */
export function fileStore<T = unknown>(options: FileStoreOptions<T>): DocumentStore<T> {
  const settings = readSettings(options)
  const { path, lockTimeoutMs, fs } = settings
  /** Updates of one process wait here, which is cheaper than the lock. */
  const queue = turnQueue()
  const mode = modeWatch(path, settings.observer)
  /** The place is remembered by its resolved path, because a symbolic link may change. */
  let place: Place | undefined

  return {
    async read() {
      const { json, stats } = await attempt('read', path, () => loadDocument(fs, path))
      const document = parsed(settings, json)
      mode.report(stats)
      return document
    },

    async update(decide, { signal, isDone } = {}) {
      const deadlineMs = performance.now() + lockTimeoutMs
      /** The document of another holder that makes this change needless. */
      let found: { readonly document: T | undefined } | undefined
      const isNeedless = async () => {
        if (!isDone) return false
        // If the file cannot be read now, the change fails with the reason when it has the lock.
        const loaded = await loadDocument(fs, path).catch(() => undefined)
        const document = loaded && parsed(settings, loaded.json)
        if (loaded && isDone(document)) found = { document }
        return found !== undefined
      }
      const turn = await queue.take({ signal, timeoutMs: lockTimeoutMs, tooLong: () => busyError(path) })
      try {
        const target = await attempt('resolve', path, () => resolvePath(fs, path))
        if (place?.target !== target) place = await placeAt(settings, target)
        const current = place
        const held = await attempt('lock', path, () =>
          current.lock.acquireUnless(isNeedless, deadlineMs, signal),
        )
        if (!held) return found?.document
        try {
          return await changeFile(settings, current, held, mode, decide)
        } finally {
          await held.release()
        }
      } finally {
        turn.end()
      }
    },
  }
}

interface Settings<T> {
  /** Absolute. */
  readonly path: string
  readonly parse: (json: unknown) => T
  readonly lockTimeoutMs: number
  readonly holderTimeoutMs: number
  readonly observer: AuthObserver | undefined
  readonly fs: StoreFileSystem
}

/** @throws TypeError when an option is malformed */
function readSettings<T>(options: FileStoreOptions<T>): Settings<T> {
  const {
    path,
    parse = (json: unknown) => json as T,
    lockTimeoutMs = 10_000,
    holderTimeoutMs = 5000,
    observer,
    fs = nodeFileSystem,
  } = checkOptions('fileStore', options, optionNames)
  if (typeof path !== 'string' || path === '' || path.includes('\0')) {
    throw invalidOption('fileStore', 'path', 'the path of a file', path)
  }
  for (const [name, durationMs] of Object.entries({ lockTimeoutMs, holderTimeoutMs })) {
    if (!(durationMs > 0 && durationMs < 2 ** 31))
      throw invalidOption('fileStore', name, 'more than 0 and less than 2 ** 31', durationMs)
  }
  // A relative path is resolved at once, because the process may change its folder later.
  return { path: resolve(path), parse, lockTimeoutMs, holderTimeoutMs, observer, fs }
}

/** The document of a JSON value; undefined if there is no document. */
function parsed<T>({ path, parse }: Pick<Settings<T>, 'path' | 'parse'>, json: unknown): T | undefined {
  if (json === undefined) return undefined
  try {
    return parse(json)
  } catch (error) {
    if (AuthError.is(error)) throw error
    // The text of the parser's error may quote the document.
    throw AuthError.build(`Cannot use ${path}: parse rejected the content of the file`, {
      code: 'ERR_AUTH_STORE_CORRUPT',
    })
  }
}

/** Checks a file before anything is changed beside it, and makes its lock. */
async function placeAt<T>(settings: Settings<T>, target: string): Promise<Place> {
  const { path, holderTimeoutMs, fs } = settings
  const { json, stats } = await attempt('read', path, () => loadDocument(fs, target, target))
  parsed(settings, json)
  const lock = generationLock({ folder: lockFolder(target), fs, holderTimeoutMs })
  return { target, lock, isInPlace: stats !== undefined && (await isMountedFile(fs, target, stats)) }
}

/** Changes the file while the lock is held. */
async function changeFile<T>(
  settings: Settings<T>,
  place: Place,
  held: HeldLock,
  mode: ModeWatch,
  decide: Change<T>,
): Promise<T | undefined> {
  const { path, observer, fs } = settings
  const { target } = place
  const folder = lockFolder(target)
  const loaded = await attempt('read', path, () => loadForChange(fs, target, folder))
  // The change gets a copy of its own, which it may alter.
  const seen = parsed(settings, structuredClone(loaded.json))
  await mode.correct(fs, loaded.stats)
  const freeRoom = await attempt('write', path, async () =>
    place.isInPlace && loaded.stats ? prepareInPlace(fs, target, folder, loaded) : async () => {},
  )
  try {
    const next = await decide(parsed(settings, structuredClone(loaded.json)))
    if (next === undefined) return seen
    const text = textOf(keepUnseen(loaded.json, seen, next))
    await freeRoom()
    const replaced = await attempt('write', path, () => replaceFile(fs, target, text, held, folder, loaded))
    place.isInPlace = replaced.isInPlace
    if (replaced.isTakenOver) notify(observer, ownerWarning(path))
    return parsed(settings, JSON.parse(text))
  } finally {
    await freeRoom()
  }
}

function busyError(path: string): AuthError {
  return AuthError.transient(`Cannot change ${path}: an earlier change has not ended`, {
    code: 'ERR_AUTH_STORE_BUSY',
  })
}

function ownerWarning(path: string): Parameters<AuthObserver>[0] {
  const message = `${path} belonged to another user; it belongs to this process's user now: only root can give it back`
  return { type: 'warned', kind: 'file-store', code: 'ERR_AUTH_STORE_OWNER', message }
}

/** The file at the end of all symbolic links, and its lock. */
interface Place {
  readonly target: string
  readonly lock: GenerationLock
  /** Whether the file cannot be replaced: it is a mount point, or the last write could not replace it. */
  isInPlace: boolean
}

type Change<T> = (current: T | undefined) => Promise<T | undefined> | T | undefined

/** Reads the document, and completes a write that a former holder of the lock did not complete. */
async function loadForChange(fs: StoreFileSystem, target: string, folder: string): Promise<LoadedDocument> {
  await removeTemporaryFiles(fs, target)
  const loaded = await loadDocument(fs, target, target)
  if (loaded.copy) {
    await settleCopy(fs, target, folder, loaded)
    return loadDocument(fs, target, target)
  }
  // Without the file there is no document, even if a former holder was writing to the file.
  if (!loaded.bytes) await removeCopies(fs, folder)
  return loaded
}

/** @throws TypeError when the document is not JSON, or is too large */
function textOf(document: unknown): string {
  const text = JSON.stringify(document, null, 2)
  if (text === undefined) throw new TypeError('fileStore: a change must return a JSON value')
  if (Buffer.byteLength(text) >= documentLimit.maxBytes)
    throw new TypeError('fileStore: a change must return a document of less than 16 MiB')
  return `${text}\n`
}
