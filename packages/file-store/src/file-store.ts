import { resolve } from 'node:path'
import { AuthError, type AuthObserver, type DocumentStore } from '@outbound-auth/core'
import { documentLimit } from '@outbound-auth/core/command'
import { checkOptions, invalidOption, notify, turnQueue } from '@outbound-auth/core/provider'
import { modeWatch } from './document/document-mode.js'
import { keepUnseen } from './document/keep-unseen.js'
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
   * The JSON file, of at most 16 MiB. Its folder is made, for its owner alone, when it does not exist; symbolic links
   * are followed and kept. A path that leads to a pipe, a device or a directory is an error.
   */
  readonly path: string
  /**
   * Checks what the file holds and gives it its type. It may throw an `AuthError` of its own; any other error is
   * `ERR_AUTH_STORE_CORRUPT`. Members that it leaves out stay in the file when the document is changed.
   *
   * @default takes any JSON value as it is
   */
  readonly parse?: ((json: unknown) => T) | undefined
  /**
   * How long `update` waits for its turn, in milliseconds.
   *
   * @default 10000
   */
  readonly lockTimeoutMs?: number | undefined
  /**
   * How long a process that holds the lock may give no sign of life until another one takes over, in milliseconds. One
   * that was killed on the same machine delays nobody; this is for stopped ones, other machines and other containers.
   *
   * @default 5000
   */
  readonly holderTimeoutMs?: number | undefined
  readonly observer?: AuthObserver | undefined
  /** For tests that make calls fail. @default node:fs/promises */
  readonly fs?: StoreFileSystem | undefined
}

const optionNames = ['path', 'parse', 'lockTimeoutMs', 'holderTimeoutMs', 'observer', 'fs']

/**
 * A JSON document in a file that several processes share: a rotating refresh token, say.
 *
 * `read` changes nothing. `update` holds a lock across processes while the change runs, and replaces the file so that a
 * crash at any moment leaves the old or the new document. Only the file's owner may read the new one (mode 0600); a
 * wider mode is reported as `warned`. A process that was stopped for longer than `holderTimeoutMs` while it held the
 * lock writes nothing when it wakes up, but what its change has sent to a server by then is sent. No part of the
 * document gets into an error or event.
 *
 * @throws TypeError when an option is malformed
 * @throws AuthError from both methods: `ERR_AUTH_STORE_ACCESS`, `ERR_AUTH_STORE_CORRUPT` (build), `ERR_AUTH_STORE_IO`
 * (transient); from `update` also `ERR_AUTH_STORE_BUSY`, `ERR_AUTH_STORE_LOCK_LOST` (transient), and what the change
 * throws
 * @example
 * const store = fileStore<StoredToken>({ path: join(homedir(), '.my-agent', 'token.json') })
 */
export function fileStore<T = unknown>(options: FileStoreOptions<T>): DocumentStore<T> {
  const {
    path: given,
    parse = (json: unknown) => json as T,
    lockTimeoutMs = 10_000,
    holderTimeoutMs = 5000,
    observer,
    fs = nodeFileSystem,
  } = checkOptions('fileStore', options, optionNames)
  if (typeof given !== 'string' || given === '' || given.includes('\0')) {
    throw invalidOption('fileStore', 'path', 'the path of a file', given)
  }
  // A process that changes its folder later still means this file.
  const path = resolve(given)
  for (const [name, durationMs] of Object.entries({ lockTimeoutMs, holderTimeoutMs })) {
    if (!(durationMs > 0 && durationMs < 2 ** 31))
      throw invalidOption('fileStore', name, 'more than 0 and less than 2 ** 31', durationMs)
  }
  /** Changes of one process wait here, which is cheaper than the lock. */
  const queue = turnQueue()
  const mode = modeWatch(path, observer)
  /** By the resolved path: a link may lead elsewhere tomorrow. */
  let place: Place | undefined

  /** The file and its lock; checked when it is first used, before anything is changed beside it. */
  async function placeOf(target: string): Promise<Place> {
    if (place?.target === target) return place
    const { json, stats } = await attempt('read', path, () => loadDocument(fs, target, target))
    typed(json)
    const lock = generationLock({ folder: lockFolder(target), fs, holderTimeoutMs })
    place = { target, lock, isInPlace: stats !== undefined && (await isMountedFile(fs, target, stats)) }
    return place
  }

  function typed(json: unknown): T | undefined {
    if (json === undefined) return undefined
    try {
      return parse(json)
    } catch (error) {
      if (AuthError.is(error)) throw error
      // The parser's text may quote the document.
      throw AuthError.build(`Cannot use ${path}: parse refused what it holds`, {
        code: 'ERR_AUTH_STORE_CORRUPT',
      })
    }
  }

  /** What the lock guards: nobody else changes the file until this is done. */
  async function change(at: Place, held: HeldLock, decide: Change<T>): Promise<T | undefined> {
    const { target } = at
    const folder = lockFolder(target)
    const loaded = await attempt('read', path, () => loadForChange(fs, target, folder))
    // The change is free to alter what it gets.
    const seen = typed(structuredClone(loaded.json))
    await mode.correct(fs, loaded.stats)
    const freeRoom = await attempt('write', path, async () =>
      at.isInPlace && loaded.stats ? prepareInPlace(fs, target, folder, loaded) : async () => {},
    )
    try {
      const next = await decide(typed(structuredClone(loaded.json)))
      if (next === undefined) return seen
      const text = textOf(keepUnseen(loaded.json, seen, next))
      await freeRoom()
      const replaced = await attempt('write', path, () => replaceFile(fs, target, text, held, folder, loaded))
      at.isInPlace = replaced.isInPlace
      if (replaced.isTakenOver) warnOwner()
      return typed(JSON.parse(text))
    } finally {
      await freeRoom()
    }
  }

  function busy(): AuthError {
    return AuthError.transient(`Cannot change ${path}: an earlier change has not ended`, {
      code: 'ERR_AUTH_STORE_BUSY',
    })
  }

  function warnOwner(): void {
    const message = `${path} belonged to another user; it belongs to this process's user now, since only root can give it back`
    notify(observer, { type: 'warned', kind: 'file-store', code: 'ERR_AUTH_STORE_OWNER', message })
  }

  return {
    async read() {
      const { json, stats } = await attempt('read', path, () => loadDocument(fs, path))
      const document = typed(json)
      mode.report(stats)
      return document
    },

    async update(decide, { signal } = {}) {
      const deadlineMs = performance.now() + lockTimeoutMs
      const turn = await queue.take({ signal, timeoutMs: lockTimeoutMs, tooLong: busy })
      try {
        const target = await attempt('resolve', path, () => resolvePath(fs, path))
        const at = await placeOf(target)
        const held = await attempt('lock', path, () => at.lock.acquire(deadlineMs, signal))
        try {
          return await change(at, held, decide)
        } finally {
          await held.release()
        }
      } finally {
        turn.end()
      }
    },
  }
}

/** Where a path leads. */
interface Place {
  readonly target: string
  readonly lock: GenerationLock
  /** Whether the file cannot be replaced: it is mounted on its own, or was not replaceable at the last write. */
  isInPlace: boolean
}

type Change<T> = (current: T | undefined) => Promise<T | undefined> | T | undefined

/** Reads the document, and finishes what a holder of the lock has left behind when it died. */
async function loadForChange(fs: StoreFileSystem, target: string, folder: string): Promise<LoadedDocument> {
  await removeTemporaryFiles(fs, target)
  const loaded = await loadDocument(fs, target, target)
  if (loaded.copy) {
    await settleCopy(fs, target, folder, loaded)
    return loadDocument(fs, target, target)
  }
  // A file that was removed is a document that was removed, whatever was being written to it.
  if (!loaded.bytes) await removeCopies(fs, folder)
  return loaded
}

/** @throws TypeError */
function textOf(document: unknown): string {
  const text = JSON.stringify(document, null, 2)
  if (text === undefined) throw new TypeError('fileStore: a change must return what JSON can hold')
  if (Buffer.byteLength(text) >= documentLimit.maxBytes)
    throw new TypeError('fileStore: a change must return a document of less than 16 MiB')
  return `${text}\n`
}
