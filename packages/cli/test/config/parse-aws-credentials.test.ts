import { parseConfig } from '@outbound-auth/resolver/config'
import { expect, test } from 'vitest'
import { folder, loopback } from '../loopback.js'
import { runCli } from '../run-cli.js'

const secret = 'SECRET-aws-key'
const head = [
  '[providers.s]',
  'kind = "sigv4"',
  'service = "s3"',
  'region = "us-east-1"',
  'base_url = "https://b.example"',
]
const read = (credentials: string) =>
  parseConfig([...head, `credentials = ${credentials}`].join('\n'), {
    name: 'c.toml',
    directory: '/etc/oa',
    home: '/home/oa',
    isFound: false,
  }).providers.get('s')?.definition['credentials']

test.each([
  ['"aws"', { awsChain: true }],
  ['{ profile = "work" }', { awsChain: true, profile: 'work' }],
  ['"anonymous"', 'anonymous'],
  [
    '{ access_key_id = "AKID", secret_access_key = { env = "S" }, session_token = { file = "t" } }',
    { accessKeyId: 'AKID', secretAccessKey: { env: 'S' }, sessionToken: { file: '/etc/oa/t' } },
  ],
])('parseConfig() reads credentials = %s', (text, expected) => {
  expect(read(text)).toEqual(expected)
})

test.each([
  ['"key"', 'credentials must be "aws"'],
  ['{ profile = "work", access_key_id = "a" }', '"access_key_id" is not a key of credentials beside profile'],
  ['{ profile = " " }', 'credentials.profile must be a name'],
  [`{ access_key_id = "a", secret = "${secret}" }`, '"secret" is not a key of credentials'],
  ['{ access_key_id = "a" }', 'credentials needs secret_access_key'],
  ['{ access_key_id = "a", secret_access_key = 3 }', 'must be the secret itself or one of'],
])('parseConfig() refuses credentials = %s', (text, problem) => {
  expect(() => read(text)).toThrow(problem)
  expect(() => read(text)).not.toThrow(secret)
})

test.each([
  ['service = "s3"', 'region is missing; kind sigv4 needs it'],
  ['service = "s3"\nregion = "r"', 'credentials is missing; kind sigv4 needs it'],
  ['normalize_path = "yes"', 'normalize_path must be true or false'],
  ['signed_headers = [1]', 'signed_headers must be "minimal", "all" or a list'],
])('parseConfig() refuses kind sigv4 with %s', (lines, problem) => {
  const text = `[providers.s]\nkind = "sigv4"\nbase_url = "https://b.example"\n${lines}`
  expect(() => parseConfig(text, { name: 'c.toml', directory: '/', home: '/', isFound: false })).toThrow(
    problem,
  )
})

test('request signs with credentials of the file, and shows none of them', async () => {
  const { origin, seen } = await loopback()
  const lines = [
    ...head.slice(0, 4),
    `base_url = "${origin}"`,
    'signed_headers = ["range"]',
    'normalize_path = false',
  ]
  const cwd = folder({
    'outbound-auth.toml': [
      ...lines,
      'credentials = { access_key_id = "AKID", secret_access_key = { env = "S" } }',
    ].join('\n'),
  })
  const { code, out, err } = await runCli(['request', 'key', '-v', '-H', 'range: bytes=0-1'], {
    cwd,
    env: { S: secret },
  })
  expect({ code, out }).toEqual({ code: 0, out: '{"ok":true}' })
  expect(seen[0]?.headers.authorization).toMatch(
    /^AWS4-HMAC-SHA256 Credential=AKID\/\d{8}\/us-east-1\/s3\/aws4_request, SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, /,
  )
  expect(out + err).not.toContain(secret)
  expect(err).not.toMatch(/Signature=/)
})

test('a malformed value that only the signer knows is told with file and line', async () => {
  const cwd = folder({
    'outbound-auth.toml': [...head, 'credentials = "anonymous"', 'payload = "nonsense"'].join('\n'),
  })
  const { code, err } = await runCli(['headers', 'key'], { cwd })
  expect(code).toBe(2)
  expect(err).toMatch(/outbound-auth\.toml:7: providers\.s\.payload: Cannot sign request: payload must be/)
})

test('--provider bedrock takes key and region of the environment', async () => {
  const env = { AWS_BEARER_TOKEN_BEDROCK: secret, AWS_REGION: 'us-west-2', AWS_CONFIG_FILE: '/nowhere' }
  const { code, out } = await runCli(['headers', 'POST', 'responses', '--provider', 'bedrock'], { env })
  expect(code).toBe(0)
  expect(out).toContain('POST https://bedrock-mantle.us-west-2.api.aws/openai/v1/responses')
  expect(out).toContain('authorization: [redacted]')
  const missing = await runCli(['headers', 'x', '--provider', 'bedrock-runtime'], {
    env: { ...env, AWS_REGION: '' },
  })
  expect(missing.code).toBe(3)
  expect(missing.err).toMatch(
    /^outbound-auth: preset bedrock-runtime: .*no region.* \(ERR_AUTH_MISSING_REGION\)\n$/,
  )
})

test('kind bedrock signs with credentials of the file, and explain says why', async () => {
  const { origin, seen } = await loopback()
  const cwd = folder({
    'outbound-auth.toml': [
      '[providers.b]',
      'kind = "bedrock"',
      'region = "us-east-1"',
      `base_url = "${origin}/openai/v1"`,
      'headers = { x-team = "search" }',
      'credentials = { access_key_id = "AKID", secret_access_key = { env = "S" } }',
    ].join('\n'),
  })
  const env = { S: secret, AWS_BEARER_TOKEN_BEDROCK: 'ABSK-of-the-environment' }
  const { code } = await runCli(['request', 'POST', 'responses', '-d', '{}', '-H', 'session_id: 1'], {
    cwd,
    env,
  })
  expect(code).toBe(0)
  const { headers, url } = seen[0] ?? {}
  expect(url).toBe('/openai/v1/responses')
  expect(headers?.authorization).toMatch(
    /us-east-1\/bedrock-mantle\/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-team, /,
  )
  expect(headers).not.toHaveProperty('session_id')
  const explained = await runCli(['explain', 'responses'], { cwd, env })
  expect(explained.out).toContain('AWS credentials of the definition')
  expect(explained.out).toContain('token of the definition')
})

test('kind bedrock is chosen by the address of its region', async () => {
  const cwd = folder({
    'outbound-auth.toml': '[providers.b]\nkind = "bedrock"\nregion = "eu-west-1"\nendpoint = "runtime"',
  })
  const env = { AWS_BEARER_TOKEN_BEDROCK: secret }
  const url = 'https://bedrock-runtime.eu-west-1.amazonaws.com/openai/v1/models'
  expect((await runCli(['headers', url], { cwd, env })).out).toContain('b (outbound-auth.toml:1)')
  const both = folder({ 'outbound-auth.toml': '[providers.b]\nkind = "bedrock"\ntoken = "t"\nprofile = "p"' })
  expect((await runCli(['headers', 'x'], { cwd: both, env })).err).toContain(
    'outbound-auth.toml:4: keep one of token, profile and credentials',
  )
})
