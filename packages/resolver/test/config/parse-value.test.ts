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
  ['url', 'http://a.example', 'http://a.example'],
  ['origins', ['https://a.example', 'HTTP://b.example/'], ['https://a.example', 'HTTP://b.example/']],
  ['origins', [], []],
  ['milliseconds', 0, 0],
  ['milliseconds', 0.5, 0.5],
  ['boolean', false, false],
  ['boolean', true, true],
  ['signed headers', 'all', 'all'],
  ['signed headers', ['host'], ['host']],
  ['signed headers', [], []],
  ['text or list', 'a', 'a'],
  ['text or list', ['a', 'b'], ['a', 'b']],
  ['port', 0, 0],
  ['port', 65_535, 65_535],
  ['aws credentials', 'aws', { awsChain: true }],
  ['aws credentials', 'anonymous', 'anonymous'],
  ['aws credentials', { profile: 'work' }, { awsChain: true, profile: 'work' }],
  ['aws credentials', keys, { accessKeyId: 'a', secretAccessKey: { env: 'B' } }],
  ['registration', { base_url: 'https://a.example' }, { baseUrl: 'https://a.example' }],
  ['oauth client', idp, { issuer: 'https://i.example', clientId: 'a' }],
  ['headers', { 'x-a': { env: 'A', optional: true } }, { 'x-a': { env: 'A', optional: true } }],
  ['headers', { 'x-a': { env: 'A', optional: false } }, { 'x-a': { env: 'A', optional: false } }],
  ['headers', { 'x-a': { env: 'A' }, 'x-b': '' }, { 'x-a': { env: 'A' }, 'x-b': '' }],
  ['query', { a: 'b' }, { a: 'b' }],
  ['query name or parameters', 'key', 'key'],
  ['query name or parameters', { a: 'b' }, { a: 'b' }],
  ['secret', 'a', 'a'],
  ['secret', { env: 'A' }, { env: 'A' }],
  ['secret', { file: '~/token' }, { file: '/home/oa/token' }],
  ['secret', { command: ['a', ''] }, { command: ['a', ''], cwd: '/etc/oa' }],
  ['secret', { command: ['a'], cwd: '~/b' }, { command: ['a'], cwd: '/home/oa/b' }],
  [
    'secret',
    { command: ['a'], timeout_ms: 5, refresh_interval_ms: 0 },
    { command: ['a'], cwd: '/etc/oa', timeoutMs: 5, refreshIntervalMs: 0 },
  ],
  ['subject token', 'a', 'a'],
  ['subject token', { env: 'A' }, { env: 'A' }],
  ['subject token', { azure_imds: { resource: 'a' } }, { azureImds: { resource: 'a' } }],
  [
    'store',
    { redis: { url: 'a', key: 'b', encryption_keys: ['c', { env: 'D' }] } },
    { redis: { url: 'a', key: 'b', encryptionKeys: ['c', { env: 'D' }] } },
  ],
])('parseValue() takes for %s the value %j', (shape, value, parsed) => {
  expect(parse(shape, value)).toStrictEqual(parsed)
})

const forms = '{ env = "NAME" }, { file = "path" } or { command = ["program", "argument"] }'
const secret = `k: k must be the secret itself or one of ${forms}`
const awsForms =
  '"aws", { profile = "NAME" }, { access_key_id, secret_access_key, session_token }, { role_arn, subject_token } or "anonymous"'
const url = 'k: k must be an absolute http(s) URL without user name, query and fragment'
const origins = 'k: k must be a list of origins such as "https://api.example.com", without a path'
const milliseconds = 'k: k must be a number of milliseconds, 0 or more'
const port = 'k: k must be a whole number from 0 to 65535'
const list = 'k: k must be a string or a list of strings'
const signedHeaders = 'k: k must be "minimal", "all" or a list of header names'
const textOrVariable = 'k: k must be a string or { env = "NAME" }'
const command = 'k/command: k.command must be a list of strings, the program first; no shell reads it'
const clientKeys =
  'issuer, token_endpoint, client_id, client_auth, algorithm, key_id, assertion_audience, scope, audience, client_secret, private_key, client_assertion, resource, parameters, timeout_ms, default_lifetime_ms'

test.each<[KeyShape, readonly unknown[], string]>([
  ['text', [null, 7, ' ', ['a']], 'k: k must be a string with more than whitespace'],
  ['text or variable', [null, 7, ' ', {}, { env: 7 }, { env: 'A', optional: true }], textOrVariable],
  [
    'url',
    [
      ...[null, 7, 'a.example', ['https://a.example'], 'ftp://a.example', 'xhttps://a.example'],
      ...['https://a.example?a', 'https://a.example#a', 'https://a@a.example', 'https://:a@a.example'],
    ],
    url,
  ],
  [
    'origins',
    [
      ...[null, 'https://a.example', [null], [['https://a.example']], ['https://'], ['a.example']],
      ...[['xhttps://a.example'], ['ftp://a.example'], ['https://*.example'], ['https://a.example/b']],
      ...[['https://a.example?a'], ['https://a@a.example'], ['https://a.example', 'b.example']],
    ],
    origins,
  ],
  ['milliseconds', [null, '5', -1, Infinity, Number.NaN], milliseconds],
  ['boolean', [null, 'true', 1], 'k: k must be true or false'],
  ['signed headers', [null, ' ', [7], ['a', ' '], 7], signedHeaders],
  ['text or list', [null, ' ', [], ['a', ' '], [7], { a: 'b' }], list],
  ['port', [null, '80', -1, 65_536, 1.5], port],
  ['aws credentials', [null, 7, 'work', ['aws']], `k: k must be ${awsForms}`],
  [
    'registration',
    [null, 7, ['https://a.example'], { base_url: 'https://a.example', url: 'b' }],
    'k: k must be { base_url = "https://…" }',
  ],
  [
    'registration',
    [{}],
    'k/base_url: k.base_url must be an absolute http(s) URL without user name, query and fragment',
  ],
  ['oauth client', [null, 'a', ['a']], 'k: k must be a table with issuer or token_endpoint, and client_id'],
  ['oauth client', [{}, { issuer: 'https://i.example' }], 'k: k.client_id is missing'],
  ['oauth client', [{ ...idp, grant: 'a' }], `k/grant: "grant" is not a key of k; there are ${clientKeys}`],
  ['headers', [null, 7, 'a', ['a']], 'k: k must be a table'],
  [
    'headers',
    [{ 'x-a': null }, { 'x-a': 7 }, { 'x-a': {} }, { 'x-a': { env: ' ' } }],
    'k/x-a: k.x-a must be a string or { env = "NAME" }, perhaps with optional = true',
  ],
  ['headers', [{ 'a b': 'c' }], 'k/a b: k: Not a header name: "a b"'],
  ['query', [null, 7, 'a', ['a']], 'k: k must be a table'],
  ['query', [{ a: 'b', c: 7 }, { c: null }], 'k/c: k.c must be a string'],
  ['query name or parameters', [null, 7, ' ', ['a']], 'k: k must be a table'],
  [
    'secret',
    [null, 7, ' ', ['a'], {}, { vault: 'a' }, { env: 'A', file: 'b' }, { file: 'a', command: ['b'] }],
    secret,
  ],
  ['secret', [{ env: 7 }, { env: ' ' }], 'k/env: k.env must be a string with more than whitespace'],
  ['secret', [{ file: 7 }, { file: ' ' }], 'k/file: k.file must be a string with more than whitespace'],
  ['secret', [{ env: 'A', cwd: 'b' }], 'k/cwd: "cwd" is not a key of k beside env'],
  ['secret', [{ file: 'a', timeout_ms: 5 }], 'k/timeout_ms: "timeout_ms" is not a key of k beside file'],
  ['secret', [{ command: ['a'], acwd: 'b' }], 'k/acwd: "acwd" is not a key of k beside command'],
  [
    'secret',
    [{ command: ['a'], refresh_interval_mss: 5 }],
    'k/refresh_interval_mss: "refresh_interval_mss" is not a key of k beside command',
  ],
  ['secret', [{ command: 'a' }, { command: [] }, { command: [' '] }, { command: ['a', 7] }], command],
  ['secret', [{ command: ['a'], cwd: ' ' }], 'k/cwd: k.cwd must be a string with more than whitespace'],
  ['secret', [{ command: ['a'], timeout_ms: 0 }], 'k/timeout_ms: k.timeout_ms must be more than 0'],
  [
    'secret',
    [{ command: ['a'], refresh_interval_ms: -1 }],
    'k/refresh_interval_ms: k.refresh_interval_ms must be a number of milliseconds, 0 or more',
  ],
  ['subject token', [null, 7, {}, { gitlab: {} }], secret],
])('parseValue() says for %s of each of %j what it must be', (shape, values, message) => {
  for (const value of values) expect(() => parse(shape, value)).toThrow(new Error(message))
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
