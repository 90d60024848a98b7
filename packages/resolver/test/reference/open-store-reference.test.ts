import { AuthError, type DocumentStore } from '@outbound-auth/core'
import { describe, expect, it, vi } from 'vitest'
import { definitionPath, type StoreFactory, type StoreSettings } from '../../src/index.js'
import { openStoreReference } from '../../src/reference/open-store-reference.js'
import { failure } from '../open-lab.js'

type ReferencePlace = Parameters<typeof openStoreReference>[1]

const at: ReferencePlace = { use: 'Cannot resolve x: store', path: ['store'] }
const both = { read: async () => undefined, update: async () => undefined } as DocumentStore<unknown>

/** Opens a reference with a secret source of the test. */
function open(value: unknown, secret: () => unknown = () => 'secret', redis: StoreFactory = () => both) {
  const openPart = (part: unknown) =>
    (part as { env?: string }).env === undefined ? undefined : { source: secret }
  const stores = { redis, postgres: redis }
  return openStoreReference(value, at, { stores }, openPart)
}

describe('openStoreReference()', () => {
  it.each([undefined, null, 'redis', 5, both, { ...both }, { read() {} }])('leaves %j to others', (value) => {
    expect(open(value)).toBeUndefined()
  })

  it.each<[value: object, problem: string, path: readonly string[]]>([
    [{}, ' must name one store, such as { redis: { url, key } }, got none', ['store']],
    [{ a: 1, b: 2, c: 3 }, ' must name one store, such as { redis: { url, key } }, got 3', ['store']],
    [{ redis: 'a' }, '.redis must be an object with a key', ['store', 'redis']],
    [{ redis: {} }, '.redis.key must be the name of the document', ['store', 'redis', 'key']],
    [{ redis: { key: 5 } }, '.redis.key must be the name of the document', ['store', 'redis', 'key']],
    [
      { redis: { key: 'a', table: ' ' } },
      '.redis.table must be the name of a table',
      ['store', 'redis', 'table'],
    ],
    [
      { redis: { key: 'a', host: 'b' } },
      '.redis: unknown option "host"; it has key, url, table, encryptionKeys',
      ['store', 'redis', 'host'],
    ],
    ...[null, 5, ' ', [], {}, { vault: 'a' }].map((url): [object, string, readonly string[]] => [
      { redis: { key: 'a', url } },
      '.redis.url must be a string, { env }, { file } or { command }',
      ['store', 'redis', 'url'],
    ]),
    ...[null, 'a', [], {}].map((encryptionKeys): [object, string, readonly string[]] => [
      { redis: { key: 'a', encryptionKeys } },
      '.redis.encryptionKeys must be a list of one or more keys, or left out',
      ['store', 'redis', 'encryptionKeys'],
    ]),
    [
      { redis: { key: 'a', encryptionKeys: ['b', 5] } },
      '.redis.encryptionKeys.1 must be a string, { env }, { file } or { command }',
      ['store', 'redis', 'encryptionKeys', '1'],
    ],
    [{ rediss: { key: 'a' } }, ': store rediss is not known; did you mean redis?', ['store']],
    [
      { dynamodb: { key: 'a' } },
      ': store dynamodb is not known; pass createResolver(factories, { stores: { dynamodb } }) with a function that opens it; there are redis, postgres',
      ['store'],
    ],
    [
      { 'my-db': { key: 'a' } },
      ': store my-db is not known; pass createResolver(factories, { stores: { … } }) with a function that opens it; there are redis, postgres',
      ['store'],
    ],
    [
      { '1db': { key: 'a' } },
      ': store 1db is not known; pass createResolver(factories, { stores: { … } }) with a function that opens it; there are redis, postgres',
      ['store'],
    ],
  ])('rejects %j', (value, problem, path) => {
    let error: unknown
    try {
      open(value)
    } catch (thrown) {
      error = thrown
    }
    expect(error).toMatchObject({ message: `${at.use}${problem}` })
    expect(definitionPath(error)).toEqual(path)
  })

  it.each([
    ['oa:team-1', 'oa:team-1'],
    ['{a}/b.c_1', '{a}/b.c_1'],
    ['k'.repeat(64), 'k'.repeat(64)],
    ['k'.repeat(65), '…'],
    ['a b', '…'],
    [' ab', '…'],
    ['ab ', '…'],
  ])('shows the key %s as %s', (key, shown) => {
    expect(open({ redis: { key } })?.label).toBe(`store redis under ${shown}`)
  })

  it('gives the store what the place has, and no more', async () => {
    const seen: StoreSettings[] = []
    const redis: StoreFactory = (settings) => {
      seen.push(settings)
      return both
    }
    const secret = () => ({ token: 'of-token' })
    await open({ redis: { key: 'a' } }, secret, redis)?.store.read()
    const encryptionKeys = ['b', { env: 'B' }]
    await open(
      { redis: { key: 'a', url: { env: 'A' }, table: 't', encryptionKeys } },
      secret,
      redis,
    )?.store.read()
    expect(seen).toStrictEqual([
      { key: 'a' },
      { key: 'a', url: 'of-token', table: 't', encryptionKeys: ['b', 'of-token'] },
    ])
  })

  it('asks a source with a signal that is not aborted, and for no new secret', async () => {
    const secret = vi.fn((_: unknown) => 'a')
    await open({ redis: { key: 'a', url: { env: 'A' } } }, secret as never)?.store.read()
    expect(secret.mock.calls).toEqual([
      [{ signal: expect.objectContaining({ aborted: false }), forceRefresh: false }],
    ])
  })

  it.each([5, ' ', undefined, null, { token: 5 }, { text: 'a' }])(
    'rejects the first use when a source gives %j',
    async (secret) => {
      const opened = open({ redis: { key: 'a', url: { env: 'A' } } }, () => secret)
      const error = await failure(opened?.store.read() as Promise<unknown>)
      expect(error).toMatchObject({
        kind: 'build',
        code: 'ERR_AUTH_CREDENTIAL',
        message: 'Cannot resolve x: store.redis.url: the source gave no text',
      })
      expect(definitionPath(error)).toEqual(['store', 'redis', 'url'])
    },
  )

  it.each([undefined, null, 5, {}, { read() {} }, { update() {} }])(
    'rejects the first use when the function opens %j',
    async (store) => {
      const opened = open({ redis: { key: 'a' } }, undefined, () => store as never)
      const error = await failure(opened?.store.read() as Promise<unknown>)
      expect(error).toMatchObject({
        code: 'ERR_AUTH_STORE_ACCESS',
        message:
          'Cannot resolve x: store.redis: the function of stores must return a DocumentStore, such as sharedStore(…)',
      })
      expect(definitionPath(error)).toEqual(['store', 'redis'])
    },
  )

  it('keeps an error of the function, but for one about an option', async () => {
    const thrownFor = (thrown: unknown) => {
      const opened = open({ redis: { key: 'a' } }, undefined, () => {
        throw thrown
      })
      return failure(opened?.store.read() as Promise<unknown>)
    }
    const lasting = AuthError.build('denied', { code: 'ERR_AUTH_STORE_ACCESS', option: 'url' })
    expect(await thrownFor(lasting)).toBe(lasting)
    expect(definitionPath(lasting)).toEqual(['store', 'redis'])
    const plain = new TypeError('x is not a function')
    expect(await thrownFor(plain)).toBe(plain)
    expect(await thrownFor(Object.assign(new TypeError('url is wrong'), { option: 'url' }))).toMatchObject({
      kind: 'build',
      code: 'ERR_AUTH_STORE_ACCESS',
      message: 'Cannot resolve x: store.redis: url is wrong',
    })
  })

  it('keeps a store open after an error that passes, and reads the secrets again after another one', async () => {
    let error: Error | undefined
    const read = async () => {
      if (error) throw error
      return undefined
    }
    const redis = vi.fn((_: StoreSettings) => ({ ...both, read }))
    let url = 'old'
    const secret = vi.fn(() => url)
    const store = open({ redis: { key: 'k', url: { env: 'A' } } }, secret, redis)?.store
    const use = () => failure(store?.read() as Promise<unknown>)
    error = AuthError.transient('busy', { code: 'ERR_AUTH_STORE_IO' })
    expect(await use()).toBe(error)
    url = 'new'
    expect(await use()).toBe(error)
    expect(secret).toHaveBeenCalledTimes(1)
    error = new Error('broken')
    expect(await use()).toBe(error)
    error = undefined
    expect(await use()).toBeUndefined()
    expect(secret).toHaveBeenCalledTimes(2)
    expect(redis.mock.calls.map(([settings]) => settings.url)).toEqual(['old', 'new'])
  })
})
