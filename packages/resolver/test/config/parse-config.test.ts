import { AuthError } from '@outbound-auth/core'
import { expect, test } from 'vitest'
import { parseConfig } from '../../src/config/parse-config.js'

const file = { name: 'c.toml', directory: '/etc/oa', home: '/home/oa', isFound: false }
const secret = 'SECRET-c0ffee'

function problemOf(text: string): string {
  try {
    parseConfig(text, file)
  } catch (error) {
    expect(AuthError.is(error)).toBe(true)
    expect(error).toMatchObject({ kind: 'build', code: 'ERR_AUTH_CONFIG' })
    expect((error as Error).message).not.toContain(secret)
    return (error as Error).message
  }
  return 'no error'
}

const home = 'base_url = "https://a.example/v1"'
const oauth = [
  '[providers.x]',
  'kind = "oauth"',
  'base_url = "https://a.example"',
  'issuer = "https://i.example"',
  'client_id = "a"',
]
const bearer = ['[providers.x]', 'kind = "bearer"', `token = "${secret}"`, home]
const apiKey = ['[providers.x]', 'kind = "api-key"', `key = "${secret}"`, home]
const workload = ['[providers.x]', 'kind = "workload-identity"', 'service = "openai"', home]
const withoutHome = bearer.slice(0, 3)

const problems: readonly [lines: readonly string[], problem: string][] = [
  [['a = 1'], 'c.toml:1: "a" is not a key here'],
  [['', 'default_provider = "x"'], 'c.toml:2: default_provider must be one of: (none)'],
  [['default_provider = "y"', ...bearer], 'c.toml:1: default_provider must be one of: x'],
  [['default_provider = 3', ...bearer], 'c.toml:1: default_provider must be one of: x'],
  [['providers = 1'], 'c.toml:1: providers must be tables'],
  [['providers = []'], 'c.toml:1: providers must be tables'],
  [['[providers]', 'x = 1'], 'c.toml:2: a provider is a table with a name'],
  [['[providers." "]', 'kind = "none"'], 'c.toml:1: a provider is a table with a name'],
  [[...bearer, 'tokn = 1'], 'c.toml:5: "tokn" is not a key of kind bearer; there are preset, kind, base_url'],
  [
    [...bearer, 'header = "x-key"'],
    'c.toml:5: "header" is not a key of kind bearer (it is one of kind api-key)',
  ],
  [
    [...bearer, `key = "${secret}"`],
    'c.toml:5: "key" is not a key of kind bearer (it is one of kind api-key)',
  ],
  [[...bearer, '__proto__ = { a = 1 }'], 'c.toml:5: "__proto__" is not a key of kind bearer'],
  [[...bearer, 'constructor = 1'], 'c.toml:5: "constructor" is not a key of kind bearer'],
  [
    ['[providers.x]', home],
    'c.toml:1: kind is missing; it is one of: bearer, api-key, sigv4, bedrock, agent-identity, oauth, dpop, workload-identity, none',
  ],
  [
    ['[providers.x]', 'kind = "berer"'],
    'c.toml:2: kind must be one of: bearer, api-key, sigv4, bedrock, agent-identity, oauth, dpop, workload-identity, none',
  ],
  [['[providers.x]', 'kind = "toString"'], 'c.toml:2: kind must be one of'],
  [['[providers.x]', 'kind = 1'], 'c.toml:2: kind must be one of'],
  [['[providers.x]', 'preset = "opnai"'], 'c.toml:2: preset must be one of: openai, azure-openai, anthropic'],
  [
    ['[providers.x]', 'preset = "openai"', 'kind = "api-key"'],
    'c.toml:3: kind contradicts preset = "openai", which is bearer',
  ],
  [[...workload, 'subject_token = 3'], 'c.toml:5: subject_token must be the secret itself or one of'],
  [
    [...workload, 'subject_token = { github_actions = { audience = "a" }, env = "A" }'],
    'c.toml:5: "env" is not a key of subject_token beside github_actions',
  ],
  [
    [...workload, 'subject_token = { github_actions = "a" }'],
    'c.toml:5: subject_token.github_actions must be a table: { audience = "…" }',
  ],
  [
    [...workload, 'subject_token = { github_actions = {} }'],
    'c.toml:5: subject_token.github_actions needs audience',
  ],
  [
    [...workload, 'subject_token = { azure_imds = { resource = " " } }'],
    'c.toml:5: subject_token.azure_imds.resource must be a string with more than whitespace',
  ],
  [
    [...workload, 'subject_token = { gcp_metadata = { audience = "a", fetch = "b" } }'],
    'c.toml:5: "fetch" is not a key of subject_token.gcp_metadata; it has audience, service_account',
  ],
  [workload, 'c.toml:1: subject_token is missing; kind workload-identity needs it'],
  [
    [...bearer.slice(0, 2), 'token = { github_actions = { audience = "a" } }', home],
    'c.toml:3: token must be the secret itself or one of',
  ],
  [
    ['[providers.x]', 'preset = "kubernetes-openai"', home],
    'c.toml:3: preset = "kubernetes-openai" sends its token to https://api.openai.com only',
  ],
  [withoutHome, 'c.toml:1: base_url is missing: where may the bearer credential go?'],
  [['[providers.x]', 'preset = "azure-openai"'], 'c.toml:1: base_url is missing'],
  [['[providers.x]', 'kind = "bearer"', home], 'c.toml:1: token is missing; kind bearer needs it'],
  [['[providers.x]', 'kind = "none"', home], 'c.toml:1: reason is missing; kind none needs it'],
  [['[providers.x]', 'preset = "openai-compatible"', home], 'c.toml:1: token is missing'],
  [apiKey, 'c.toml:2: kind api-key needs header (a header name) or query (a parameter name)'],
  [
    [...apiKey, 'header = "x-key"', 'query = "key"'],
    'c.toml:6: the key goes into a header or into the query, not both',
  ],
  [[...apiKey, 'query = "key"', 'prefix = "Token "'], 'c.toml:6: prefix belongs to header, not to query'],
  [
    ['[providers.x]', 'preset = "gemini"', 'query = "key"'],
    'c.toml:3: the key goes into a header or into the query, not both',
  ],
  [[...bearer, 'timeout_ms = 5'], 'c.toml:5: timeout_ms has no effect on a literal token'],
  [
    ['[providers.x]', 'kind = "bearer"', home, 'token = { env = "T" }', 'timeout_ms = -1'],
    'c.toml:5: timeout_ms must be a number',
  ],
  [[...withoutHome, 'base_url = "/v1"'], 'c.toml:4: base_url must be an absolute http(s) URL'],
  [[...withoutHome, 'base_url = "ftp://a.example"'], 'c.toml:4: base_url must be'],
  [[...withoutHome, 'base_url = "https://u:p@a.example"'], 'c.toml:4: base_url must be'],
  [[...withoutHome, 'base_url = "https://a.example?x=1"'], 'c.toml:4: base_url must be'],
  [[...withoutHome, 'base_url = 5'], 'c.toml:4: base_url must be'],
  [
    [...withoutHome, 'allowed_origins = "https://a.example"'],
    'c.toml:4: allowed_origins must be a list of origins',
  ],
  [[...withoutHome, 'allowed_origins = ["https://a.example/x"]'], 'c.toml:4: allowed_origins must be'],
  [[...withoutHome, 'allowed_origins = ["https://*.example"]'], 'c.toml:4: allowed_origins must be'],
  [[...withoutHome, 'allowed_origins = ["a.example", 1]'], 'c.toml:4: allowed_origins must be'],
  [
    [...bearer, 'allowed_origins = ["https://b.example"]'],
    'c.toml:5: allowed_origins must have the origin of base_url',
  ],
  [[...bearer, 'headers = 1'], 'c.toml:5: headers must be a table'],
  [
    ['[providers.x]', 'kind = "oauth"', home, 'client_id = "a"'],
    'c.toml:2: issuer or token_endpoint is missing',
  ],
  [[...oauth, 'identity_provider = "idp"'], 'c.toml:6: identity_provider must be a table'],
  [
    [...oauth, 'identity_provider = { issuer = "https://idp.example" }'],
    'c.toml:6: identity_provider.client_id is missing',
  ],
  [
    [...oauth, '[providers.x.identity_provider]', 'client_id = "b"', 'grant = "jwt-bearer"'],
    'c.toml:8: "grant" is not a key of identity_provider; there are issuer, token_endpoint, client_id',
  ],
  [
    [
      ...oauth,
      '[providers.x.identity_provider]',
      'client_id = "b"',
      `client_secret = { nowhere = "${secret}" }`,
    ],
    'c.toml:8: identity_provider.client_secret must be the secret itself or one of',
  ],
  [[...bearer, '[providers.x.headers]', '"a b" = "1"'], 'c.toml:6: headers: Not a header name: "a b"'],
  [[...bearer, '[providers.x.headers]', 'a = 1'], 'c.toml:6: headers.a must be a string or { env = "NAME" }'],
  [
    [...bearer, '[providers.x.headers]', 'a = { env = "A", file = "b" }'],
    'c.toml:6: "file" is not a key of headers.a',
  ],
  [
    [...bearer, 'headers = { a = { env = "A", optional = 1 } }'],
    'c.toml:5: headers.a.optional must be true or false',
  ],
  [
    [...bearer, '[providers.x.headers]', 'Authorization = "x"'],
    'c.toml:6: headers.Authorization is set by the credential',
  ],
  [
    [...apiKey, 'header = "X-Key"', 'headers = { x-KEY = "1" }'],
    'c.toml:6: headers.x-KEY is set by the credential',
  ],
  [[...bearer, 'query = { v = 1 }'], 'c.toml:5: query.v must be a string'],
  [[...bearer, 'query = "v"'], 'c.toml:5: query must be a table'],
  [[...apiKey, 'header = "a"', 'query = 1'], 'c.toml:6: query must be a table'],
]

test.each(problems)('parseConfig() rejects %j', (lines, problem) => {
  expect(problemOf(lines.join('\n'))).toContain(problem)
})

const references: readonly [reference: string, problem: string][] = [
  ['""', 'token must be the secret itself or one of { env = "NAME" }'],
  ['5', 'token must be the secret itself or one of'],
  ['[]', 'token must be the secret itself or one of'],
  ['{}', 'token must be the secret itself or one of'],
  ['1979-05-27', 'token must be the secret itself or one of'],
  ['{ env = "A", file = "b" }', 'token must be the secret itself or one of'],
  ['{ env = "" }', 'token.env must be a string with more than whitespace'],
  ['{ file = 1 }', 'token.file must be a string with more than whitespace'],
  ['{ env = "A", timeout_ms = 5 }', '"timeout_ms" is not a key of token beside env'],
  [
    '{ command = "gcloud auth" }',
    'token.command must be a list of strings, the program first; no shell reads it',
  ],
  ['{ command = [] }', 'token.command must be a list of strings'],
  ['{ command = ["a", 1] }', 'token.command must be a list of strings'],
  ['{ command = ["a"], shell = true }', '"shell" is not a key of token beside command'],
  ['{ command = ["a"], cwd = 1 }', 'token.cwd must be a string'],
  ['{ command = ["a"], timeout_ms = 0 }', 'token.timeout_ms must be more than 0'],
  [
    '{ command = ["a"], refresh_interval_ms = "5" }',
    'token.refresh_interval_ms must be a number of milliseconds',
  ],
]

test.each(references)('parseConfig() rejects token = %s', (reference, problem) => {
  const text = ['[providers.x]', 'kind = "bearer"', home, `token = ${reference}`].join('\n')
  expect(problemOf(text)).toContain(`c.toml:4: ${problem}`)
})

test('parseConfig() tells line and column of a syntax error, and shows nothing of the text', () => {
  const problem = problemOf(`[providers.x]\ntoken = "${secret}\nkind = "bearer"`)
  expect(problem).toMatch(/^c\.toml:2: not valid TOML: [a-z ]+ \(column \d+\)\. Correct the line$/)
  expect(problemOf('a = 1\na = 2')).toMatch(/^c\.toml:2: not valid TOML/)
})

test('parseConfig() maps snake case to the properties of a definition, and paths to the folder of the file', () => {
  const { providers, defaultProvider } = parseConfig(
    [
      'default_provider = "team gateway"',
      '[providers."team gateway"]',
      'kind = "api-key"',
      'key = { command = ["./key", "-q"], cwd = "bin", timeout_ms = 100, refresh_interval_ms = 0 }',
      'header = "authorization"',
      'prefix = "Token "',
      'base_url = "https://A.example/v1"',
      'allowed_origins = ["https://a.example", "https://b.example/"]',
      'refresh_interval_ms = 1000',
      'timeout_ms = 2000',
      'headers = { x-team = "search", x-org = { env = "ORG", optional = true }, x-unit = { env = "UNIT" } }',
      'query = { api-version = "1" }',
      '[providers.file]',
      'kind = "bearer"',
      'token = { file = "token" }',
      'allowed_origins = ["http://localhost:1"]',
    ].join('\n'),
    file,
  )
  expect(defaultProvider).toBe('team gateway')
  expect(providers.get('team gateway')).toEqual({
    name: 'team gateway',
    label: '[providers."team gateway"]',
    place: 'c.toml:2',
    locate: expect.any(Function),
    warning: undefined,
    allowedOrigins: ['https://a.example', 'https://b.example'],
    definition: {
      kind: 'api-key',
      key: { command: ['./key', '-q'], cwd: '/etc/oa/bin', timeoutMs: 100, refreshIntervalMs: 0 },
      header: 'authorization',
      prefix: 'Token ',
      baseUrl: 'https://A.example/v1',
      allowedOrigins: ['https://a.example', 'https://b.example/'],
      refreshIntervalMs: 1000,
      timeoutMs: 2000,
      headers: { 'x-team': 'search', 'x-org': { env: 'ORG', optional: true }, 'x-unit': { env: 'UNIT' } },
      query: { 'api-version': '1' },
    },
  })
  expect(providers.get('file')).toMatchObject({
    place: 'c.toml:13',
    definition: { token: { file: '/etc/oa/token' }, allowedOrigins: ['http://localhost:1'] },
  })
})

test('parseConfig() of an empty file has no provider', () => {
  expect(parseConfig('', file)).toEqual({ file: 'c.toml', defaultProvider: undefined, providers: new Map() })
})

const parsed = (lines: readonly string[], isFound = false) =>
  parseConfig(['[providers.x]', ...lines].join('\n'), { ...file, isFound }).providers.get('x')

test('parseConfig() lays the keys of a file over a preset', () => {
  expect(
    parsed([
      'preset = "anthropic"',
      'key = { env = "MY_KEY" }',
      'headers = { Anthropic-Version = "2", x-a = "1" }',
    ]),
  ).toMatchObject({
    definition: {
      kind: 'api-key',
      key: { env: 'MY_KEY' },
      header: 'x-api-key',
      baseUrl: 'https://api.anthropic.com',
      headers: { 'Anthropic-Version': '2', 'x-a': '1' },
    },
    allowedOrigins: ['https://api.anthropic.com'],
  })
  expect(parsed(['preset = "azure-openai"', 'base_url = "https://my.openai.azure.com"'])?.definition).toEqual(
    {
      kind: 'api-key',
      key: { env: 'AZURE_OPENAI_API_KEY' },
      header: 'api-key',
      baseUrl: 'https://my.openai.azure.com',
    },
  )
  expect(parsed(['preset = "ollama"', 'base_url = "http://127.0.0.1:9"'])?.allowedOrigins).toEqual([
    'http://127.0.0.1:9',
  ])
})

test("parseConfig() keeps a preset's variables at the preset's origin unless the file names them", () => {
  const gateway = ['preset = "openai"', 'base_url = "https://gateway.example/v1"']
  expect(() => parsed(gateway)).toThrow(
    'c.toml:3: preset = "openai" sends OPENAI_API_KEY to https://api.openai.com only; to send it elsewhere, add token = { env = "OPENAI_API_KEY" }',
  )
  expect(() =>
    parsed(['preset = "openai"', 'allowed_origins = ["https://api.openai.com", "https://b.example"]']),
  ).toThrow('c.toml:3: preset = "openai" sends OPENAI_API_KEY')
  const named = parsed([...gateway, 'token = { env = "OPENAI_API_KEY" }'])
  expect(named?.allowedOrigins).toEqual(['https://gateway.example'])
  expect(named?.definition['headers']).toBeUndefined()
  expect(
    parsed(['preset = "openai"', 'base_url = "https://api.openai.com/v2"'])?.definition['headers'],
  ).toEqual({
    'OpenAI-Organization': { env: 'OPENAI_ORG_ID', optional: true },
    'OpenAI-Project': { env: 'OPENAI_PROJECT_ID', optional: true },
  })
})

test('parseConfig() warns when a found file takes the key of a known service elsewhere', () => {
  const stolen = [
    'kind = "bearer"',
    'token = { env = "OPENAI_API_KEY" }',
    'base_url = "https://evil.example"',
  ]
  const warning = 'sends OPENAI_API_KEY, the key of https://api.openai.com, to https://evil.example'
  expect(parsed(stolen, true)?.warning).toBe(warning)
  expect(parsed(stolen, false)?.warning).toBeUndefined()
  const inHeader = [
    'kind = "none"',
    'reason = "x"',
    'base_url = "https://evil.example"',
    'headers = { x = { env = "OPENAI_API_KEY" } }',
  ]
  expect(parsed(inHeader, true)?.warning).toBe(warning)
  expect(parsed(['preset = "openai"'], true)?.warning).toBeUndefined()
  expect(
    parsed(['kind = "bearer"', 'token = { env = "MINE" }', 'base_url = "https://a.example"'], true)?.warning,
  ).toBeUndefined()
})

test('parseConfig() reads the client at an identity provider, whose paths start at the folder of the file', () => {
  const text = [
    ...oauth,
    'grant = "identity-assertion"',
    'subject_token = { env = "ID_TOKEN" }',
    '[providers.x.identity_provider]',
    'issuer = "https://idp.example"',
    'client_id = "agent-at-idp"',
    'private_key = { file = "keys/idp.pem" }',
    'resource = ["https://a.example"]',
  ].join('\n')
  expect(parseConfig(text, file).providers.get('x')?.definition).toMatchObject({
    grant: 'identity-assertion',
    identityProvider: {
      issuer: 'https://idp.example',
      clientId: 'agent-at-idp',
      privateKey: { file: '/etc/oa/keys/idp.pem' },
      resource: ['https://a.example'],
    },
  })
})

test('parseConfig() reads subject tokens of platforms', () => {
  const references = {
    '{ github_actions = { audience = "a" } }': { githubActions: { audience: 'a' } },
    '{ gcp_metadata = { audience = "a", service_account = "b" } }': {
      gcpMetadata: { audience: 'a', serviceAccount: 'b' },
    },
    '{ azure_imds = { resource = "a", client_id = "b" } }': { azureImds: { resource: 'a', clientId: 'b' } },
    '{ file = "token" }': { file: '/etc/oa/token' },
  }
  for (const [toml, subjectToken] of Object.entries(references)) {
    const { providers } = parseConfig([...workload, `subject_token = ${toml}`].join('\n'), file)
    expect(providers.get('x')?.definition['subjectToken']).toEqual(subjectToken)
  }
})
