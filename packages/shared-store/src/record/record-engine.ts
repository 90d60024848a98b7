import { AuthError } from '@outbound-auth/core'
import { formatRecord, parseRecord, type RecordState } from './record-state.js'
import type { SharedRecord } from './shared-record.js'

/** A record that was read, with its version. */
export interface FoundRecord {
  readonly state: RecordState
  readonly version: string
}

/** The two operations on a record, each with a time limit and with errors that hold no part of a document. */
export interface RecordEngine {
  /** @throws AuthError */
  get(): Promise<FoundRecord | undefined>
  /**
   * @returns the new version; undefined if the record has another version now
   * @throws AuthError after which the write may have happened, or may still happen
   */
  put(state: RecordState, version: string | undefined): Promise<string | undefined>
}

/** The operations of a record. No client of a database has a time limit by itself. */
export function recordEngine(record: SharedRecord, requestTimeoutMs: number): RecordEngine {
  const call = <T>(what: string, run: () => Promise<T>) =>
    limited(record, `${what} ${record.name}`, run, requestTimeoutMs)
  return {
    async get() {
      const found = await call('read', () => record.get())
      if (found === undefined) return undefined
      return { state: parseRecord(found.text, record.name), version: found.version }
    },
    put: (state, version) => call('write', () => record.put(formatRecord(state), version)),
  }
}

async function limited<T>(
  { name }: SharedRecord,
  what: string,
  run: () => Promise<T>,
  timeoutMs: number,
): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(ioError(`Cannot ${what}: no response within ${timeoutMs} ms (requestTimeoutMs)`))
    }, timeoutMs)
  })
  try {
    return await Promise.race([run(), late])
  } catch (error) {
    if (AuthError.is(error)) throw error
    // Clients quote whole commands in their messages, and with them the document.
    throw ioError(`Cannot ${what}: the client of ${name} failed`, error)
  } finally {
    clearTimeout(timer)
  }
}

function ioError(message: string, cause?: unknown): AuthError {
  return AuthError.transient(message, { code: 'ERR_AUTH_STORE_IO', cause })
}
