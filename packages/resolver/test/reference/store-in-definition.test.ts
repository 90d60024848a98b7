import { bearerAuth, rotatingToken, type StoredToken } from '@outbound-auth/bearer'
import {
  AuthError,
  applyAuth,
  createHeaderMap,
  createMemoryStore,
  type DocumentStore,
} from '@outbound-auth/core'
import { describe, expect, it, vi } from 'vitest'
import { createResolver, definitionPath, type StoreFactory, type StoreSettings } from '../../src/index.js'

const baseUrl = 'https://api.example.com'
const marker = 'SECRET-c0ffee'
const env = { REDIS_URL: `redis://user:${marker}@db.example:6379`, OA_KEY: `${marker}-key` }
const place = { url: { env: 'REDIS_URL' }, key: 'oa:team-1', encryptionKeys: [{ env: 'OA_KEY' }] }

type Refresh = Parameters<typeof rotatingToken<StoredToken>>[0]['refresh']

function rotating({ store, refresh }: { store: DocumentStore<StoredToken>; refresh: Refresh }) {
  return { ...bearerAuth({ token: rotatingToken({ store, refresh }) }), kind: 'rotating' as const }
}

const login = { accessToken: 'access-1', refreshToken: 'refresh-1' }
const refresh = async () => ({ accessToken: 'access-2' })

async function sentBy({ provider }: { provider: Parameters<typeof applyAuth>[0] }): Promise<string | null> {
  const request = { method: 'GET', url: baseUrl, headers: createHeaderMap() }
  return (await applyAuth(provider, request)).headers.get('authorization')
}

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error) => error,
  )

describe('a store in a definition', () => {
  it('is opened at the first use, with the secrets of its place, and once', async () => {
    const seen: StoreSettings[] = []
    const redis: StoreFactory = async (settings) => {
      seen.push(settings)
      return createMemoryStore(login)
    }
    const resolver = createResolver({ rotating }, { env, stores: { redis } })
    const auth = await resolver.resolve({ kind: 'rotating', store: { redis: place }, refresh, baseUrl })
    expect(seen).toEqual([])
    expect(auth.reason).toBe(
      'rotating in header authorization from store redis under oa:team-1, for https://api.example.com',
    )
    expect(await Promise.all([sentBy(auth), sentBy(auth)])).toEqual(['Bearer access-1', 'Bearer access-1'])
    expect(seen).toEqual([{ key: 'oa:team-1', url: env.REDIS_URL, encryptionKeys: [env.OA_KEY] }])
    expect(JSON.stringify(auth) + auth.reason).not.toContain(marker)
  })

  it('gets literals, a table, and what a file and a command give', async () => {
    const seen: StoreSettings[] = []
    const postgres: StoreFactory = (settings) => {
      seen.push(settings)
      return createMemoryStore(login)
    }
    const options = {
      stores: { postgres },
      readFile: async () => ' postgres://db.example/app\n',
      runCommand: async () => ({ token: 'key-1' }),
    }
    const store = {
      postgres: {
        url: { file: '/run/url' },
        key: 'team-1',
        table: 'auth.documents',
        encryptionKeys: [{ command: ['print-key'] }, 'key-2'],
      },
    }
    const resolver = createResolver({ rotating }, options)
    const auth = await resolver.resolve({ kind: 'rotating', store, refresh, baseUrl })
    expect(await sentBy(auth)).toBe('Bearer access-1')
    expect(seen).toEqual([
      {
        key: 'team-1',
        url: 'postgres://db.example/app',
        table: 'auth.documents',
        encryptionKeys: ['key-1', 'key-2'],
      },
    ])
  })

  it('needs no url where the application has a client of its own', async () => {
    const memory = createMemoryStore(login)
    const resolver = createResolver(
      { rotating },
      { stores: { own: ({ key }) => (key === 'a' ? memory : fail()) } },
    )
    const auth = await resolver.resolve({ kind: 'rotating', store: { own: { key: 'a' } }, refresh, baseUrl })
    expect(await sentBy(auth)).toBe('Bearer access-1')
  })

  it('may be a DocumentStore, which is passed as it is', async () => {
    const resolver = createResolver({ rotating })
    const store = createMemoryStore(login)
    const auth = await resolver.resolve({ kind: 'rotating', store, refresh, baseUrl })
    expect(await sentBy(auth)).toBe('Bearer access-1')
  })

  it('is opened anew after an error that stays, if a secret has changed', async () => {
    let url = 'redis://old'
    const opened: unknown[] = []
    const redis: StoreFactory = ({ url: given }) => {
      opened.push(given)
      if (given === 'redis://new') return createMemoryStore(login)
      const denied = async () => {
        throw AuthError.build('denied', { code: 'ERR_AUTH_STORE_ACCESS' })
      }
      return { read: denied, update: denied }
    }
    let store: DocumentStore<StoredToken> | undefined
    const take = (options: { store: DocumentStore<StoredToken> }) => {
      store = options.store
      return rotating({ ...options, refresh })
    }
    const resolver = createResolver({ rotating: take }, { stores: { redis }, readFile: async () => url })
    const definition = { redis: { url: { file: '/run/url' }, key: 'a' } }
    await resolver.resolve({ kind: 'rotating', store: definition, baseUrl })
    const read = () => (store as DocumentStore<StoredToken>).read()
    expect(await failure(read())).toMatchObject({ code: 'ERR_AUTH_STORE_ACCESS' })
    expect(await failure(read())).toMatchObject({ code: 'ERR_AUTH_STORE_ACCESS' })
    url = 'redis://new'
    expect(await read()).toEqual(login)
    url = 'redis://newest'
    expect(await read()).toEqual(login)
    expect(opened).toEqual(['redis://old', 'redis://new'])
  })

  it('passes the signal and isDone of an update', async () => {
    let store: DocumentStore<StoredToken> | undefined
    const update = vi.fn(async () => login)
    const take = (options: { store: DocumentStore<StoredToken> }) => {
      store = options.store
      return rotating({ ...options, refresh })
    }
    const resolver = createResolver(
      { rotating: take },
      { stores: { redis: () => ({ read: async () => login, update }) } },
    )
    await resolver.resolve({ kind: 'rotating', store: { redis: { key: 'a' } }, baseUrl })
    const change = () => undefined
    const options = { signal: new AbortController().signal, isDone: () => false }
    expect(await store?.update(change, options)).toEqual(login)
    expect(update.mock.calls).toEqual([[change, options]])
  })
})

it('a store that could not be opened for the moment is opened at the next use', async () => {
  let calls = 0
  const redis: StoreFactory = () => {
    calls += 1
    if (calls === 1) throw AuthError.transient('Cannot reach the vault', { code: 'ERR_AUTH_STORE_IO' })
    return createMemoryStore(login)
  }
  let store: DocumentStore<StoredToken> | undefined
  const holding = (options: { store: DocumentStore<StoredToken> }) => {
    store = options.store
    return { ...bearerAuth({ token: 'a' }), kind: 'holding' as const }
  }
  const resolver = createResolver({ holding }, { env, stores: { redis } })
  await resolver.resolve({ kind: 'holding', store: { redis: place }, baseUrl })
  expect(await failure(store?.read() as Promise<unknown>)).toMatchObject({ code: 'ERR_AUTH_STORE_IO' })
  expect(await store?.read()).toEqual(login)
  expect(calls).toBe(2)
})

describe('a malformed store in a definition', () => {
  const redis: StoreFactory = () => createMemoryStore(login)
  const resolve = (store: unknown) =>
    createResolver({ rotating }, { env, stores: { redis } }).resolveUnknown({
      kind: 'rotating',
      store,
      refresh,
      baseUrl,
    })

  it.each([
    [{}, ['store'], 'store must name one store, such as { redis: { url, key } }, got none'],
    [{ redis: place, postgres: place }, ['store'], 'store must name one store, such as'],
    [{ redis: 'oa:team-1' }, ['store', 'redis'], 'store.redis must be an object with a key'],
    [{ redis: { ...place, key: ' ' } }, ['store', 'redis', 'key'], 'store.redis.key must be the name'],
    [{ redis: { url: place.url } }, ['store', 'redis', 'key'], 'store.redis.key must be the name'],
    [{ redis: { ...place, table: 1 } }, ['store', 'redis', 'table'], 'store.redis.table must be the name'],
    [{ redis: { ...place, host: marker } }, ['store', 'redis', 'host'], 'host'],
    [{ redis: { ...place, url: 5 } }, ['store', 'redis', 'url'], 'store.redis.url must be a string, { env }'],
    [
      { redis: { ...place, url: {} } },
      ['store', 'redis', 'url'],
      'store.redis.url must be a string, { env }',
    ],
    [
      { redis: { ...place, encryptionKeys: marker } },
      ['store', 'redis', 'encryptionKeys'],
      'store.redis.encryptionKeys must be a list of one or more keys',
    ],
    [
      { redis: { ...place, encryptionKeys: [''] } },
      ['store', 'redis', 'encryptionKeys', '0'],
      'store.redis.encryptionKeys.0 must be a string',
    ],
  ])('%j is a TypeError with a path', async (store, path, message) => {
    const error = await failure(resolve(store))
    expect(error).toBeInstanceOf(TypeError)
    expect(error.message).toContain(message)
    expect(error.message).not.toContain(marker)
    expect(definitionPath(error)).toEqual(path)
  })

  it('names stores when nothing opens it', async () => {
    const error = await failure(
      createResolver({ rotating }).resolveUnknown({
        kind: 'rotating',
        store: { redis: place },
        refresh,
        baseUrl,
      }),
    )
    expect(error).toMatchObject({ kind: 'build', code: 'ERR_AUTH_UNSUPPORTED' })
    expect(error.message).toBe(
      'Cannot resolve rotating: store: store redis is not known; pass createResolver(factories, { stores: { redis } }) with a function that opens it',
    )
    expect(definitionPath(error)).toEqual(['store'])
  })

  it.each([
    ['rediss', 'store rediss is not known; did you mean redis?'],
    ['dynamodb', 'stores: { dynamodb } }) with a function that opens it; there are redis'],
    ['toString', 'stores: { toString } })'],
    [`${marker} in the wrong place`, 'store … is not known'],
  ])('says what is known beside the store %s', async (name, message) => {
    const error = await failure(resolve({ [name]: place }))
    expect(error).toMatchObject({ code: 'ERR_AUTH_UNSUPPORTED' })
    expect(error.message).toContain(message)
    expect(error.message).not.toContain(marker)
  })

  it('names a variable that is not set', async () => {
    const error = await failure(resolve({ redis: { ...place, url: { env: 'NO_URL' } } }))
    expect(error).toMatchObject({ code: 'ERR_AUTH_MISSING_ENV' })
    expect(definitionPath(error)).toEqual(['store', 'redis', 'url'])
  })

  it('is an error of the first request when its source gives no text, or the function no store', async () => {
    const options = { readFile: async () => 'redis://a', runCommand: async () => 5 as never }
    const malformed = Object.assign(new TypeError('sharedStore: encryptionKeys[0] is malformed'), {
      option: 'encryptionKeys[0]',
    })
    const stores = {
      redis: () => 5 as never,
      other: () => {
        throw malformed
      },
      broken: () => {
        throw new TypeError(marker)
      },
    }
    const resolver = createResolver({ rotating }, { ...options, stores })
    const first = await resolver.resolve({
      kind: 'rotating',
      store: { redis: { ...place, url: { command: ['x'] }, encryptionKeys: undefined } },
      refresh,
      baseUrl,
    })
    expect(await failure(sentBy(first))).toMatchObject({ code: 'ERR_AUTH_CREDENTIAL' })
    const second = await resolver.resolve({
      kind: 'rotating',
      store: { redis: { key: marker.repeat(9) } },
      refresh,
      baseUrl,
    })
    expect(second.reason).toContain('store redis under …')
    const error = await failure(sentBy(second))
    expect(String(error.message) + String(error.cause?.message)).not.toContain(marker)
    expect(error).toMatchObject({ kind: 'build', code: 'ERR_AUTH_STORE_ACCESS' })
    expect(error.message).toContain('store.redis: the function of stores must return a DocumentStore')
    const resolveWith = (store: object) =>
      resolver.resolve({ kind: 'rotating', store, refresh, baseUrl } as never)
    const third = await failure(sentBy(await resolveWith({ other: { key: 'a' } })))
    expect(third).toMatchObject({ code: 'ERR_AUTH_STORE_ACCESS' })
    expect(third.message).toContain('store.other: sharedStore: encryptionKeys[0] is malformed')
    const fourth = await failure(sentBy(await resolveWith({ broken: { key: 'a' } })))
    expect(String(fourth.message) + JSON.stringify(fourth.cause)).not.toContain(marker)
  })

  it.each([[{ stores: 5 }], [{ stores: { redis: 'redis://' } }]])(
    'createResolver() rejects %j',
    (options) => {
      expect(() => createResolver({ rotating }, options as never)).toThrow(
        expect.objectContaining({ name: 'TypeError', message: expect.stringContaining('stores') }),
      )
    },
  )
})

function fail(): never {
  throw new Error('another key')
}
