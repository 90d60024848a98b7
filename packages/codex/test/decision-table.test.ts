import { join } from 'node:path'
import { AuthError, createMemoryStore } from '@outbound-auth/core'
import { createSessionFallback } from '@outbound-auth/resolver'
import { expect, it } from 'vitest'
import { type AuthDocument, type CodexRequest, createCodexResolver } from '../src/index.js'
import { agentRecord, chatgptDocument, codexHomeWith } from './config/codex-home.js'

interface Row {
  readonly label: string
  readonly config?: string
  readonly env?: Record<string, string>
  readonly request?: CodexRequest
}

const lab = '[model_providers.lab]\nname = "Lab"\nbase_url = "https://lab.example.com/v1"\n'
const auth = '[model_providers.lab.auth]\ncommand = "print-token"\n'
const bedrock = '[model_providers.amazon-bedrock.aws]\nregion = "us-east-1"\n'
const use = (id: string, table = '') => `model_provider = "${id}"\n${table}`
const engaged = createSessionFallback()
engaged.engage('three attempts failed')
const chatgptAuth = { agentIdentityPolicy: 'chatgpt-auth' } as const

const definitions: readonly Row[] = [
  { label: '`env_key`, set', config: use('lab', `${lab}env_key = "KEY"`), env: { KEY: 'k' } },
  { label: '`env_key`, unset', config: use('lab', `${lab}env_key = "KEY"`) },
  {
    label: '`env_key` and `experimental_bearer_token`',
    config: use('lab', `${lab}env_key = "KEY"\nexperimental_bearer_token = "t"`),
    env: { KEY: 'k' },
  },
  {
    label: '`env_key` and `requires_openai_auth`',
    config: use('lab', `${lab}env_key = "KEY"\nrequires_openai_auth = true`),
    env: { KEY: 'k' },
  },
  { label: '`experimental_bearer_token`', config: use('lab', `${lab}experimental_bearer_token = "t"`) },
  { label: '`auth` command', config: use('lab', lab + auth) },
  { label: '`auth` and `env_key`', config: use('lab', `${lab}env_key = "KEY"\n${auth}`), env: { KEY: 'k' } },
  { label: 'none of these', config: use('lab', lab) },
  { label: '`ollama`, `lmstudio`', config: use('ollama') },
  { label: '`requires_openai_auth`', config: use('lab', `${lab}requires_openai_auth = true`) },
  { label: '`openai`', config: use('openai') },
  { label: '`openai`, `CODEX_API_KEY` set', config: use('openai'), env: { CODEX_API_KEY: 'k' } },
  { label: '`openai`, policy `chatgpt-auth`', config: use('openai'), request: chatgptAuth },
  {
    label: '`openai`, policy `chatgpt-auth`, fallen back',
    config: use('openai'),
    request: { ...chatgptAuth, sessionFallback: engaged },
  },
  { label: '`amazon-bedrock`', config: use('amazon-bedrock', bedrock) },
  {
    label: '`amazon-bedrock`, `AWS_BEARER_TOKEN_BEDROCK` set',
    config: use('amazon-bedrock', bedrock),
    env: { AWS_BEARER_TOKEN_BEDROCK: 'k' },
  },
]

const keys = { access_key_id: 'AKID', secret_access_key: 's' }
const logins: Readonly<Record<string, AuthDocument | undefined>> = {
  none: undefined,
  'API key': { OPENAI_API_KEY: 'sk-1' },
  ChatGPT: chatgptDocument(new Date()),
  'ChatGPT, pushed in': { ...chatgptDocument(new Date()), auth_mode: 'chatgptAuthTokens' },
  'personal token': { personal_access_token: 'at-1' },
  'agent identity': { auth_mode: 'agentIdentity', agent_identity: agentRecord() as Record<string, unknown> },
  'Bedrock key': { bedrock_api_key: { api_key: 'b', region: 'us-east-1' } },
  'AWS keys': { bedrock_access_keys: keys },
}

async function outcome(
  { config = '', env = {}, request }: Row,
  login: AuthDocument | undefined,
): Promise<string> {
  const home = codexHomeWith({ 'config.toml': config })
  const codex = createCodexResolver({ home, systemConfigPath: false, env, store: createMemoryStore(login) })
  try {
    const { kind } = await codex.select(request)
    return kind === 'none' ? 'nothing' : kind
  } catch (error) {
    if (!AuthError.is(error)) throw error
    return `\`${error.code.replace('ERR_AUTH_', '')}\``
  }
}

it('docs/decision-table.md is what the code decides', async () => {
  const names = Object.keys(logins)
  const lines = [
    '# Which credential a provider of a Codex home gets',
    '',
    'Generated from the code: `pnpm vitest run packages/codex/test/decision-table.test.ts -u`. A row is a provider, a column is',
    'the login in `auth.json`, a cell is the kind of credential that is sent, or the `ERR_AUTH_…` code with which nothing is sent.',
    '`chatgpt` and `account-bearer` are bearer tokens together with their account.',
    '',
    `| provider | ${names.join(' | ')} |`,
    `|---|${names.map(() => '---|').join('')}`,
  ]
  for (const row of definitions) {
    const cells = await Promise.all(names.map((name) => outcome(row, logins[name])))
    lines.push(`| ${row.label} | ${cells.join(' | ')} |`)
  }
  lines.push(
    '',
    'The rules, in order: the definition’s own credential; none, if it asks for no login; no login is an error; a login for Bedrock is one',
    'too; a login that is an agent identity signs; a ChatGPT login signs as an agent where the policy is `chatgpt-auth` and the session has not fallen',
    'back; else the login’s token. A provider that names no login never gets one, whatever the policy.',
    '',
  )
  await expect(lines.join('\n')).toMatchFileSnapshot(
    join(import.meta.dirname, '../../../docs/decision-table.md'),
  )
})
