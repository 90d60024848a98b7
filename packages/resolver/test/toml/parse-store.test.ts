import { createMemoryStore } from '@outbound-auth/core'
import { expect, test } from 'vitest'
import { parseConfig } from '../../src/config/index.js'
import { createResolver } from '../../src/index.js'

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
