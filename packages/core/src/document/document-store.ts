import { AuthError } from '../contract/auth-error.js'
import { turnQueue } from '../flight/turn-queue.js'

/**
 * One document that several holders read and change: a rotating token, an agent record. Packages name the type that
 * they keep in it; `file-store` keeps it in a file which processes share.
 */
export interface DocumentStore<T> {
  /** The document as it is now; undefined when the store is empty. */
  read(): Promise<T | undefined>
  /**
   * Takes the lock, reads the document again, runs `change` on it, and writes what that returns; undefined changes
   * nothing. Decide inside `change`: what was read before the lock may be old.
   *
   * @returns the document as it is afterwards
   */
  update(
    change: (current: T | undefined) => Promise<T | undefined> | T | undefined,
    options?: UpdateOptions<T>,
  ): Promise<T | undefined>
}

/** Options of {@link DocumentStore.update}. */
export interface UpdateOptions<T = unknown> {
  /** Ends the wait for the lock, with its reason. A change that has begun is carried out. */
  readonly signal?: AbortSignal | undefined
  /**
   * Says of a document that it makes the change needless: another holder has made it meanwhile. A store that waits for
   * the lock may ask it, and return that document without the lock and without calling `change`. A store may ignore
   * it. It is synchronous and must not throw.
   */
  readonly isDone?: ((current: T | undefined) => boolean) | undefined
}

/**
 * A {@link DocumentStore} in this process's memory: for tests, and for credentials that should not outlive the process.
 * Like a file it takes and gives copies (structured clones), so a change that fails halfway leaves no trace.
 *
 * @throws AuthError `ERR_AUTH_TIMEOUT` (transient), from `update`, when the runtime stopped this change for so long
 * that the next one has begun
 */
export function createMemoryStore<T>(initial?: T): DocumentStore<T> {
  let document = copyOf(initial)
  const queue = turnQueue()
  return {
    read: async () => copyOf(document),
    async update(change, { signal, isDone } = {}) {
      const turn = await queue.take({ signal })
      try {
        if (isDone?.(copyOf(document))) return copyOf(document)
        const changed = copyOf(await change(copyOf(document)))
        if (turn.isLost()) {
          throw AuthError.transient(
            'Cannot change the document: this change stood still, and the next one has begun',
            {
              code: 'ERR_AUTH_TIMEOUT',
            },
          )
        }
        document = changed ?? document
        return copyOf(document)
      } finally {
        turn.end()
      }
    },
  }
}

/** The platform's own error quotes the source text of a function that it cannot copy. */
function copyOf<T>(document: T): T {
  try {
    return structuredClone(document)
  } catch {
    throw new TypeError(
      'createMemoryStore: a document must be what structuredClone can copy, without functions and symbols',
    )
  }
}
