import type { DocumentStore } from '../../document/document-store.js'
import { checkOptions } from '../../lib/check-options.js'
import { demand, describeError, outcomeOf } from './check-failure.js'
import { findSecret } from './find-secret.js'

/** The document that the checks keep in a store. */
export interface CheckedDocument {
  readonly count: number
  readonly text?: string | undefined
}

/** One check of the contract of `DocumentStore`, for any test runner. */
export interface DocumentStoreCheck {
  /** The duty of a store, as a sentence. */
  readonly name: string
  /** @throws Error that says what was expected, what was seen and why it matters */
  run(): Promise<void>
}

/** Options of `checkDocumentStore`. */
export interface CheckDocumentStoreOptions {
  /** Makes a store over a new, empty place. It is called once for each check. */
  readonly create: () => DocumentStore<CheckedDocument> | Promise<DocumentStore<CheckedDocument>>
  /**
   * Opens the place of a store once more, as another process would. Without it, the checks use one store object.
   *
   * @default the same store
   */
  readonly reopen?:
    | ((
        store: DocumentStore<CheckedDocument>,
      ) => DocumentStore<CheckedDocument> | Promise<DocumentStore<CheckedDocument>>)
    | undefined
}

type Store = DocumentStore<CheckedDocument>
type Check = (first: Store, second: Store, ...others: readonly Store[]) => Promise<void>

const turns = 40

/**
 * The contract of `DocumentStore` as a list of checks, for any test runner and any runtime.
 *
 * @throws TypeError when an option is malformed
 * @example
 * for (const { name, run } of checkDocumentStore({ create: () => createMemoryStore() })) it(name, run)
 */
export function checkDocumentStore(options: CheckDocumentStoreOptions): DocumentStoreCheck[] {
  const { create, reopen = (store: Store) => store } = checkOptions('checkDocumentStore', options, [
    'create',
    'reopen',
  ])
  return Object.entries(checks).map(([name, check]) => ({
    name,
    async run() {
      const first = await create()
      await check(first, await reopen(first), await reopen(first), await reopen(first))
    },
  }))
}

const checks: Readonly<Record<string, Check>> = {
  'reads undefined where there is no document, and what was written afterwards': async (first, second) => {
    demand((await first.read()) === undefined, 'no document', 'there is one', 'The place is new.')
    const written = await first.update(() => ({ count: 1, text: 'a' }))
    const why = 'The next holder decides by it.'
    demand(isSame(written, { count: 1, text: 'a' }), 'what was written', 'update() returned another', why)
    const read = await second.read()
    demand(isSame(read, { count: 1, text: 'a' }), 'what was written', 'read() returned another', why)
  },

  'keeps the document when a change returns undefined': async (first, second) => {
    await first.update(() => ({ count: 1 }))
    const kept = await second.update(() => undefined)
    const isKept = isSame(kept, { count: 1 }) && isSame(await first.read(), { count: 1 })
    const why = 'A holder that finds nothing to do returns undefined.'
    demand(isKept, 'the document as it was', 'it is another', why)
  },

  'keeps the document when a change fails, and throws what the change threw': async (first, second) => {
    await first.update(() => ({ count: 1 }))
    const thrown = new RangeError('The change failed')
    const failed = await outcomeOf(() =>
      first.update((current) => {
        if (current) Object.assign(current, { count: 2 })
        throw thrown
      }),
    )
    const why = 'A refresh that failed must not cost the login.'
    const seen = failed.hasFailed ? `it threw ${describeError(failed.error)}` : 'it threw nothing'
    demand(failed.error === thrown, 'the error of the change', seen, why)
    demand(isSame(await second.read(), { count: 1 }), 'the document as it was', 'it is another', why)
    const next = await second.update(({ count = 0 } = { count: 0 }) => ({ count: count + 1 }))
    demand(isSame(next, { count: 2 }), 'the next change to get its turn', 'it did not', why)
  },

  'runs one change after the other, each on what the one before has left': async (...stores) => {
    let running = 0
    let isAlone = true
    const change = async ({ count }: CheckedDocument = { count: 0 }) => {
      running += 1
      isAlone &&= running === 1
      await pause(2)
      running -= 1
      return { count: count + 1 }
    }
    const places = Array.from({ length: turns / stores.length }, () => stores).flat()
    await Promise.all(places.map((store) => store.update(change)))
    const why = 'Two refreshes at once burn a rotating refresh token.'
    demand(isAlone, 'one change at a time', 'two ran at once', why)
    demand(isSame(await stores[0].read(), { count: turns }), `${turns} changes`, 'one was lost', why)
  },

  'gives copies, so that a document that a caller alters stays as it is': async (first, second) => {
    const given = { count: 1 }
    const written = await first.update(() => given)
    for (const copy of [given, written, await first.read()]) Object.assign(copy ?? {}, { count: 7 })
    const isKept = isSame(await first.read(), { count: 1 }) && isSame(await second.read(), { count: 1 })
    const why = 'Only update() changes a document, under the lock.'
    demand(isKept, 'the document as it was written', 'it changed', why)
  },

  'ends the wait for the lock with the reason of the signal': async (first, second) => {
    const held = heldLock(first)
    await held.isHeld
    const controller = new AbortController()
    const reason = new Error('The caller gave up')
    let isCalled = false
    const change = () => {
      isCalled = true
      return undefined
    }
    const waiting = outcomeOf(() => second.update(change, { signal: controller.signal }))
    controller.abort(reason)
    const outcome = await Promise.race([waiting, pause(2000)])
    let isReleased = false
    let isOvertaken = false
    const next = second.update(() => {
      isOvertaken = !isReleased
      return undefined
    })
    await pause(50)
    isReleased = true
    held.release()
    await Promise.all([held.done, next])
    const why = 'A caller that gives up must not wait for the server of another one.'
    demand(outcome !== undefined, 'the wait to end', 'it went on', why)
    demand(outcome.error === reason && !isCalled, 'the reason, unchanged', 'there was another outcome', why)
    demand(!isOvertaken, 'the next change to wait for the lock', 'it ran at once', 'The holder still has it.')
  },

  'carries out a change that has begun when its signal is aborted': async (first, second) => {
    const controller = new AbortController()
    const held = heldLock(first, { count: 1 }, controller.signal)
    await held.isHeld
    controller.abort()
    held.release()
    await outcomeOf(() => held.done)
    const why = 'A refresh that was sent has spent the stored token.'
    demand(isSame(await second.read(), { count: 1 }), 'the new document', 'it was not written', why)
  },

  'lets a change read the store': async (first) => {
    await first.update(() => ({ count: 1 }))
    let read: CheckedDocument | undefined
    await first.update(async () => {
      read = await Promise.race([first.read(), pause(2000)])
      return undefined
    })
    demand(isSame(read, { count: 1 }), 'the document', 'read() waited', 'A change would wait for itself.')
  },

  'rejects a function with a TypeError that does not quote it, and keeps the document': async (...stores) => {
    const [first, second] = stores
    await first.update(() => ({ count: 1 }))
    const secret = () => 'a planted secret'
    const outcome = await outcomeOf(() => first.update(() => secret as unknown as CheckedDocument))
    const why = 'The document holds a login.'
    const seen = describeError(outcome.error)
    demand(outcome.error instanceof TypeError, 'a TypeError', `there was ${seen}`, why)
    const quoted = findSecret(outcome.error, ['a planted secret'])
    demand(quoted === undefined, 'no document in the error', `there was ${quoted}`, why)
    demand(isSame(await second.read(), { count: 1 }), 'the document as it was', 'it is another', why)
  },

  'asks isDone for the current document: either its word ends the wait, or the change is called': async (
    first,
    second,
  ) => {
    await first.update(() => ({ count: 1 }))
    const held = heldLock(first, { count: 2, text: 'renewed' })
    await held.isHeld
    const asked: (number | undefined)[] = []
    let isCalled = false
    const waiting = second.update(
      (current) => {
        isCalled = true
        return current
      },
      {
        isDone(current) {
          asked.push(current?.count)
          return current?.count === 2
        },
      },
    )
    held.release()
    await held.done
    const document = await waiting
    const why = 'A waiting holder adopts what the winner wrote, and must not adopt what was there before.'
    const isRenewed = isSame(document, { count: 2, text: 'renewed' })
    demand(isRenewed, 'the document that the winner wrote', 'another one came back', why)
    const isExplained = isCalled || asked.at(-1) === 2
    demand(isExplained, 'isDone or the change to be called with it', 'neither was', why)
    const isRefused = await second.update(() => ({ count: 3 }), { isDone: () => false })
    demand(isSame(isRefused, { count: 3 }), 'the change to run when isDone says no', 'it did not', why)
  },
}

/** Holds the lock of a store until it is released, and writes a document then. */
function heldLock(store: Store, document?: CheckedDocument, signal?: AbortSignal) {
  let release = () => {}
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  let done: Promise<unknown> = Promise.resolve()
  const isHeld = new Promise<void>((resolve) => {
    const change = async () => {
      resolve()
      await released
      return document
    }
    done = store.update(change, { signal })
  })
  return { isHeld, release, done }
}

function pause(durationMs: number): Promise<undefined> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(undefined), durationMs)
  })
}

function isSame(document: CheckedDocument | undefined, expected: CheckedDocument): boolean {
  return document?.count === expected.count && document?.text === expected.text
}
