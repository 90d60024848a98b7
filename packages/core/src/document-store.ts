/**
 * One document that several holders read and change: a rotating token, an agent record. Packages name the type that they
 * keep in it; `file-store` keeps it in a file which processes share.
 */
export interface DocumentStore<T> {
  /** The document as it is now; undefined when there is none. */
  read(): Promise<T | undefined>
  /**
   * Takes the lock, reads the document again, runs `change` on it, and writes what that returns; undefined changes nothing.
   * Decide inside `change`: what was read before the lock may be old.
   *
   * @returns the document as it is afterwards
   */
  update(change: (current: T | undefined) => Promise<T | undefined> | T | undefined): Promise<T | undefined>
}

/**
 * A {@link DocumentStore} in this process's memory: for tests, and for credentials that should not outlive the process.
 * Like a file it takes and gives copies (structured clones), so a change that fails halfway leaves no trace.
 */
export function createMemoryStore<T>(initial?: T): DocumentStore<T> {
  let document = structuredClone(initial)
  let last: Promise<unknown> = Promise.resolve()
  return {
    read: async () => structuredClone(document),
    update(change) {
      const turn = last.then(async () => {
        document = structuredClone(await change(structuredClone(document))) ?? document
        return structuredClone(document)
      })
      last = turn.catch(() => {})
      return turn
    },
  }
}
