import { expect, it } from 'vitest'
import { parseProvider } from '../../src/config/parse-provider.js'

type Table = Record<string, unknown>

const file = { name: 'c.toml', directory: '/etc/oa', home: '/home/oa', isFound: false }
const fail = (path: readonly string[], problem: string): never => {
  throw new Error(`${path.join('/')}: ${problem}`)
}
const parse = (table: Table, isFound = false) => parseProvider(table, { ...file, isFound }, fail)
const definitionOf = (table: Table) => parse(table).definition

const base_url = 'https://a.example/v1'
const baseUrl = base_url
const bearer = { kind: 'bearer', token: 't', base_url }
const apiKey = { kind: 'api-key', key: 'k', base_url }
const none = { kind: 'none', reason: 'local', base_url }
const oauth = { kind: 'oauth', client_id: 'a', issuer: 'https://i.example', base_url }
const workload = { kind: 'workload-identity', service: 'openai', subject_token: 's', base_url }
const sigV4 = { kind: 'sigv4', service: 's3', region: 'us-east-1', credentials: 'aws', base_url }
const agent = { kind: 'agent-identity', agent_runtime_id: 'a', private_key: 'k', task_id: 't', base_url }
const bedrock = { kind: 'bedrock', token: 't' }

it.each<[table: Table, definition: object]>([
  [bearer, { kind: 'bearer', token: 't', baseUrl }],
  [
    { ...bearer, token: { env: 'T' }, timeout_ms: 5 },
    { kind: 'bearer', token: { env: 'T' }, timeoutMs: 5, baseUrl },
  ],
  [
    { ...apiKey, query: 'key' },
    { kind: 'api-key', key: 'k', query: 'key', baseUrl },
  ],
  [
    { ...apiKey, header: 'x-key', query: { v: '1' } },
    { kind: 'api-key', key: 'k', header: 'x-key', query: { v: '1' }, baseUrl },
  ],
  [
    { ...workload, timeout_ms: 5, single_use: true },
    {
      kind: 'workload-identity',
      service: 'openai',
      subjectToken: 's',
      timeoutMs: 5,
      singleUse: true,
      baseUrl,
    },
  ],
  [
    { ...workload, token_endpoint: 'https://i.example/token' },
    {
      kind: 'workload-identity',
      service: 'openai',
      subjectToken: 's',
      tokenEndpoint: 'https://i.example/token',
      baseUrl,
    },
  ],
  [
    { ...oauth, client_secret: 's', timeout_ms: 5 },
    {
      kind: 'oauth',
      clientId: 'a',
      issuer: 'https://i.example',
      clientSecret: 's',
      timeoutMs: 5,
      baseUrl,
    },
  ],
  [
    { ...oauth, client_auth: 'none' },
    {
      grant: 'authorization-code',
      kind: 'oauth',
      clientId: 'a',
      issuer: 'https://i.example',
      clientAuth: 'none',
      baseUrl,
    },
  ],
  [
    { ...oauth, grant: 'device-code' },
    { grant: 'device-code', kind: 'oauth', clientId: 'a', issuer: 'https://i.example', baseUrl },
  ],
  [
    { ...none, headers: { Authorization: 'x' } },
    { kind: 'none', reason: 'local', headers: { Authorization: 'x' }, baseUrl },
  ],
  [
    { ...bearer, allow_insecure_transport: true, query: { v: '1' } },
    { kind: 'bearer', token: 't', allowInsecureTransport: true, query: { v: '1' }, baseUrl },
  ],
])('parseProvider() makes of %j the definition %j', (table, definition) => {
  expect(parse(table)).toStrictEqual({
    definition,
    allowedOrigins: ['https://a.example'],
    warning: undefined,
  })
})

it.each<[preset: Table, definition: object]>([
  [
    { preset: 'groq' },
    { kind: 'bearer', token: { env: 'GROQ_API_KEY' }, baseUrl: 'https://api.groq.com/openai/v1' },
  ],
  [
    {
      preset: 'groq',
      kind: 'bearer',
      token: 't',
      allowed_origins: ['https://b.example'],
      base_url: 'https://b.example/v1',
    },
    { kind: 'bearer', token: 't', allowedOrigins: ['https://b.example'], baseUrl: 'https://b.example/v1' },
  ],
  [
    { preset: 'groq', token: 't', allowed_origins: ['https://api.groq.com', 'https://b.example'] },
    {
      kind: 'bearer',
      token: 't',
      allowedOrigins: ['https://api.groq.com', 'https://b.example'],
      baseUrl: 'https://api.groq.com/openai/v1',
    },
  ],
  [
    { preset: 'openai', headers: { 'openai-organization': 'o' } },
    {
      kind: 'bearer',
      token: { env: 'OPENAI_API_KEY' },
      baseUrl: 'https://api.openai.com/v1',
      headers: { 'OpenAI-Project': { env: 'OPENAI_PROJECT_ID', optional: true }, 'openai-organization': 'o' },
    },
  ],
  [
    { preset: 'anthropic', key: 'k', base_url },
    {
      kind: 'api-key',
      key: 'k',
      header: 'x-api-key',
      baseUrl,
      headers: { 'anthropic-version': '2023-06-01' },
    },
  ],
  [
    { preset: 'ollama', base_url },
    { kind: 'none', reason: 'a local Ollama asks for no credential', baseUrl },
  ],
  [
    { preset: 'kubernetes-openai', subject_token: { env: 'T' }, base_url },
    { kind: 'workload-identity', service: 'openai', subjectToken: { env: 'T' }, baseUrl },
  ],
  [
    { preset: 'bedrock-runtime', token: 't' },
    { kind: 'bedrock', endpoint: 'runtime', token: 't' },
  ],
  [
    { preset: 'bedrock', endpoint: 'runtime' },
    { kind: 'bedrock', endpoint: 'runtime' },
  ],
])('parseProvider() lays the keys over a preset: %j', (table, definition) => {
  expect(definitionOf(table)).toStrictEqual(definition)
})

it.each<[table: Table, origins: readonly string[]]>([
  [
    { ...bearer, allowed_origins: ['https://A.example/', 'https://b.example:443'] },
    ['https://a.example', 'https://b.example'],
  ],
  [{ ...bedrock, region: 'eu-west-1' }, ['https://bedrock-mantle.eu-west-1.api.aws']],
  [{ ...bedrock, region: 'eu-west-1', endpoint: 'mantle' }, ['https://bedrock-mantle.eu-west-1.api.aws']],
  [
    { ...bedrock, region: 'eu-west-1', endpoint: 'runtime' },
    ['https://bedrock-runtime.eu-west-1.amazonaws.com'],
  ],
  [bedrock, []],
  [{ ...bedrock, region: '.eu-west-1' }, []],
  [{ ...bedrock, region: 'eu-west-1.evil' }, []],
  [{ ...bedrock, base_url }, ['https://a.example']],
])('parseProvider() allows %j the origins %j', (table, origins) => {
  expect(parse(table).allowedOrigins).toEqual(origins)
})

const groq = { preset: 'groq' }
const groqMoved =
  'preset = "groq" sends GROQ_API_KEY to https://api.groq.com only; to send it elsewhere, add token = { env = "GROQ_API_KEY" }'
const pod = { preset: 'kubernetes-openai' }
const podMoved =
  'preset = "kubernetes-openai" sends its token to https://api.openai.com only; to send it elsewhere, add subject_token'

it.each<[table: Table, problem: string]>([
  [{ ...groq, base_url }, `base_url: ${groqMoved}`],
  [{ ...groq, allowed_origins: ['https://b.example'] }, `allowed_origins: ${groqMoved}`],
  [{ ...groq, allowed_origins: ['https://b.example'], base_url }, `allowed_origins: ${groqMoved}`],
  [{ ...pod, base_url }, `base_url: ${podMoved}`],
  [{ ...pod, allowed_origins: ['https://b.example'], base_url }, `allowed_origins: ${podMoved}`],
  [
    { ...pod, token_endpoint: 'https://b.example/token' },
    'token_endpoint: preset = "kubernetes-openai" exchanges its token at its own service only; to send it elsewhere, add subject_token',
  ],
  [{ kind: 'bearer', token: 't' }, ': base_url is missing: where may the bearer credential go?'],
  [
    { ...bearer, allowed_origins: ['https://b.example'] },
    'allowed_origins: allowed_origins must have the origin of base_url',
  ],
  [{ ...groq, kind: 'none', reason: 'x' }, 'kind: kind contradicts preset = "groq", which is bearer'],
  [
    { ...none, task_id: 'x' },
    'task_id: "task_id" is not a key of kind none (it is one of kind agent-identity); there are preset, kind, base_url, allowed_origins, headers, query, allow_insecure_transport, reason',
  ],
  [
    { ...none, token: 'x' },
    'token: "token" is not a key of kind none (it is one of kind bearer, bedrock); there are preset, kind, base_url, allowed_origins, headers, query, allow_insecure_transport, reason',
  ],
  [
    { ...none, tokn: 'x' },
    'tokn: "tokn" is not a key of kind none; there are preset, kind, base_url, allowed_origins, headers, query, allow_insecure_transport, reason',
  ],
  [
    { ...bearer, timeout_ms: 5 },
    'timeout_ms: timeout_ms has no effect on a literal token: nothing is fetched',
  ],
  [
    { ...apiKey, header: 'a', refresh_interval_ms: 5 },
    'refresh_interval_ms: refresh_interval_ms has no effect on a literal key: nothing is fetched',
  ],
  [{ ...sigV4, region: undefined }, ': region is missing; kind sigv4 needs it'],
  [
    { ...oauth, issuer: undefined },
    'kind: issuer or token_endpoint is missing: one of them says where tokens come from',
  ],
  [
    { ...oauth, client_secret: 's', store: { redis: { url: 'u', key: 'k' } } },
    'store: store keeps a login: add grant = "authorization-code" or "device-code"',
  ],
  [apiKey, 'kind: kind api-key needs header (a header name) or query (a parameter name)'],
  [
    { ...apiKey, query: { v: '1' } },
    'kind: kind api-key needs header (a header name) or query (a parameter name)',
  ],
  [
    { ...apiKey, header: 'a', query: 'b' },
    'query: the key goes into a header or into the query, not both: remove header or query',
  ],
  [{ ...apiKey, query: 'b', prefix: 'c' }, 'prefix: prefix belongs to header, not to query'],
  [{ ...bedrock, profile: 'p' }, 'profile: keep one of token, profile and credentials'],
  [{ ...bedrock, credentials: 'aws' }, 'credentials: keep one of token, profile and credentials'],
])('parseProvider() rejects %j', (table, problem) => {
  const given = Object.fromEntries(Object.entries(table).filter(([, value]) => value !== undefined))
  expect(() => parse(given)).toThrow(new Error(problem))
})

it.each([bearer, bedrock, sigV4, agent, oauth, { ...oauth, kind: 'dpop' }, workload])(
  'parseProvider() keeps the header of the credential from %j',
  (table) => {
    expect(() => parse({ ...table, headers: { 'x-a': 'b', AUTHORIZATION: 'c' } })).toThrow(
      new Error('headers/AUTHORIZATION: headers.AUTHORIZATION is set by the credential'),
    )
    expect(definitionOf({ ...table, headers: { 'x-a': 'b' } })['headers']).toEqual({ 'x-a': 'b' })
  },
)

it('parseProvider() takes a header of any name where the credential is in the query', () => {
  const table = { ...apiKey, query: 'key', headers: { undefined: '1' } }
  expect(definitionOf(table)['headers']).toEqual({ undefined: '1' })
})

it('parseProvider() names all presets and kinds where none was meant', () => {
  const kinds = 'bearer, api-key, sigv4, bedrock, agent-identity, oauth, dpop, workload-identity, none'
  expect(() => parse({})).toThrow(new Error(`: kind is missing; it is one of: ${kinds}. Or name a preset`))
  for (const kind of ['berer', 'toString', 1])
    expect(() => parse({ kind })).toThrow(new Error(`kind: kind must be one of: ${kinds}`))
  expect(() => parse({ preset: 'opnai' })).toThrow(
    /^preset: preset must be one of: openai, azure-openai, .*, openai-compatible, bedrock, bedrock-runtime$/,
  )
})

it.each<[table: Table, warning: string | undefined]>([
  [
    {
      ...bearer,
      token: { env: 'GROQ_API_KEY' },
      allowed_origins: ['https://a.example', 'https://api.groq.com', 'https://b.example'],
    },
    'sends GROQ_API_KEY, the key of https://api.groq.com, to https://a.example, https://b.example',
  ],
  [
    { ...none, headers: { a: 'b', c: { env: 'GROQ_API_KEY' } } },
    'sends GROQ_API_KEY, the key of https://api.groq.com, to https://a.example',
  ],
  [{ ...bearer, token: { env: 'MY_KEY' } }, undefined],
  [{ ...none, headers: { a: 'GROQ_API_KEY' } }, undefined],
  // Only the user knows the origin of these.
  [{ preset: 'azure-openai', base_url }, undefined],
  [{ preset: 'groq' }, undefined],
  [{ preset: 'ollama' }, undefined],
])('parseProvider() warns of %j in a found file: %s', (table, warning) => {
  expect(parse(table, true).warning).toBe(warning)
  expect(parse(table).warning).toBeUndefined()
})
