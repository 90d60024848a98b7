import { expect, test } from 'vitest'
import { keyPath, keysOf } from '../../src/config/key-path.js'

const table = {
  base_url: 'https://a.example',
  token: { command: ['x'], timeout_ms: 5 },
  credentials: { access_key_id: 'a' },
  headers: { 'X-Team': 'b', 'my.header': 'c' },
}

test.each<[path: readonly string[], keys: readonly string[]]>([
  [['baseUrl'], ['base_url']],
  [
    ['token', 'timeoutMs'],
    ['token', 'timeout_ms'],
  ],
  [
    ['credentials', 'accessKeyId'],
    ['credentials', 'access_key_id'],
  ],
  [['credentials', 'sessionToken'], ['credentials']],
  [
    ['headers', 'x-team'],
    ['headers', 'X-Team'],
  ],
  [
    ['headers', 'my.header'],
    ['headers', 'my.header'],
  ],
  [['baseUrl', 'more'], ['base_url']],
  [['region'], []],
  [[], []],
])('keysOf() finds for the property %j the key %j', (path, keys) => {
  expect(keysOf(path, table)).toEqual(keys)
})

test('keyPath() quotes keys that are not bare', () => {
  expect(keyPath(['providers', 'my gateway', 'token'])).toBe('providers."my gateway".token')
})
