import { describe, expect, it } from 'vitest'
import { type CheckedDocument, checkDocumentStore } from '../../../src/checks/index.js'
import { createMemoryStore } from '../../../src/index.js'
import type { UpdateOptions } from '../../../src/provider.js'
import { broken, brokenStores, type Store } from './broken-stores.js'

describe('a memory store', () => {
  for (const { name, run } of checkDocumentStore({ create: () => createMemoryStore() })) it(name, run)
})

describe('a store that waits as long as isDone says no', () => {
  for (const { name, run } of checkDocumentStore({ create: () => polling(createMemoryStore()) }))
    it(name, run)
})

describe('a store that wants true or false from isDone', () => {
  for (const { name, run } of checkDocumentStore({ create: () => strict(createMemoryStore()) })) it(name, run)
})

function strict(store: Store): Store {
  return {
    ...store,
    update(change, { isDone, signal } = {}) {
      const ask = (current: CheckedDocument | undefined) => {
        const word = isDone?.(current)
        if (typeof word !== 'boolean') throw new RangeError('isDone must return true or false')
        return word
      }
      return store.update(change, { signal, ...(isDone && { isDone: ask }) })
    },
  }
}

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

/** Stores that break the contract: the check that notices it, and what it says. */
const allBroken: Readonly<Record<string, [string, string, () => Store]>> = {
  ...brokenStores,
  'has a document before one was written': [
    'reads undefined',
    'Expected no document, but there is one. The place is new.',
    broken((store) => ({ read: async () => (await store.read()) ?? { count: 0 } })),
  ],
  'forgets the document when a change returns undefined': [
    'keeps the document when a change returns undefined',
    'Expected the document as it was, but it is another. A holder that finds nothing to do returns undefined.',
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
    'Expected the error of the change, but it threw a foreign Error. A refresh that failed must not cost the login.',
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
    'Expected one change at a time, but two ran at once. Two refreshes at once burn a rotating refresh token.',
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
    'Expected the document as it was written, but it changed. Only update() changes a document, under the lock.',
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
    'Expected the wait to end, but it went on. A caller that gives up must not wait for the server of another one.',
    broken((store) => ({ update: (change, { isDone } = {}) => store.update(change, { isDone }) })),
  ],
  'stops a change that has begun': [
    'carries out a change that has begun',
    'Expected the new document, but it was not written. A refresh that was sent has spent the stored token.',
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
    'Expected the document, but read() waited. A change would wait for itself.',
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
    'Expected no document in the error, but there was secret 1 (raw) in a template string. The document holds a login.',
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
    'Expected the next change to wait for the lock, but it ran at once. The holder still has it.',
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
    'Expected the document that the winner wrote, but another one came back. A waiting holder adopts what the winner wrote, and must not adopt what was there before.',
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
  for (const [what, [start, text, create]] of Object.entries(allBroken)) {
    it.concurrent(what, async () => {
      const failures: [string, string][] = []
      const running = checkDocumentStore({ create }).map(async ({ name, run }) => {
        await run().catch(({ name: kind, message }) => {
          expect(kind).toBe('CheckFailure')
          failures.push([name.startsWith(start) ? start : name, message])
        })
      })
      await Promise.all(running)
      expect(failures).toEqual([[start, text]])
    })
  }
})

it('checkDocumentStore() has, for each check, a broken store that fails this check alone', () => {
  const starts = Object.values(allBroken).map(([start]) => start)
  const unproven = checkDocumentStore({ create: () => createMemoryStore() }).filter(
    ({ name }) => !starts.some((start) => name.startsWith(start)),
  )
  expect(unproven.map(({ name }) => name)).toEqual([])
})

it('checkDocumentStore() makes a store for each check, and opens its place three times more', async () => {
  const updates: number[] = []
  const counting = (store: Store): Store => {
    const index = updates.push(0) - 1
    return {
      ...store,
      update(change, options) {
        updates[index] = (updates[index] ?? 0) + 1
        return store.update(change, options)
      },
    }
  }
  const [check] = checkDocumentStore({
    create: async () => counting(createMemoryStore()),
    reopen: async (store) => counting(store),
  }).filter(({ name }) => name.startsWith('runs one change after the other'))
  await check?.run()
  expect(updates).toEqual([40, 10, 10, 10])
})

it('checkDocumentStore() notices stores that do not share one place', async () => {
  const create = () => createMemoryStore<CheckedDocument>()
  const passed: string[] = []
  const running = checkDocumentStore({ create, reopen: create }).map(({ name, run }) =>
    run().then(
      () => passed.push(name),
      ({ name: kind }) => expect(kind).toBe('CheckFailure'),
    ),
  )
  await Promise.all(running)
  expect(passed).toEqual(['lets a change read the store'])
})

it('checkDocumentStore() names an option that it does not have', () => {
  const options = { create: () => createMemoryStore<CheckedDocument>(), open: () => {} }
  expect(() => checkDocumentStore(options)).toThrow(
    new TypeError('checkDocumentStore: unknown option "open"; it has create, reopen; did you mean reopen?'),
  )
})
