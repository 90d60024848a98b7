import { expect, test } from 'vitest'
import { keyPath, keysOf, propertyOf } from '../../src/config/key-path.js'

const table = {
  base_url: 'https://a.example',
  token: { command: ['x'], timeout_ms: 5 },
  credentials: { access_key_id: 'a' },
  headers: { 'X-Team': 'b', 'my.header': 'c' },
  resource: ['d'],
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
  [['BASEURL'], []],
  [['TOKEN'], ['token']],
  [['baseUrl', '0'], ['base_url']],
  [['resource', '0'], ['resource']],
  [['region'], []],
  [[], []],
])('keysOf() finds for the property %j the key %j', (path, keys) => {
  expect(keysOf(path, table)).toEqual(keys)
})

test('keyPath() quotes keys that are not bare', () => {
  expect(keyPath(['providers', 'my gateway', 'token'])).toBe('providers."my gateway".token')
})

test.each([
  [[], ''],
  [['a-b_C1'], 'a-b_C1'],
  [['', 'a.b', ' c', 'd ', 'e"f'], '""."a.b"." c"."d "."e\\"f"'],
])('keyPath() writes %j as %s', (keys, path) => {
  expect(keyPath(keys)).toBe(path)
})

test.each([
  ['a', 'a'],
  ['a_b_cd', 'aBCd'],
  ['a_1', 'a_1'],
  ['a_B', 'a_B'],
  ['_a', 'A'],
])('propertyOf() makes of %s the property %s', (key, property) => {
  expect(propertyOf(key)).toBe(property)
})
