import * as nodeFs from 'node:fs/promises'
import { resolve } from 'node:path'
import { AuthError, type AuthObserver, checkOptions, type DocumentStore } from '@outbound-auth/core'
import { untilAborted } from '@outbound-auth/core/exchange'
import { type GenerationLock, generationLock } from './generation-lock.js'
import { keepUnseen } from './keep-unseen.js'
import { loadDocument } from './load-document.js'
import { removeTemporaryFiles, replaceFile } from './replace-file.js'
import { resolvePath } from './resolve-path.js'
import { attempt } from './store-error.js'
import type { StoreFileSystem } from './store-file-system.js'

/** Options of {@link fileStore}. */
export interface FileStoreOptions<T> {
  /** The JSON file. Its folder is made, for its owner alone, when it does not exist; symbolic links are followed and kept. */
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
   * How long a process that holds the lock may give no sign of life until another one takes over, in milliseconds. One that
   * was killed on the same machine delays nobody; this is for stopped ones, other machines and other containers.
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
 * Only its owner may read it (mode 0600, a wider one is corrected and reported as `warned`). `update` holds a lock across
 * processes while the change runs, and replaces the file so that a crash at any moment leaves the old or the new document.
 * A process that was stopped for longer than `holderTimeoutMs` while it held the lock writes nothing when it wakes up, but
 * what its change has sent to a server by then is sent. No part of the document gets into an error or event.
 *
 * @throws TypeError when an option is malformed
 * @throws AuthError from both methods: `ERR_AUTH_STORE_ACCESS`, `ERR_AUTH_STORE_CORRUPT` (build), `ERR_AUTH_STORE_IO`
 * (transient); from `update` also `ERR_AUTH_STORE_BUSY`, `ERR_AUTH_STORE_LOCK_LOST` (transient), and what the change throws
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
    fs = nodeFs,
  } = checkOptions('fileStore', options, optionNames)
  if (typeof given !== 'string' || given === '' || given.includes('\0')) {
    throw new TypeError('fileStore: path must be the path of a file')
  }
  // A process that changes its folder later still means this file.
  const path = resolve(given)
  for (const durationMs of [lockTimeoutMs, holderTimeoutMs]) {
    if (!(durationMs > 0 && durationMs < 2 ** 31)) {
      throw new TypeError(
        'fileStore: lockTimeoutMs and holderTimeoutMs must be more than 0 and less than 2 ** 31',
      )
    }
  }
  /** The lock by the resolved path: a link may lead elsewhere tomorrow. */
  let lock: { readonly target: string; readonly generations: GenerationLock } | undefined
  let last: Promise<unknown> = Promise.resolve()

  function lockOf(target: string): GenerationLock {
    if (lock?.target !== target) {
      const generations = generationLock({ folder: `${target}.locks`, fs, holderTimeoutMs })
      lock = { target, generations }
    }
    return lock.generations
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

  /** Changes of one process queue up here, which is cheaper than the lock. */
  async function takeTurn(signal: AbortSignal | undefined): Promise<() => void> {
    const previous = last
    const { promise, resolve } = newTurn()
    last = previous.then(() => promise)
    const limit = new AbortController()
    const busy = AuthError.transient(`Cannot change ${path}: an earlier change has not ended`, {
      code: 'ERR_AUTH_STORE_BUSY',
    })
    const timer = setTimeout(() => limit.abort(busy), lockTimeoutMs)
    try {
      await untilAborted(untilAborted(previous, limit.signal), signal)
    } catch (reason) {
      resolve()
      throw reason
    } finally {
      clearTimeout(timer)
    }
    return resolve
  }

  return {
    async read() {
      const { json } = await attempt('read', path, () => loadDocument(fs, path, observer))
      return typed(json)
    },

    async update(change, { signal } = {}) {
      const deadlineMs = performance.now() + lockTimeoutMs
      const endTurn = await takeTurn(signal)
      try {
        const target = await attempt('resolve', path, () => resolvePath(fs, path))
        const held = await attempt('lock', path, () => lockOf(target).acquire(deadlineMs, signal))
        try {
          const loaded = await attempt('read', path, async () => {
            await removeTemporaryFiles(fs, target)
            return loadDocument(fs, target, observer)
          })
          // The change is free to alter what it gets.
          const seen = typed(structuredClone(loaded.json))
          const next = await change(typed(structuredClone(loaded.json)))
          if (next === undefined) return seen
          const text = JSON.stringify(keepUnseen(loaded.json, seen, next), null, 2)
          if (text === undefined) throw new TypeError('fileStore: a change must return what JSON can hold')
          await attempt('write', path, () => replaceFile(fs, target, `${text}\n`, held, loaded.stats))
          return typed(JSON.parse(text))
        } finally {
          await held.release()
        }
      } finally {
        endTurn()
      }
    },
  }
}

function newTurn(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = () => {}
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return { promise, resolve }
}
