import { parseConfig } from '@outbound-auth/resolver/config'
import { expect, test } from 'vitest'
import { configSummary, summaryLines } from '../../src/trust/config-summary.js'

const summary = {
  name: 'x',
  place: 'outbound-auth.toml:1',
  kind: 'bearer',
  servers: [],
  identities: [],
  stores: [],
  commands: [],
  files: [],
  variables: [],
}

test('summaryLines() says where a credential goes, what is run, and what is read', () => {
  const lines = summaryLines({
    ...summary,
    origins: ['https://a.example', 'https://b.example'],
    servers: ['https://i.example'],
    stores: ['redis at db.example:6379 under "oa:a"'],
    commands: [['op', 'read', 'a b']],
    files: ['/t'],
    variables: ['KEY'],
  })
  expect(lines[0]).toContain('"x" (outbound-auth.toml:1): bearer')
  expect(lines[0]).toContain('https://a.example, https://b.example')
  expect(lines.join('\n')).toMatch(
    /gets tokens from https:\/\/i\.example.*\n.*keeps the login of the user in redis at db\.example:6379 under "oa:a"[\s\S]*runs "op" "read" "a b"[\s\S]*reads the file \/t[\s\S]*reads the variable KEY/,
  )
})

test('summaryLines() says that an address comes from the environment', () => {
  const [line] = summaryLines({ ...summary, origins: [] })
  expect(line).toContain('an address from the environment')
})

test('configSummary() says whose identity a workload uses, and which server gets its token', () => {
  const file = { name: 'outbound-auth.toml', directory: '/', home: '/', isFound: false }
  const text = `[providers.claude]
preset = "github-actions-anthropic"
federation_rule_id = "a"
organization_id = "b"
[providers.bedrock]
kind = "sigv4"
service = "bedrock"
region = "us-east-1"
base_url = "https://bedrock-runtime.us-east-1.amazonaws.com"
[providers.bedrock.credentials]
role_arn = { env = "AWS_ROLE_ARN" }
subject_token = { file = "/token" }
token_endpoint = "https://sts.example/path"
[providers.data]
kind = "workload-identity"
service = "databricks"
host = "dbc-1.example"
subject_token = { azure_imds = { resource = "a" } }
base_url = "https://dbc-1.example"`
  const summaries = configSummary(parseConfig(text, file))
  expect(summaries).toMatchObject([
    { identities: ['GitHub Actions'], servers: [] },
    { identities: [], servers: ['https://sts.example'], variables: ['AWS_ROLE_ARN'], files: ['/token'] },
    { identities: ['the metadata service of Azure'], servers: ['dbc-1.example'] },
  ])
  const lines = summaries.flatMap(summaryLines)
  expect(lines).toContain('  uses the identity that this workload has by GitHub Actions')
  expect(lines).toContain('  gets tokens from https://sts.example, which gets the subject token')
})
