import { createMemoryStore } from '@outbound-auth/core'
import { expect, test } from 'vitest'
import { parseConfig } from '../../src/config/index.js'
import { createResolver } from '../../src/index.js'
import { parseStore } from '../../src/toml/parse-store.js'

const file = { name: 'c.toml', directory: '/etc/oa', home: '/home/oa', isFound: false }
const secret = 'SECRET-c0ffee'
const provider = [
  '[providers.x]',
  'kind = "oauth"',
  'base_url = "https://a.example"',
  'issuer = "https://i.example"',
  'client_id = "a"',
]

function definitionOf(lines: readonly string[]): Readonly<Record<string, unknown>> | undefined {
  return parseConfig([...provider, ...lines].join('\n'), file).providers.get('x')?.definition
}

test('a store of a login has a URL, a key and keys of encryption, whose paths start at the file', () => {
  const url = `url = { env = "REDIS_URL" }`
  const redis = definitionOf([
    `store = { redis = { ${url}, key = "oa:a", encryption_keys = [{ env = "K" }, "k"] } }`,
  ])
  expect(redis?.['store']).toEqual({
    redis: { url: { env: 'REDIS_URL' }, key: 'oa:a', encryptionKeys: [{ env: 'K' }, 'k'] },
  })
  const postgres = definitionOf([
    '[providers.x.store.postgres]',
    'url = { file = "url" }',
    'key = "a"',
    'table = "t"',
  ])
  expect(postgres?.['store']).toEqual({ postgres: { url: { file: '/etc/oa/url' }, key: 'a', table: 't' } })
})

const place = `url = "${secret}", key = "oa:a"`
test.each([
  ['store = "redis"', 'c.toml:6: store must be one of { redis = { url = …, key = "…" } } or { postgres'],
  ['store = {}', 'c.toml:6: store must be one of'],
  [`store = { redis = { ${place} }, postgres = { ${place} } }`, 'c.toml:6: store must be one of'],
  [`store = { rediss = { ${place} } }`, 'c.toml:6: "rediss" is not a store; store must be one of'],
  ['store = { toString = {} }', 'c.toml:6: "toString" is not a store'],
  [`store = { redis = "${secret}" }`, 'c.toml:6: store.redis must be a table with url and key'],
  ['store = { redis = { key = "oa:a" } }', 'c.toml:6: store.redis needs url'],
  [`store = { redis = { url = "${secret}" } }`, 'c.toml:6: store.redis needs key'],
  [
    `store = { redis = { ${place}, table = "t" } }`,
    'c.toml:6: "table" is not a key of store.redis; there are url, key, encryption_keys',
  ],
  [
    `[providers.x.store.postgres]\nurl = 5\nkey = "a"`,
    'c.toml:7: store.postgres.url must be the secret itself',
  ],
  [
    `[providers.x.store.postgres]\nurl = { env = "U", fil = "${secret}" }\nkey = "a"`,
    'c.toml:7: "fil" is not a key of store.postgres.url beside env',
  ],
  [`[providers.x.store.postgres]\nurl = "a"\nkey = " "`, 'c.toml:8: store.postgres.key must be a string'],
  [
    `store = { redis = { ${place}, encryption_keys = "k" } }`,
    'store.redis.encryption_keys must be a list such as',
  ],
  [
    `store = { redis = { ${place}, encryption_keys = [] } }`,
    'store.redis.encryption_keys must be a list such as',
  ],
  [
    `store = { redis = { ${place}, encryption_keys = [5] } }`,
    'c.toml:6: store.redis.encryption_keys[0] must be the secret itself',
  ],
  [
    `client_secret = "s"\nstore = { redis = { ${place} } }`,
    'c.toml:7: store keeps a login: add grant = "authorization-code"',
  ],
])('parseConfig() rejects %j', (line, problem) => {
  let message = ''
  try {
    definitionOf([line])
  } catch (error) {
    message = (error as Error).message
  }
  expect(message).toContain(problem)
  expect(message).not.toContain(secret)
})

test('no other kind has a store', () => {
  const lines = ['[providers.x]', 'kind = "bearer"', 'token = "t"', `store = { redis = { ${place} } }`]
  expect(() => parseConfig([...lines, 'base_url = "https://a.example"'].join('\n'), file)).toThrow(
    'c.toml:4: "store" is not a key of kind bearer (it is one of kind oauth)',
  )
})

test('an error of the resolver about a store has its line and key', async () => {
  const config = parseConfig(
    [...provider, '[providers.x.store.redis]', 'key = "oa:a"', 'url = { env = "NO_URL" }'].join('\n'),
    file,
  )
  const { definition, locate } = config.providers.get('x') as NonNullable<
    ReturnType<typeof config.providers.get>
  >
  const oauth = () => ({ kind: 'oauth', headerNames: ['authorization'], addAuthHeaders() {} }) as const
  const resolver = createResolver({ oauth }, { env: {}, stores: { redis: () => createMemoryStore() } })
  const error = await resolver.resolveUnknown(definition).catch((problem: Error) => problem)
  expect(locate(error as Error)).toBe('c.toml:8: providers.x.store.redis.url')
})

const fail = (path: readonly string[], problem: string): never => {
  throw new Error(`${path.join('/')}: ${problem}`)
}
/** Shows the shape of each part, and rejects a part that is not a string. */
const parse = (value: unknown) =>
  parseStore(
    value,
    'k',
    (shape, part, key, failAt) =>
      typeof part === 'string' ? `${key} as ${shape}: ${part}` : failAt(['k', 'deep'], `${key} is wrong`),
    fail,
  )
const forms = '{ redis = { url = …, key = "…" } } or { postgres = { url = …, key = "…" } }'
const both = { url: 'a', key: 'b' }

test.each<[value: unknown, store: unknown]>([
  [{ redis: both }, { redis: { url: 'k.redis.url as secret: a', key: 'k.redis.key as text: b' } }],
  [
    { postgres: { ...both, table: 'c', encryption_keys: ['d', 'e'] } },
    {
      postgres: {
        url: 'k.postgres.url as secret: a',
        key: 'k.postgres.key as text: b',
        table: 'k.postgres.table as text: c',
        encryptionKeys: [
          'k.postgres.encryption_keys[0] as secret: d',
          'k.postgres.encryption_keys[1] as secret: e',
        ],
      },
    },
  ],
])('parseStore() makes of %j the store %j', (value, store) => {
  expect(parse(value)).toStrictEqual(store)
})

test.each<[value: unknown, problem: string]>([
  ['redis', `k: k must be one of ${forms}`],
  [null, `k: k must be one of ${forms}`],
  [['redis'], `k: k must be one of ${forms}`],
  [{}, `k: k must be one of ${forms}`],
  [{ redis: both, postgres: both }, `k/postgres: k must be one of ${forms}`],
  [{ rediss: both }, `k/rediss: "rediss" is not a store; k must be one of ${forms}`],
  [{ toString: both }, `k/toString: "toString" is not a store; k must be one of ${forms}`],
  [{ redis: 'a' }, 'k/redis: k.redis must be a table with url and key'],
  [
    { redis: { ...both, table: 'c' } },
    'k/redis/table: "table" is not a key of k.redis; there are url, key, encryption_keys',
  ],
  [{ redis: { key: 'b' } }, 'k/redis: k.redis needs url'],
  [{ redis: { url: 'a' } }, 'k/redis: k.redis needs key'],
  [{ redis: { ...both, url: 7 } }, 'k/redis/url/deep: k.redis.url is wrong'],
  [{ redis: { ...both, key: 7 } }, 'k/redis/key/deep: k.redis.key is wrong'],
  [{ postgres: { ...both, table: 7 } }, 'k/postgres/table/deep: k.postgres.table is wrong'],
  ...['c', [], null].map((keys): [unknown, string] => [
    { redis: { ...both, encryption_keys: keys } },
    'k/redis/encryption_keys: k.redis.encryption_keys must be a list such as [{ env = "OA_KEY" }], the key that encrypts first',
  ]),
  [
    { redis: { ...both, encryption_keys: ['c', 7] } },
    'k/redis/encryption_keys/deep: k.redis.encryption_keys[1] is wrong',
  ],
])('parseStore() rejects %j', (value, problem) => {
  expect(() => parse(value)).toThrow(new Error(problem))
})
