import { AuthError, type AuthObserver, type DocumentStore } from '@outbound-auth/core'
import { checkOptions, invalidOption, keepUnseen, notify, turnQueue } from '@outbound-auth/core/provider'
import { startBeats } from './lock/keep-lock.js'
import { type KnownRecord, knownRecord } from './lock/known-record.js'
import { type HeldLock, takeLock } from './lock/take-lock.js'
import { releaseRecord, writeRecord } from './lock/write-record.js'
import { type RecordEngine, recordEngine } from './record/record-engine.js'
import { corruptError, type RecordState, randomId } from './record/record-state.js'
import type { SharedRecord } from './record/shared-record.js'
import { type DocumentSeal, documentSeal, readKeys } from './seal/document-seal.js'

/** Options of {@link sharedStore}. */
export interface SharedStoreOptions<T> {
  /** The place of the document: `redisRecord(…)`, `postgresRecord(…)`, or a {@link SharedRecord} of another engine. */
  readonly record: SharedRecord
  /**
   * Checks the stored JSON and returns the document. An `AuthError` of this function is passed on; any other error
   * becomes `ERR_AUTH_STORE_CORRUPT`. Properties that the document lacks stay in the record when the
   * document is changed.
   *
   * @default accepts any JSON value
   */
  readonly parse?: ((json: unknown) => T) | undefined
  /**
   * Keys of 32 bytes in base64, as `openssl rand -base64 32` prints them. The first one encrypts (AES-256-GCM), every
   * one decrypts: to change the key, put the new one first, and remove the old one when each document has been written
   * once. A document that is not encrypted yet is read, and encrypted at its next change.
   *
   * @default documents are stored as they are
   */
  readonly encryptionKeys?: readonly (string | undefined)[] | undefined
  /**
   * Time limit for `update` to get its turn, in milliseconds. More than `holderTimeoutMs`.
   *
   * @default 20000
   */
  readonly lockTimeoutMs?: number | undefined
  /**
   * A process that holds the lock loses it after this time without a sign of life, in milliseconds. A shorter time
   * lets others go on earlier after a crash. But a holder whose connection is cut for longer, after it has sent the
   * refresh token, costs the login.
   *
   * @default 15000
   */
  readonly holderTimeoutMs?: number | undefined
  /**
   * Time limit for one read or write of the record, in milliseconds.
   *
   * @default 3000
   */
  readonly requestTimeoutMs?: number | undefined
  /** Gets `warned` events: `ERR_AUTH_STORE_ROLLBACK`, and the code of an error after which a write is tried again. */
  readonly observer?: AuthObserver | undefined
}

const optionNames = [
  'record',
  'parse',
  'encryptionKeys',
  'lockTimeoutMs',
  'holderTimeoutMs',
  'requestTimeoutMs',
  'observer',
]

/**
 * A JSON document that processes on several machines share, such as a rotating refresh token, in a database that they
 * use already.
 *
 * `update` holds a lock while its change runs, and writes by compare-and-swap, so that a holder that was overtaken
 * cannot write. The engine has accepted the document that `update` returns. A new document is written again for up to
 * 60 s while the engine fails. After the engine has returned to an older document, as after a restart from a backup,
 * this process uses the newer one that it knows, writes it at its next change, and says so in an event. A record that
 * was removed is not restored: it may be a logout.
 *
 * @throws TypeError when an option is malformed
 * @throws AuthError from both methods: `ERR_AUTH_STORE_ACCESS`, `ERR_AUTH_STORE_CORRUPT` (build), `ERR_AUTH_STORE_IO`
 * (transient); from `update` also `ERR_AUTH_STORE_BUSY`, `ERR_AUTH_STORE_LOCK_LOST` (transient), and the errors of the
 * change
 * @example
 * const evaluate = (script, keys, args) => client.eval(script, { keys, arguments: args })
 * const record = redisRecord({ key: 'oa:team-1', evaluate })
 * const store = sharedStore<StoredToken>({ record, encryptionKeys: [process.env.OA_KEY] })
 */
export function sharedStore<T = unknown>(options: SharedStoreOptions<T>): DocumentStore<T> {
  const settings = readSettings(options)
  const { engine, known, lockTimeoutMs, holderTimeoutMs, name } = settings
  /** Updates of one process wait here, which is cheaper than the lock. */
  const queue = turnQueue()

  return {
    async read() {
      return parsed(settings, await jsonOf(settings, known.note(await engine.get())))
    },

    async update(change, { signal, isDone } = {}) {
      const deadlineMs = performance.now() + lockTimeoutMs
      const turn = await queue.take({ signal, timeoutMs: lockTimeoutMs, tooLong: () => busyHereError(name) })
      try {
        const taken = await takeLock({
          engine,
          known,
          name,
          deadlineMs,
          holderTimeoutMs,
          signal,
          isDone: async (state) => isDone?.(parsed(settings, await jsonOf(settings, state))) === true,
        })
        if ('done' in taken) return parsed(settings, await jsonOf(settings, taken.done))
        return await changeRecord(settings, taken.held, change)
      } finally {
        turn.end()
      }
    },
  }
}

interface Settings<T> {
  readonly name: string
  readonly engine: RecordEngine
  readonly known: KnownRecord
  readonly seal: DocumentSeal
  readonly parse: (json: unknown) => T
  readonly lockTimeoutMs: number
  readonly holderTimeoutMs: number
  readonly observer: AuthObserver | undefined
}

/** @throws TypeError when an option is malformed */
function readSettings<T>(options: SharedStoreOptions<T>): Settings<T> {
  const {
    record,
    parse = (json: unknown) => json as T,
    encryptionKeys,
    lockTimeoutMs = 20_000,
    holderTimeoutMs = 15_000,
    requestTimeoutMs = 3000,
    observer,
  } = checkOptions('sharedStore', options, optionNames)
  if (typeof record?.get !== 'function' || typeof record.put !== 'function')
    throw invalidOption('sharedStore', 'record', 'a SharedRecord, such as redisRecord(…)', record)
  for (const [name, durationMs] of Object.entries({ lockTimeoutMs, holderTimeoutMs, requestTimeoutMs })) {
    if (!(durationMs > 0 && durationMs < 2 ** 31))
      throw invalidOption('sharedStore', name, 'more than 0 and less than 2 ** 31', durationMs)
  }
  if (lockTimeoutMs <= holderTimeoutMs)
    throw invalidOption(
      'sharedStore',
      'lockTimeoutMs',
      `more than holderTimeoutMs (${holderTimeoutMs})`,
      lockTimeoutMs,
    )
  const { name } = record
  return {
    name,
    engine: recordEngine(record, requestTimeoutMs),
    known: knownRecord(() => warnOfRollback(observer, name)),
    seal: documentSeal(readKeys('sharedStore', encryptionKeys), name),
    parse,
    lockTimeoutMs,
    holderTimeoutMs,
    observer,
  }
}

/** Changes the record while the lock is held, and gives the lock back. */
async function changeRecord<T>(
  settings: Settings<T>,
  held: HeldLock,
  change: (current: T | undefined) => Promise<T | undefined> | T | undefined,
): Promise<T | undefined> {
  const { engine, known, name, seal, holderTimeoutMs, observer } = settings
  const beats = startBeats(engine, held, holderTimeoutMs)
  const { line, rev, body } = held.state
  const unlocked: RecordState = { line, rev, body, stamp: randomId() }
  let next: RecordState | undefined
  let written: unknown
  try {
    const json = await jsonOf(settings, held.state)
    // The change gets a copy of its own, which it may alter.
    const seen = parsed(settings, structuredClone(json))
    const changed = await change(parsed(settings, structuredClone(json)))
    if (changed === undefined) return seen
    written = jsonValue(keepUnseen(json, seen, changed))
    next = { ...unlocked, rev: rev + 1, body: await seal.close(written) }
  } finally {
    await beats.stop()
    if (!next) await releaseRecord({ engine, held, next: unlocked })
  }
  const onRetry = (failure: AuthError) => warnOfRetry(observer, name, failure)
  const onRollback = () => warnOfRollback(observer, name)
  known.note(await writeRecord({ engine, name, held, next, onRetry, onRollback }))
  return parsed(settings, written)
}

/** The JSON value of a record; undefined if it has no document. */
async function jsonOf<T>({ seal }: Settings<T>, state: RecordState | undefined): Promise<unknown> {
  return state?.body && seal.open(state.body)
}

function parsed<T>({ name, parse }: Settings<T>, json: unknown): T | undefined {
  if (json === undefined) return undefined
  try {
    return parse(json)
  } catch (error) {
    if (AuthError.is(error)) throw error
    // The text of the parser's error may quote the document.
    throw corruptError(name, 'parse rejected the document')
  }
}

const longestText = 2 ** 20

/** A copy of a document as it will be read. @throws TypeError when it is not JSON, or too long */
function jsonValue(document: unknown): unknown {
  const text = JSON.stringify(document)
  if (text === undefined) throw new TypeError('sharedStore: a change must return a JSON value')
  if (text.length >= longestText)
    throw new TypeError('sharedStore: a change must return a document of less than 1 MiB')
  return JSON.parse(text)
}

function busyHereError(name: string): AuthError {
  return AuthError.transient(`Cannot change ${name}: an earlier change of this process has not ended`, {
    code: 'ERR_AUTH_STORE_BUSY',
  })
}

function warnOfRollback(observer: AuthObserver | undefined, name: string): void {
  const remedy = 'The newer one is used, and written at the next change. See whether the engine lost writes'
  const message = `${name} holds an older document than before. ${remedy}`
  notify(observer, { type: 'warned', kind: 'shared-store', code: 'ERR_AUTH_STORE_ROLLBACK', message })
}

function warnOfRetry(observer: AuthObserver | undefined, name: string, { code }: AuthError): void {
  const message = `${name} could not be written. The new document is kept, and writing is tried again for up to 60 s`
  notify(observer, { type: 'warned', kind: 'shared-store', code, message })
}
