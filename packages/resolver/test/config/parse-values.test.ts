import { describe, expect, it } from 'vitest'
import { parseConfig } from '../../src/config/index.js'

const file = { name: 'c.toml', directory: '/etc/oa', home: '/home/oa', isFound: false }
const home = 'base_url = "https://a.example/v1"'
const kinds = {
  bearer: ['kind = "bearer"', home],
  sigv4: ['kind = "sigv4"', home, 'service = "s3"', 'region = "eu-west-1"'],
  dpop: ['kind = "dpop"', home, 'client_id = "a"'],
  oauth: ['kind = "oauth"', home, 'issuer = "https://i.example"', 'client_id = "a"'],
  'agent-identity': [
    ...['kind = "agent-identity"', home, 'agent_runtime_id = "a"', 'private_key = { env = "K" }'],
    'task_id = "t"',
  ],
} as const
type Kind = keyof typeof kinds

const parse = (kind: Kind, line: string) =>
  parseConfig(['[providers.x]', ...kinds[kind], line].join('\n'), file).providers.get('x')?.definition

function problemOf(kind: Kind, line: string): string {
  try {
    parse(kind, line)
    return 'no error'
  } catch (error) {
    return (error as Error).message.replace(/^c\.toml:\d+: /, '')
  }
}

const port = 'redirect_port must be a whole number from 0 to 65535'
const registration = 'registration must be { base_url = "https://…" }'
const forms =
  '"aws", { profile = "NAME" }, { access_key_id, secret_access_key, session_token }, { role_arn, subject_token } or "anonymous"'

describe('parseConfig() takes', () => {
  it.each<[Kind, string, object]>([
    ['bearer', 'token = { env = "T" }', { token: { env: 'T' } }],
    ['dpop', 'token_endpoint = "https://i.example/token"', { tokenEndpoint: 'https://i.example/token' }],
    ['dpop', 'issuer = "https://i.example"', { issuer: 'https://i.example' }],
    ['sigv4', 'credentials = "anonymous"', { credentials: 'anonymous' }],
    ['sigv4', 'credentials = "aws"', { credentials: { awsChain: true } }],
    ['sigv4', 'credentials = { profile = "p" }', { credentials: { awsChain: true, profile: 'p' } }],
    [
      'sigv4',
      'credentials = { access_key_id = { env = "A" }, secret_access_key = "s", session_token = { file = "t" } }',
      {
        credentials: {
          accessKeyId: { env: 'A' },
          secretAccessKey: 's',
          sessionToken: { file: '/etc/oa/t' },
        },
      },
    ],
    [
      'sigv4',
      'credentials = { access_key_id = "a", secret_access_key = "s" }',
      { credentials: { accessKeyId: 'a', secretAccessKey: 's' } },
    ],
    ['sigv4', 'credentials = "aws"\nnormalize_path = false', { normalizePath: false }],
    ['sigv4', 'credentials = "aws"\nsigned_headers = "all"', { signedHeaders: 'all' }],
    ['sigv4', 'credentials = "aws"\nsigned_headers = ["a", "b"]', { signedHeaders: ['a', 'b'] }],
    ['oauth', 'redirect_port = 0', { redirectPort: 0 }],
    ['oauth', 'redirect_port = 65535', { redirectPort: 65_535 }],
    ['oauth', 'resource = "https://r.example"', { resource: 'https://r.example' }],
    ['oauth', 'resource = ["a", "b"]', { resource: ['a', 'b'] }],
    ['oauth', 'scope = "s"', { grant: 'authorization-code' }],
    [
      'agent-identity',
      'registration = { base_url = "https://r.example/v1" }',
      { registration: { baseUrl: 'https://r.example/v1' } },
    ],
  ])('for kind %s: %s', (kind, line, expected) => {
    const definition = parse(kind, line) as Record<string, unknown>
    for (const [name, value] of Object.entries(expected)) expect(definition[name]).toEqual(value)
  })

  it.each(['client_secret = "s"', 'private_key = "k"', 'client_assertion = "a"', 'client_auth = "basic"'])(
    'no grant of a user where the client proves who it is: %s',
    (line) => {
      expect(parse('oauth', line)).not.toHaveProperty('grant')
    },
  )

  it('a variable of a header without saying whether it is optional', () => {
    const definition = parse('bearer', 'token = "t"\nheaders = { a = { env = "A" } }')
    expect(definition?.['headers']).toStrictEqual({ a: { env: 'A' } })
  })

  it('a header of the file instead of the one of a preset, whatever its case', () => {
    const lines = '[providers.x]\npreset = "anthropic"\nheaders = { Anthropic-Version = "2" }'
    const definition = parseConfig(lines, file).providers.get('x')?.definition
    expect(definition?.['headers']).toEqual({ 'Anthropic-Version': '2' })
  })
})

describe('parseConfig() rejects', () => {
  it.each<[Kind, string, string]>([
    ['sigv4', 'credentials = 5', `credentials must be ${forms}`],
    ['sigv4', 'credentials = "AWS"', `credentials must be ${forms}`],
    ['sigv4', 'credentials = { profile = " " }', 'credentials.profile must be a name'],
    ['sigv4', 'credentials = { profile = 5 }', 'credentials.profile must be a name'],
    ['sigv4', 'credentials = { profile = "p", a = 1 }', '"a" is not a key of credentials beside profile'],
    ['sigv4', 'credentials = { a = "b" }', `"a" is not a key of credentials; it is ${forms}`],
    ['sigv4', 'credentials = { access_key_id = "a" }', 'credentials needs secret_access_key'],
    ['sigv4', 'credentials = { secret_access_key = "a" }', 'credentials needs access_key_id'],
    [
      'sigv4',
      'credentials = { access_key_id = 1, secret_access_key = "a" }',
      'credentials.access_key_id must be the secret itself or one of',
    ],
    ['sigv4', 'credentials = "aws"\nnormalize_path = "no"', 'normalize_path must be true or false'],
    ...['5', '["a", 1]', '" "'].map((value): [Kind, string, string] => [
      'sigv4',
      `credentials = "aws"\nsigned_headers = ${value}`,
      'signed_headers must be "minimal", "all" or a list of header names',
    ]),
    ...['-1', '65536', '1.5', '"1"'].map((value): [Kind, string, string] => [
      'oauth',
      `redirect_port = ${value}`,
      port,
    ]),
    ...['[]', '["a", " "]', '5'].map((value): [Kind, string, string] => [
      'oauth',
      `resource = ${value}`,
      'resource must be a string or a list of strings',
    ]),
    ['agent-identity', 'registration = 5', registration],
    ['agent-identity', 'registration = { base_url = "https://a.example", url = "x" }', registration],
    [
      'agent-identity',
      'registration = { base_url = "a.example" }',
      'registration.base_url must be an absolute http(s) URL without user name, query and fragment',
    ],
    [
      'bearer',
      'token = { command = ["a"], timeout_ms = -1 }',
      'token.timeout_ms must be a number of milliseconds, 0 or more',
    ],
    [
      'bearer',
      'token = { command = ["a"], timeout_ms = inf }',
      'token.timeout_ms must be a number of milliseconds, 0 or more',
    ],
    ['bearer', 'token = "t"\nallowed_origins = ["xhttps://a.example"]', 'allowed_origins must be a list'],
    ['bearer', 'token = "t"\nallowed_origins = [5]', 'allowed_origins must be a list'],
    ['bearer', 'token = "t"\nallowed_origins = ["ftp://a.example"]', 'allowed_origins must be a list'],
  ])('for kind %s: %s', (kind, line, problem) => {
    expect(problemOf(kind, line)).toContain(problem)
  })

  it.each([
    ['token = "t"', 'profile = "p"', 'profile'],
    ['token = "t"', 'credentials = "aws"', 'credentials'],
    ['profile = "p"', 'credentials = "aws"', 'credentials'],
  ])('two credentials of Bedrock: %s and %s', (first, second) => {
    const lines = ['[providers.x]', 'kind = "bedrock"', 'region = "eu-west-1"', first, second].join('\n')
    expect(() => parseConfig(lines, file)).toThrow('c.toml:5: keep one of token, profile and credentials')
  })

  it('a base URL whose protocol only ends like that of the web', () => {
    const lines = '[providers.x]\nkind = "bearer"\ntoken = "t"\nbase_url = "xhttps://a.example"'
    expect(() => parseConfig(lines, file)).toThrow('c.toml:4: base_url must be an absolute http(s) URL')
  })

  it('other origins for the variable of a preset, where they are named', () => {
    const lines = '[providers.x]\npreset = "openai"\nallowed_origins = ["https://b.example"]'
    expect(() => parseConfig(lines, file)).toThrow(
      'c.toml:3: preset = "openai" sends OPENAI_API_KEY to https://api.openai.com only',
    )
  })

  it('other origins for the token of a workload, where they are named', () => {
    const lines = '[providers.x]\npreset = "kubernetes-openai"\nallowed_origins = ["https://b.example"]'
    expect(() => parseConfig(lines, file)).toThrow(
      'c.toml:3: preset = "kubernetes-openai" sends its token to https://api.openai.com only',
    )
  })

  it('a value where it stands', () => {
    expect(() => parse('sigv4', 'credentials = 5')).toThrow('c.toml:6: credentials must be')
    const table = [
      '[providers.x]',
      ...kinds.bearer,
      '[providers.x.token]',
      'command = ["a"]',
      'timeout_ms = 0',
    ]
    expect(() => parseConfig(table.join('\n'), file)).toThrow(
      'c.toml:6: token.timeout_ms must be more than 0',
    )
  })

  it('a profile where it stands, and a header without a variable', () => {
    const table = ['[providers.x]', ...kinds.sigv4, '[providers.x.credentials]', 'profile = " "'].join('\n')
    expect(() => parseConfig(table, file)).toThrow('c.toml:7: credentials.profile must be a name')
    expect(problemOf('bearer', 'token = "t"\nheaders = { a = { file = "f" } }')).toBe(
      'headers.a must be a string or { env = "NAME" }, perhaps with optional = true',
    )
  })

  it('a provider of a found file that has the name of a preset', () => {
    const lines = ['[providers.openai]', ...kinds.bearer, 'token = "t"'].join('\n')
    expect(() => parseConfig(lines, { ...file, isFound: true })).toThrow(
      'openai is the name of a preset, which a found file cannot replace',
    )
    expect(() => parseConfig(lines, file)).not.toThrow()
  })
})

const whole: readonly [lines: readonly string[], problem: string][] = [
  [['a = 1'], 'c.toml:1: "a" is not a key here; there are default_provider and [providers.NAME]'],
  [['', 'providers = 1'], 'c.toml:2: providers must be tables: [providers.NAME]'],
  [['[providers]', 'x = 1'], 'c.toml:2: a provider is a table with a name: [providers.NAME]'],
  [['', '[providers." "]'], 'c.toml:2: a provider is a table with a name: [providers.NAME]'],
  [['', 'default_provider = ""'], 'c.toml:2: default_provider must be one of: (none)'],
  [
    ['default_provider = "x"', '[providers.y]', 'preset = "groq"', '[providers.z]', 'preset = "groq"'],
    'c.toml:1: default_provider must be one of: y, z',
  ],
  [
    ['', '[providers.groq]'],
    'c.toml:2: groq is the name of a preset, which a found file cannot replace: rename the provider, or name the file with --config',
  ],
  [
    ['x'],
    'c.toml:1: not valid TOML: incomplete key-value: cannot find end of key (column 1). Correct the line',
  ],
  [['', 'a = 01'], 'c.toml:2: not valid TOML: illegal leading zero (column 5). Correct the line'],
]

it.each(whole)('parseConfig() says of %j the whole sentence', (lines, problem) => {
  expect(() => parseConfig(lines.join('\n'), { ...file, isFound: true })).toThrow(
    expect.objectContaining({ kind: 'build', code: 'ERR_AUTH_CONFIG', message: problem }),
  )
})

it('parseConfig() passes an error that is not about TOML', () => {
  expect(() => parseConfig(7 as never, file)).toThrow(TypeError)
})

it('parseConfig() locates the key of an error, else the table of the provider', () => {
  const lines = ['', '[providers."my gateway"]', ...kinds.bearer, 'token = { env = "T" }']
  const { providers } = parseConfig(lines.join('\n'), file)
  const provider = providers.get('my gateway')
  expect(provider).toMatchObject({ label: '[providers."my gateway"]', place: 'c.toml:2' })
  const placeOf = (option: string) => provider?.locate(Object.assign(new TypeError('x'), { option }))
  expect(placeOf('token')).toBe('c.toml:5: providers."my gateway".token')
  expect(placeOf('token.env')).toBe('c.toml:5: providers."my gateway".token.env')
  expect(placeOf('headers.x-a')).toBe('c.toml:2: providers."my gateway"')
  expect(provider?.locate(new Error('x'))).toBe('c.toml:2: providers."my gateway"')
})
