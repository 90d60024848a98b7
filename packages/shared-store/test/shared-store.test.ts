import { AuthError, type AuthEvent } from '@outbound-auth/core'
import { type CheckedDocument, checkDocumentStore } from '@outbound-auth/core/testing'
import { describe, expect, it, vi } from 'vitest'
import { type SharedStoreOptions, sharedStore } from '../src/index.js'
import { type Faults, memoryEngine } from './memory-record.js'

const keys = [`${'AAAA'.repeat(10)}AAA=`, `${'BBBB'.repeat(10)}BBA=`]
const lost = () => Promise.reject(new Error('SECRET-in-a-message'))

function lab(options: Partial<SharedStoreOptions<CheckedDocument>> = {}) {
  const engine = memoryEngine()
  const events: AuthEvent[] = []
  const open = (faults?: Faults) =>
    sharedStore<CheckedDocument>({
      record: engine.client(faults),
      observer: (event) => events.push(event),
      ...options,
    })
  return { engine, events, open }
}

describe.each([
  ['a plain document', {}],
  ['an encrypted document', { encryptionKeys: keys }],
])('sharedStore() with %s keeps the contract:', (_, options) => {
  const engines = new WeakMap<object, ReturnType<typeof lab>>()
  const create = () => {
    const made = lab(options)
    const store = made.open()
    engines.set(store, made)
    return store
  }
  const reopen = (store: object) => engines.get(store)?.open() ?? create()
  for (const { name, run } of checkDocumentStore({ create, reopen })) it(name, run)
})

it('sharedStore() takes two reads and two writes for a change, and one read for a document', async () => {
  const { engine, open } = lab()
  const store = open()
  await store.update(() => ({ count: 1 }))
  expect(engine.calls).toEqual(['get', 'put', 'put'])
  await store.read()
  expect(engine.calls).toEqual(['get', 'put', 'put', 'get'])
})

it('sharedStore() learns of a write whose response was lost', async () => {
  const { open } = lab()
  for (const number of [1, 2]) {
    const store = open({ after: (call, count) => call === 'put' && count === number && lost() })
    expect(await store.update(({ count = 0 } = { count: 0 }) => ({ count: count + 1 }))).toEqual({
      count: number,
    })
  }
})

it('sharedStore() writes a new document again until the engine takes it, and says so', async () => {
  const { open, events } = lab()
  const store = open({ before: (call, number) => call === 'put' && number > 1 && number < 5 && lost() })
  expect(await store.update(() => ({ count: 1 }))).toEqual({ count: 1 })
  expect(events).toEqual([
    expect.objectContaining({ type: 'warned', kind: 'shared-store', code: 'ERR_AUTH_STORE_IO' }),
  ])
  expect(await open().read()).toEqual({ count: 1 })
})

it('sharedStore() goes on when the engine is back, as long as lockTimeoutMs lasts', async () => {
  const { open } = lab()
  const store = open({ before: (_, number) => number < 4 && lost() })
  expect(await store.update(() => ({ count: 1 }))).toEqual({ count: 1 })
  const impatient = lab({ lockTimeoutMs: 60, holderTimeoutMs: 50 }).open({ before: lost })
  await expect(impatient.update(() => ({ count: 1 }))).rejects.toMatchObject({
    code: 'ERR_AUTH_STORE_IO',
    retryable: true,
    message: 'Cannot read the record x: the client of the record x failed',
  })
})

it('sharedStore() ends a call that gets no response', async () => {
  const { open } = lab({ requestTimeoutMs: 30 })
  const store = open({ before: () => new Promise(() => {}) })
  await expect(store.read()).rejects.toMatchObject({
    code: 'ERR_AUTH_STORE_IO',
    message: 'Cannot read the record x: no response within 30 ms (requestTimeoutMs)',
  })
})

it('sharedStore() waits for a holder that gives signs of life, and takes over from one that gives none', async () => {
  const { open } = lab({ lockTimeoutMs: 5000, holderTimeoutMs: 200 })
  const living = open().update(async () => {
    await new Promise((resolve) => setTimeout(resolve, 600))
    return { count: 1 }
  })
  await expect.poll(() => open().update((document) => document)).toEqual({ count: 1 })
  await living
  let release = () => {}
  // It cannot write after it took the lock.
  const cut = open({ before: (call, number) => call === 'put' && number > 1 && released })
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  const overtaken = cut.update(() => ({ count: 7 })).catch((error: unknown) => error)
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(await open().update(({ count } = { count: 0 }) => ({ count: count + 1 }))).toEqual({ count: 2 })
  release()
  expect(await overtaken).toMatchObject({ code: 'ERR_AUTH_STORE_LOCK_LOST', retryable: true })
  expect(await open().read()).toEqual({ count: 2 })
})

/** Resolves when the engine has had so many calls. */
const until = (holds: () => boolean) => vi.waitFor(() => expect(holds()).toBe(true), 20_000)

it('sharedStore() keeps its lock when the response to a sign of life is lost, and then writes', async () => {
  const { engine, open } = lab({ lockTimeoutMs: 5000, holderTimeoutMs: 100 })
  const store = open({ after: (call, number) => call === 'put' && number === 2 && lost() })
  const written = await store.update(async () => {
    await until(() => engine.calls.length > 6)
    return { count: 1 }
  })
  expect(written).toEqual({ count: 1 })
  expect(await open().read()).toEqual({ count: 1 })
})

it('sharedStore() gives its lock back when it does not know whether the last sign of life has arrived', async () => {
  const { engine, open } = lab({ lockTimeoutMs: 5000, holderTimeoutMs: 100 })
  const store = open({ after: (call, number) => call === 'put' && number === 2 && lost() })
  await store.update(async () => {
    await until(() => engine.calls.filter((call) => call === 'put').length > 1)
    return undefined
  })
  expect(engine.text).not.toContain('"lock"')
})

it('sharedStore() passes on the result of a change when its lock cannot be given back', async () => {
  const { engine, open } = lab({ lockTimeoutMs: 5000, holderTimeoutMs: 100 })
  await open().update(() => ({ count: 1 }))
  const cut = open({ before: (call, number) => call === 'put' && number > 1 && lost() })
  expect(await cut.update(() => undefined)).toEqual({ count: 1 })
  expect(engine.text).toContain('"lock"')
  expect(await open().update(() => ({ count: 2 }))).toEqual({ count: 2 })
})

it('sharedStore() gives no more signs of life when another holder has the lock', async () => {
  const { engine, open } = lab({ lockTimeoutMs: 5000, holderTimeoutMs: 100 })
  let other: string | undefined
  const overtaken = open().update(async () => {
    other = engine.text
      ?.replace(/"lock":"[^"]*"/, '"lock":"another"')
      .replace(/"stamp":"[^"]*"/, '"stamp":"x"')
    engine.text = other
    const before = engine.calls.length
    await until(() => engine.calls.length >= before + 2)
    return { count: 1 }
  })
  await expect(overtaken).rejects.toMatchObject({ code: 'ERR_AUTH_STORE_LOCK_LOST' })
  expect(engine.text).toBe(other)
})

it('sharedStore() rejects an encrypted document that is damaged', async () => {
  const { engine, open } = lab({ encryptionKeys: keys })
  for (const sealed of ['%%%', '', 'AAAA']) {
    engine.text = `oa1:${JSON.stringify({ line: 'a', rev: 1, stamp: 'b', sealed })}`
    await expect(open().read()).rejects.toMatchObject({ code: 'ERR_AUTH_STORE_CORRUPT', retryable: false })
  }
})

it('sharedStore() is busy when the holder takes longer than lockTimeoutMs', async () => {
  const { open } = lab({ lockTimeoutMs: 150, holderTimeoutMs: 100 })
  let release = () => {}
  const held = open().update(
    () =>
      new Promise<undefined>((resolve) => {
        release = () => resolve(undefined)
      }),
  )
  await new Promise((resolve) => setTimeout(resolve, 20))
  await expect(open().update(() => undefined)).rejects.toMatchObject({
    code: 'ERR_AUTH_STORE_BUSY',
    retryable: true,
  })
  release()
  await held
})

it('sharedStore() uses and restores the newer document after the engine lost a write', async () => {
  const { engine, open, events } = lab()
  const store = open()
  await store.update(() => ({ count: 1 }))
  const backup = engine.text
  await store.update(() => ({ count: 2 }))
  engine.text = backup
  expect(await store.read()).toEqual({ count: 2 })
  expect(await open().read()).toEqual({ count: 1 })
  expect(await store.update(() => undefined)).toEqual({ count: 2 })
  expect(await open().read()).toEqual({ count: 2 })
  expect(events.map((event) => event.type === 'warned' && event.code)).toEqual(['ERR_AUTH_STORE_ROLLBACK'])
})

it('sharedStore() restores its new document when the engine goes back during the change', async () => {
  const { engine, open, events } = lab()
  const store = open()
  await store.update(() => ({ count: 1 }))
  const backup = engine.text
  await store.update(() => ({ count: 2 }))
  await store.update(() => {
    engine.text = backup
    return { count: 3 }
  })
  expect(await open().read()).toEqual({ count: 3 })
  expect(events).toMatchObject([{ code: 'ERR_AUTH_STORE_ROLLBACK' }])
})

it('sharedStore() writes its new document when the engine forgets that the lock was taken', async () => {
  const { engine, open, events } = lab()
  const store = open()
  await store.update(() => ({ count: 1 }))
  const backup = engine.text
  await store.update(() => {
    engine.text = backup
    return { count: 2 }
  })
  expect(await open().read()).toEqual({ count: 2 })
  expect(events).toEqual([])
})

it('sharedStore() writes its new document over an older one that a holder of the past has locked', async () => {
  const { engine, open, events } = lab()
  const store = open()
  await store.update(() => ({ count: 1 }))
  let backup: string | undefined
  await store.update(() => {
    backup = engine.text
    return { count: 2 }
  })
  await store.update(() => {
    engine.text = backup
    return { count: 3 }
  })
  expect(await open().read()).toEqual({ count: 3 })
  expect(events).toMatchObject([{ code: 'ERR_AUTH_STORE_ROLLBACK' }])
})

it('sharedStore() takes the lock again that the engine forgets during a long change', async () => {
  const { engine, open } = lab({ lockTimeoutMs: 5000, holderTimeoutMs: 100 })
  const store = open()
  await store.update(() => ({ count: 1 }))
  const backup = engine.text
  const isLocked = () => engine.text?.includes('"lock"') === true
  await store.update(async () => {
    engine.text = backup
    await until(isLocked)
    return { count: 2 }
  })
  expect(isLocked()).toBe(false)
  expect(await open().read()).toEqual({ count: 2 })
})

it('sharedStore() does not restore a record that was removed', async () => {
  const { engine, open } = lab()
  const store = open()
  await store.update(() => ({ count: 1 }))
  engine.text = undefined
  expect(await store.read()).toBeUndefined()
  await expect(
    store.update(() => {
      engine.text = undefined
      return { count: 2 }
    }),
  ).rejects.toMatchObject({ code: 'ERR_AUTH_STORE_LOCK_LOST' })
  expect(engine.text).toBeUndefined()
  expect(await store.update(() => ({ count: 3 }))).toEqual({ count: 3 })
})

it('sharedStore() encrypts with the first key, and opens with each', async () => {
  const { engine, open } = lab({ encryptionKeys: [keys[0]] })
  await open().update(() => ({ count: 1, text: 'SECRET-document' }))
  expect(engine.text).not.toContain('SECRET')
  const rotating = sharedStore<CheckedDocument>({
    record: engine.client(),
    encryptionKeys: [keys[1], keys[0]],
  })
  expect(await rotating.update((document) => document)).toEqual({ count: 1, text: 'SECRET-document' })
  const only = sharedStore<CheckedDocument>({ record: engine.client(), encryptionKeys: [keys[1]] })
  expect(await only.read()).toEqual({ count: 1, text: 'SECRET-document' })
  for (const wrong of [[keys[0]], undefined]) {
    const store = sharedStore({ record: engine.client(), encryptionKeys: wrong })
    await expect(store.read()).rejects.toMatchObject({
      code: 'ERR_AUTH_STORE_CORRUPT',
      retryable: false,
      message: expect.stringContaining('encryptionKeys'),
    })
  }
})

it('sharedStore() encrypts a plain document at its next change', async () => {
  const { engine, open } = lab()
  await open().update(() => ({ count: 1, text: 'SECRET-document' }))
  expect(engine.text).toContain('SECRET-document')
  const sealed = sharedStore<CheckedDocument>({ record: engine.client(), encryptionKeys: keys })
  expect(await sealed.read()).toEqual({ count: 1, text: 'SECRET-document' })
  await sealed.update((document) => document)
  expect(engine.text).not.toContain('SECRET-document')
})

it('sharedStore() rejects the encrypted document of a record with another name', async () => {
  const { engine, open } = lab({ encryptionKeys: keys })
  await open().update(() => ({ count: 1 }))
  const moved = sharedStore({ record: { ...engine.client(), name: 'the record y' }, encryptionKeys: keys })
  await expect(moved.read()).rejects.toMatchObject({ code: 'ERR_AUTH_STORE_CORRUPT' })
})

it('sharedStore() keeps members that parse leaves out', async () => {
  const { engine, open } = lab()
  await open().update(() => ({ count: 1, text: 'of a newer program' }))
  const older = sharedStore<{ count: number }>({
    record: engine.client(),
    parse: (json) => ({ count: (json as { count: number }).count }),
  })
  expect(await older.update(() => ({ count: 2 }))).toEqual({ count: 2 })
  expect(await open().read()).toEqual({ count: 2, text: 'of a newer program' })
})

it.each([['SECRET {"a":1}'], ['oa1:{"line":"SECRET"}'], ['oa1:[]'], ['oa1:'], ['']])(
  'sharedStore() does not use or replace a record that holds %j',
  async (text) => {
    const { engine, open } = lab()
    engine.text = text
    for (const call of [open().read(), open().update(() => ({ count: 1 }))]) {
      const error = await call.catch((thrown: unknown) => thrown)
      expect(error).toMatchObject({ code: 'ERR_AUTH_STORE_CORRUPT', retryable: false })
      expect(String(error)).not.toContain('SECRET')
    }
    expect(engine.text).toBe(text)
  },
)

it('sharedStore() shows no part of a document or of a message of the client', async () => {
  const parse = () => {
    throw new Error('SECRET-document')
  }
  const { engine, open } = lab()
  await open().update(() => ({ count: 1, text: 'SECRET-document' }))
  const failing = [sharedStore({ record: engine.client(), parse }).read(), open({ before: lost }).read()]
  for (const call of failing) {
    const error = await call.catch((thrown: unknown) => thrown)
    expect(AuthError.is(error)).toBe(true)
    expect(
      `${(error as Error).stack}${JSON.stringify(error)}${String((error as Error).cause)}`,
    ).not.toContain('SECRET')
  }
})

it.each<[string, unknown, string]>([
  ['no record', {}, 'sharedStore: record must be a SharedRecord'],
  [
    'a key that is not set',
    { encryptionKeys: [undefined] },
    'encryptionKeys[0] must be 32 bytes in base64, got undefined',
  ],
  [
    'a short key',
    { encryptionKeys: ['U0VDUkVU'] },
    'encryptionKeys[0] must be 32 bytes in base64, got 6 bytes (make one with: openssl rand -base64 32)',
  ],
  [
    'a password',
    { encryptionKeys: ['SECRET password!'] },
    'encryptionKeys[0] must be 32 bytes in base64, got another text',
  ],
  ['no keys', { encryptionKeys: [] }, 'encryptionKeys must be an array of one or more keys'],
  [
    'a lock shorter than its holder',
    { lockTimeoutMs: 15_000 },
    'lockTimeoutMs must be more than holderTimeoutMs (15000)',
  ],
  ['no time', { requestTimeoutMs: 0 }, 'requestTimeoutMs must be more than 0'],
  ['a misspelt option', { encryptionKey: 'x' }, 'did you mean encryptionKeys'],
])('sharedStore() with %s is a TypeError', (problem, options, message) => {
  const record = problem === 'no record' ? undefined : memoryEngine().client()
  expect(() => sharedStore({ record, ...(options as object) } as SharedStoreOptions<unknown>)).toThrow(
    message,
  )
})

it('sharedStore() rejects a change whose result is a function, or too long, and keeps the document', async () => {
  const { open } = lab()
  const store = open()
  await store.update(() => ({ count: 1 }))
  await expect(store.update(() => (() => {}) as never)).rejects.toThrow('a change must return a JSON value')
  await expect(store.update(() => ({ count: 1, text: 'x'.repeat(2 ** 20) }))).rejects.toThrow(
    'less than 1 MiB',
  )
  expect(await store.update(() => undefined)).toEqual({ count: 1 })
})
