import { AuthError } from '@outbound-auth/core'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { parse } from 'smol-toml'
import { expect, test } from 'vitest'
import { configSchema, parseConfig } from '../../src/config/index.js'

const file = { name: 'c.toml', directory: '/etc/oa', home: '/home/oa', isFound: false }
const isConfig = new Ajv2020({ strict: false, formats: { uri: true } }).compile(configSchema())
const roleArn = 'arn:aws:iam::123456789012:role/agent'
const signed = [
  '[providers.x]',
  'kind = "sigv4"',
  'service = "bedrock"',
  'region = "us-east-1"',
  'base_url = "https://a.example"',
]

/** The definition of `x`, which the schema takes as well. */
function definitionOf(lines: readonly string[]) {
  const text = lines.join('\n')
  expect(isConfig(parse(text)), JSON.stringify(isConfig.errors)).toBe(true)
  return parseConfig(text, file).providers.get('x')?.definition
}

function problemOf(lines: readonly string[]): string {
  try {
    parseConfig(lines.join('\n'), file)
  } catch (error) {
    expect(AuthError.is(error)).toBe(true)
    return (error as Error).message
  }
  return expect.unreachable('the file was taken')
}

test.each<[toml: string, credentials: object]>([
  [
    `{ role_arn = "${roleArn}", subject_token = { github_actions = { audience = "sts.amazonaws.com" } } }`,
    { roleArn, subjectToken: { githubActions: { audience: 'sts.amazonaws.com' } } },
  ],
  [
    '{ role_arn = { env = "AWS_ROLE_ARN" }, subject_token = { file = "token" }, region = "eu-west-1", session_name = "job-1", lifetime_ms = 900000, token_endpoint = "https://sts.example/", timeout_ms = 5000 }',
    {
      roleArn: { env: 'AWS_ROLE_ARN' },
      subjectToken: { file: '/etc/oa/token' },
      region: 'eu-west-1',
      sessionName: 'job-1',
      lifetimeMs: 900_000,
      tokenEndpoint: 'https://sts.example/',
      timeoutMs: 5000,
    },
  ],
])('parseConfig() reads the credentials of a role: %s', (toml, credentials) => {
  expect(definitionOf([...signed, `credentials = ${toml}`])).toMatchObject({ credentials })
  const bedrock = ['[providers.x]', 'kind = "bedrock"', `credentials = ${toml}`]
  expect(definitionOf(bedrock)).toMatchObject({ credentials })
})

test.each<[toml: string, problem: string]>([
  [`{ role_arn = "${roleArn}" }`, 'c.toml:6: credentials needs subject_token'],
  ['{ subject_token = "a" }', 'c.toml:6: credentials needs role_arn'],
  [
    '{ role_arn = 7, subject_token = "a" }',
    'c.toml:6: credentials.role_arn must be a string or { env = "NAME" }',
  ],
  [
    '{ role_arn = { env = "A", file = "b" }, subject_token = "a" }',
    'c.toml:6: credentials.role_arn must be a string',
  ],
  [
    '{ role_arn = "a", subject_token = "a", profile = "b" }',
    '"profile" is not a key of credentials beside role_arn',
  ],
  ['{ role_arn = "a", subject_token = "a", constructor = "b" }', '"constructor" is not a key of credentials'],
  [
    '{ role_arn = "a", subject_token = "a", session_name = " " }',
    'credentials.session_name must be a string',
  ],
  [
    '{ role_arn = "a", subject_token = "a", token_endpoint = "sts" }',
    'credentials.token_endpoint must be an absolute',
  ],
  [
    '{ role_arn = "a", subject_token = { gitlab = {} } }',
    'c.toml:6: credentials.subject_token must be the secret',
  ],
  [
    '{ role_arn = "a", subject_token = { github_actions = {} } }',
    'credentials.subject_token.github_actions needs audience',
  ],
])('parseConfig() rejects the credentials %s', (toml, problem) => {
  expect(problemOf([...signed, `credentials = ${toml}`])).toContain(problem)
})

test('the presets of workloads take the settings that only the user knows', () => {
  const bedrock = ['[providers.x]', 'preset = "github-actions-bedrock"', ...signed.slice(3)]
  expect(definitionOf(bedrock)).toMatchObject({
    kind: 'sigv4',
    service: 'bedrock',
    region: 'us-east-1',
    credentials: { roleArn: { env: 'AWS_ROLE_ARN' } },
  })
  expect(problemOf(['[providers.x]', 'preset = "github-actions-bedrock"', 'region = "us-east-1"'])).toContain(
    'base_url is missing',
  )
  const vertex = [
    '[providers.x]',
    'preset = "gcp-vertex"',
    'base_url = "https://aiplatform.googleapis.com/v1/a"',
  ]
  expect(definitionOf(vertex)).toMatchObject({ subjectToken: { gcpMetadata: {} } })
  expect(
    definitionOf([...vertex, 'subject_token = { gcp_metadata = { service_account = "a" } }']),
  ).toMatchObject({
    subjectToken: { gcpMetadata: { serviceAccount: 'a' } },
  })
})

test('a preset exchanges the identity of its workload at its own service only', () => {
  const claude = [
    '[providers.x]',
    'preset = "github-actions-anthropic"',
    'federation_rule_id = "a"',
    'organization_id = "b"',
  ]
  const elsewhere = [...claude, 'token_endpoint = "https://evil.example/token"']
  expect(problemOf(elsewhere)).toContain(
    'c.toml:5: preset = "github-actions-anthropic" exchanges its token at its own service only',
  )
  const named = [...elsewhere, 'subject_token = { github_actions = { audience = "c" } }']
  expect(definitionOf(named)).toMatchObject({ tokenEndpoint: 'https://evil.example/token' })
})
