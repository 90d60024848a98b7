import { expect, test } from 'vitest'
import { parseValue } from '../../src/config/parse-value.js'

type KeyShape = Parameters<typeof parseValue>[0]

const place = { directory: '/etc/oa', home: '/home/oa' }
const fail = (path: readonly string[], problem: string): never => {
  throw new Error(`${path.join('/')}: ${problem}`)
}
const parse = (shape: KeyShape, value: unknown) => parseValue(shape, value, 'k', place, fail)

const keys = { access_key_id: 'a', secret_access_key: { env: 'B' } }
const idp = { issuer: 'https://i.example', client_id: 'a' }

test.each<[KeyShape, unknown, unknown]>([
  ['text', 'a', 'a'],
  ['text or variable', 'a', 'a'],
  ['text or variable', { env: 'A' }, { env: 'A' }],
  ['url', 'https://a.example/v1', 'https://a.example/v1'],
  ['origins', ['https://a.example'], ['https://a.example']],
  ['milliseconds', 0, 0],
  ['boolean', false, false],
  ['signed headers', 'all', 'all'],
  ['signed headers', ['host'], ['host']],
  ['text or list', 'a', 'a'],
  ['text or list', ['a', 'b'], ['a', 'b']],
  ['port', 65_535, 65_535],
  ['aws credentials', 'aws', { awsChain: true }],
  ['aws credentials', 'anonymous', 'anonymous'],
  ['aws credentials', { profile: 'work' }, { awsChain: true, profile: 'work' }],
  ['aws credentials', keys, { accessKeyId: 'a', secretAccessKey: { env: 'B' } }],
  ['registration', { base_url: 'https://a.example' }, { baseUrl: 'https://a.example' }],
  ['oauth client', idp, { issuer: 'https://i.example', clientId: 'a' }],
  ['headers', { 'x-a': { env: 'A', optional: true } }, { 'x-a': { env: 'A', optional: true } }],
  ['query', { a: 'b' }, { a: 'b' }],
  ['query name or parameters', 'key', 'key'],
  ['query name or parameters', { a: 'b' }, { a: 'b' }],
  ['secret', { file: '~/token' }, { file: '/home/oa/token' }],
  [
    'secret',
    { command: ['a'], timeout_ms: 5, refresh_interval_ms: 0 },
    { command: ['a'], cwd: '/etc/oa', timeoutMs: 5, refreshIntervalMs: 0 },
  ],
])('parseValue() takes for %s the value %j', (shape, value, parsed) => {
  expect(parse(shape, value)).toEqual(parsed)
})

test.each<[KeyShape, unknown, string]>([
  ['text', ' ', 'k: k must be a string with more than whitespace'],
  ['text or variable', { env: ' ' }, 'k: k must be a string or { env = "NAME" }'],
  ['url', 'ftp://a.example', 'k: k must be an absolute http(s) URL'],
  ['origins', ['https://a.example/path'], 'k: k must be a list of origins'],
  ['milliseconds', Infinity, 'k: k must be a number of milliseconds'],
  ['boolean', 'yes', 'k: k must be true or false'],
  ['signed headers', [7], 'k: k must be "minimal", "all" or a list of header names'],
  ['text or list', [], 'k: k must be a string or a list of strings'],
  ['port', 65_536, 'k: k must be a whole number'],
  ['port', '80', 'k: k must be a whole number'],
  ['port', 1.5, 'k: k must be a whole number'],
  ['aws credentials', 'work', 'k: k must be "aws", { profile = "NAME" }'],
  ['aws credentials', { profile: ' ' }, 'k/profile: k.profile must be a name'],
  ['aws credentials', { profile: 'a', region: 'b' }, 'k/region: "region" is not a key of k beside profile'],
  ['aws credentials', { access_key_id: 'a' }, 'k: k needs secret_access_key'],
  ['aws credentials', { secret_access_key: 'a' }, 'k: k needs access_key_id'],
  ['aws credentials', { ...keys, token: 'a' }, 'k/token: "token" is not a key of k'],
  ['registration', 7, 'k: k must be { base_url = "https://…" }'],
  ['registration', { url: 'a' }, 'k: k must be { base_url = "https://…" }'],
  ['registration', { base_url: 'a' }, 'k/base_url: k.base_url must be an absolute'],
  ['oauth client', 7, 'k: k must be a table with issuer or token_endpoint, and client_id'],
  ['oauth client', { issuer: 'https://i.example' }, 'k: k.client_id is missing'],
  ['oauth client', { ...idp, grant: 'a' }, 'k/grant: "grant" is not a key of k'],
  ['oauth client', { ...idp, constructor: 'a' }, 'k/constructor: "constructor" is not a key of k'],
  ['oauth client', { ...idp, timeout_ms: 'a' }, 'k/timeout_ms: k.timeout_ms must be a number'],
  ['headers', 7, 'k: k must be a table'],
  ['headers', { 'x-a': 7 }, 'k/x-a: k.x-a must be a string or { env = "NAME" }'],
  ['headers', { 'x-a': { env: 'A', file: 'b' } }, 'k/x-a/file: "file" is not a key of k.x-a'],
  ['headers', { 'x-a': { env: 'A', optional: 7 } }, 'k/x-a/optional: k.x-a.optional must be true or false'],
  ['query', { a: 7 }, 'k/a: k.a must be a string'],
  ['secret', { env: 'A', file: 'b' }, 'k: k must be the secret itself or one of'],
  ['secret', { env: ' ' }, 'k/env: k.env must be a string'],
  ['secret', { env: 'A', cwd: 'b' }, 'k/cwd: "cwd" is not a key of k beside env'],
  ['secret', { command: [] }, 'k/command: k.command must be a list of strings'],
  ['secret', { command: ['a', 7] }, 'k/command: k.command must be a list of strings'],
  ['secret', { command: ['a'], timeout_ms: 0 }, 'k/timeout_ms: k.timeout_ms must be more than 0'],
  [
    'subject token',
    { gcp_metadata: { audience: 7 } },
    'k/gcp_metadata/audience: k.gcp_metadata.audience must be',
  ],
])('parseValue() rejects for %s the value %j', (shape, value, message) => {
  expect(() => parse(shape, value)).toThrow(message)
})
