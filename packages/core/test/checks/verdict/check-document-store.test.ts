import { describe, expect, it } from 'vitest'
import { type CheckedDocument, checkDocumentStore } from '../../../src/checks/index.js'
import { createMemoryStore, type DocumentStore } from '../../../src/index.js'
import type { UpdateOptions } from '../../../src/provider.js'

type Store = DocumentStore<CheckedDocument>

describe('a memory store', () => {
  for (const { name, run } of checkDocumentStore({ create: () => createMemoryStore() })) it(name, run)
})

describe('a store that waits as long as isDone says no', () => {
  for (const { name, run } of checkDocumentStore({ create: () => polling(createMemoryStore()) }))
    it(name, run)
})

/** Asks isDone while another holder has the lock. */
function polling(store: Store): Store {
  return {
    ...store,
    async update(change, { isDone, ...options } = {}) {
      const found = await store.read()
      if (isDone?.(found)) return found
      return store.update(change, options)
    },
  }
}

/** Sound, but for one change. */
function broken(change: (store: Store) => Partial<Store>): () => Store {
  return () => {
    const store = createMemoryStore<CheckedDocument>()
    return { ...store, ...change(store) }
  }
}

const brokenStores: Readonly<Record<string, [string, () => Store]>> = {
  'has a document before one was written': [
    'reads undefined',
    broken((store) => ({ read: async () => (await store.read()) ?? { count: 0 } })),
  ],
  'forgets the document when a change returns undefined': [
    'keeps the document when a change returns undefined',
    broken((store) => ({
      update: async (change, options) => {
        let isUnchanged = false
        const written = await store.update(async (current) => {
          const next = await change(current)
          isUnchanged = next === undefined
          return next
        }, options)
        return isUnchanged ? undefined : written
      },
    })),
  ],
  'wraps what a change throws': [
    'keeps the document when a change fails',
    broken((store) => ({
      update: (change, options) =>
        store.update(change, options).catch((cause) => {
          if (cause instanceof RangeError) throw new Error('The change failed', { cause })
          throw cause
        }),
    })),
  ],
  'takes no lock': [
    'runs one change after the other',
    () => {
      const store = createMemoryStore<CheckedDocument>()
      let count = 0
      return {
        ...store,
        async update(change, options) {
          // The fourth change and those after it do not wait.
          if (++count < 4) return store.update(change, options)
          const next = await change(await store.read())
          return store.update(() => next)
        },
      }
    },
  ],
  'hands out the document itself': [
    'gives copies',
    () => {
      const kept: { document?: CheckedDocument | undefined } = {}
      const lock = createMemoryStore<number>()
      return {
        read: async () => kept.document,
        async update(change, { signal, isDone } = {}) {
          await lock.update(
            async () => {
              if (isDone?.(kept.document)) return undefined
              const next = await change(structuredClone(kept.document))
              if (typeof next === 'function') throw new TypeError('Cannot store a function')
              kept.document = next ?? kept.document
              return undefined
            },
            { signal },
          )
          return kept.document
        },
      }
    },
  ],
  'waits on after an abort': [
    'ends the wait for the lock',
    broken((store) => ({ update: (change, { isDone } = {}) => store.update(change, { isDone }) })),
  ],
  'stops a change that has begun': [
    'carries out a change that has begun',
    broken((store) => ({
      update: (change, options) =>
        store.update(async (current) => {
          const next = await change(current)
          options?.signal?.throwIfAborted()
          return next
        }, options),
    })),
  ],
  'lets readers wait for the lock': [
    'lets a change read the store',
    broken((store) => ({
      async read() {
        let found: CheckedDocument | undefined
        await store.update((current) => {
          found = current
          return undefined
        })
        return found
      },
    })),
  ],
  'quotes what it cannot store': [
    'rejects a function',
    broken((store) => ({
      update: (change, options) =>
        store.update(async (current) => {
          const next = await change(current)
          if (typeof next === 'function') throw new TypeError(`Cannot store ${next}`)
          return next
        }, options),
    })),
  ],
  'gives the lock away when somebody else stops to wait': [
    'ends the wait for the lock',
    broken((store) => {
      let isFree = false
      return {
        async update(change, options = {}) {
          options.signal?.addEventListener('abort', () => {
            isFree = true
          })
          if (!isFree) return store.update(change, options)
          isFree = false
          await change(await store.read())
          return store.read()
        },
      }
    }),
  ],
  'takes the old document for the renewed one': [
    'asks isDone for the current document',
    broken((store) => ({
      async update(change, options: UpdateOptions<CheckedDocument> = {}) {
        const old = await store.read()
        if (options.isDone && !options.isDone(old)) return old
        return store.update(change, options)
      },
    })),
  ],
}

describe('checkDocumentStore() notices a store that', () => {
  for (const [what, [start, create]] of Object.entries(brokenStores)) {
    it.concurrent(what, async () => {
      const failed: string[] = []
      for (const { name, run } of checkDocumentStore({ create })) {
        await run().catch(({ name: kind, message }) => {
          expect(kind).toBe('CheckFailure')
          expect(message).toMatch(/^Expected .+, but .+\. .+\.$/)
          failed.push(name)
        })
      }
      expect(failed.map((name) => (name.startsWith(start) ? start : name))).toEqual([start])
    })
  }
})

it('checkDocumentStore() has, for each check, a broken store that fails this check alone', () => {
  const starts = Object.values(brokenStores).map(([start]) => start)
  const unproven = checkDocumentStore({ create: () => createMemoryStore() }).filter(
    ({ name }) => !starts.some((start) => name.startsWith(start)),
  )
  expect(unproven.map(({ name }) => name)).toEqual([])
})
