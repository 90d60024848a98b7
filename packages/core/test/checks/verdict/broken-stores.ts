import type { CheckedDocument } from '../../../src/checks/index.js'
import { createMemoryStore, type DocumentStore } from '../../../src/index.js'

export type Store = DocumentStore<CheckedDocument>

/** Sound, but for one change. */
export function broken(change: (store: Store) => Partial<Store>): () => Store {
  return () => {
    const store = createMemoryStore<CheckedDocument>()
    return { ...store, ...change(store) }
  }
}

/** Sound, but for what it does after a change has failed with such an error. */
function afterError(
  isExpected: (error: unknown) => boolean,
  handle: (store: Store, error: unknown) => Promise<CheckedDocument | undefined>,
): () => Store {
  return broken((store) => ({
    update: (change, options) =>
      store.update(change, options).catch((error) => {
        if (isExpected(error)) return handle(store, error)
        throw error
      }),
  }))
}

const isFailedChange = (error: unknown) => error instanceof RangeError
const isUnstorable = (error: unknown) => error instanceof TypeError

/** Sound, but it hands out the document itself in one place. */
function sharing(place: 'given' | 'updated' | 'read' | 'current'): () => Store {
  return () => {
    let kept: CheckedDocument | undefined
    const lock = createMemoryStore<number>()
    const copyUnless = (where: typeof place) => (where === place ? kept : structuredClone(kept))
    return {
      read: async () => copyUnless('read'),
      async update(change, { signal, isDone } = {}) {
        let updated: CheckedDocument | undefined
        await lock.update(
          async () => {
            if (!isDone?.(kept)) {
              const next = await change(copyUnless('current'))
              if (typeof next === 'function') throw new TypeError('Cannot store a function')
              if (next) kept = place === 'given' ? next : structuredClone(next)
            }
            updated = copyUnless('updated')
            return undefined
          },
          { signal },
        )
        return updated
      },
    }
  }
}

/** Counts changes, and says which one is lost. */
function losing(lost: number): () => Store {
  let count = 0
  return broken((store) => ({
    update: (change, options) =>
      store.update(async (current) => {
        const next = await change(current)
        return next?.count === lost && ++count === 1 ? undefined : next
      }, options),
  }))
}

const holdersWhy = 'A waiting holder adopts what the winner wrote, and must not adopt what was there before.'
const copies =
  'Expected the document as it was written, but it changed. Only update() changes a document, under the lock.'

/** Stores that break the contract: the check that notices it, and what it says. */
export const brokenStores: Readonly<Record<string, [string, string, () => Store]>> = {
  'returns another document from update()': [
    'reads undefined',
    'Expected what was written, but update() returned another. The next holder decides by it.',
    broken((store) => ({
      async update(change, options) {
        const written = await store.update(change, options)
        return written?.text === 'a' ? { count: written.count } : written
      },
    })),
  ],
  'returns another document from read()': [
    'reads undefined',
    'Expected what was written, but read() returned another. The next holder decides by it.',
    broken((store) => ({
      async read() {
        const found = await store.read()
        return found?.text === 'a' ? { ...found, count: 2 } : found
      },
    })),
  ],
  'changes the document when a change returns undefined': [
    'keeps the document when a change returns undefined',
    'Expected the document as it was, but it is another. A holder that finds nothing to do returns undefined.',
    broken((store) => ({
      async update(change, options) {
        let isKept = false
        const written = await store.update(async (current) => {
          const next = await change(current)
          isKept = next === undefined && current !== undefined
          return next
        }, options)
        if (isKept) await store.update(() => ({ count: 2 }))
        return written
      },
    })),
  ],
  'swallows what a change throws': [
    'keeps the document when a change fails',
    'Expected the error of the change, but it threw nothing. A refresh that failed must not cost the login.',
    afterError(isFailedChange, (store) => store.read()),
  ],
  'keeps what a failed change has done': [
    'keeps the document when a change fails',
    'Expected the document as it was, but it is another. A refresh that failed must not cost the login.',
    sharing('current'),
  ],
  'makes no change after one that failed': [
    'keeps the document when a change fails',
    'Expected the next change to get its turn, but it did not. A refresh that failed must not cost the login.',
    broken((store) => {
      let hasFailed = false
      return {
        async update(change, options) {
          if (hasFailed) return store.read()
          return store.update(change, options).catch((error) => {
            hasFailed = true
            throw error
          })
        },
      }
    }),
  ],
  'loses the last of many changes': [
    'runs one change after the other',
    'Expected 40 changes, but one was lost. Two refreshes at once burn a rotating refresh token.',
    losing(40),
  ],
  'keeps the object that it was given': ['gives copies', copies, sharing('given')],
  'hands out the document itself from update()': ['gives copies', copies, sharing('updated')],
  'hands out the document itself from read()': ['gives copies', copies, sharing('read')],
  'ends a wait with another error': [
    'ends the wait for the lock',
    'Expected the reason, unchanged, but there was another outcome. A caller that gives up must not wait for the server of another one.',
    afterError(
      (error) => error instanceof Error && error.message === 'The caller gave up',
      async (_store, cause) => {
        throw new Error('The wait has ended', { cause })
      },
    ),
  ],
  'makes the change of a caller that gave up': [
    'ends the wait for the lock',
    'Expected the reason, unchanged, but there was another outcome. A caller that gives up must not wait for the server of another one.',
    broken((store) => ({
      update: (change, options) =>
        store.update(change, options).catch(async (error) => {
          if (options?.signal?.aborted) await change(undefined)
          throw error
        }),
    })),
  ],
  'ignores a function': [
    'rejects a function',
    'Expected a TypeError, but there was a foreign undefined. The document holds a login.',
    afterError(isUnstorable, (store) => store.read()),
  ],
  'rejects a function with another error': [
    'rejects a function',
    'Expected a TypeError, but there was a foreign SyntaxError. The document holds a login.',
    afterError(isUnstorable, async () => {
      throw new SyntaxError('Not a document')
    }),
  ],
  'overwrites the document when it rejects a function': [
    'rejects a function',
    'Expected the document as it was, but it is another. The document holds a login.',
    afterError(isUnstorable, async (store, error) => {
      await store.update(() => ({ count: 2 }))
      throw error
    }),
  ],
  'neither asks isDone nor calls the change': [
    'asks isDone for the current document',
    `Expected isDone or the change to be called with it, but neither was. ${holdersWhy}`,
    broken((store) => ({
      update: (change, options) =>
        store.update(options?.isDone ? () => undefined : change, { signal: options?.signal }),
    })),
  ],
  'asks isDone for the old document alone': [
    'asks isDone for the current document',
    `Expected isDone or the change to be called with it, but neither was. ${holdersWhy}`,
    broken((store) => ({
      async update(change, { isDone, signal } = {}) {
        isDone?.(await store.read())
        return store.update(isDone ? () => undefined : change, { signal })
      },
    })),
  ],
  'makes no change when isDone says no': [
    'asks isDone for the current document',
    `Expected the change to run when isDone says no, but it did not. ${holdersWhy}`,
    broken((store) => ({
      async update(change, { isDone, signal } = {}) {
        const document = await store.update(isDone ? () => undefined : change, { signal })
        isDone?.(document)
        return document
      },
    })),
  ],
}
