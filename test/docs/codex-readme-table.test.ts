import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { configSchema } from '../../packages/codex/src/config/codex-config.js'
import { providerSchema } from '../../packages/codex/src/config/provider-schema.js'
import { authDocumentSchema } from '../../packages/codex/src/login/auth-document.js'
import { createCodexLab, problemOf, requestOf } from '../../packages/codex/test/codex-lab.js'

const root = join(import.meta.dirname, '../../packages/codex')
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const [, section = ''] = readme.split('## What of a Codex home counts')

/** The rows of the table: the names in the first column, and what the others say. */
const rows = (section.split('\n### ')[0] ?? '')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| key'))
  .map((line) => {
    const [first = '', ...effects] = line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim())
    const isLogin = first.startsWith('`auth.json`: ')
    let table = ''
    const names = [...first.replace(/^`auth\.json`: /, '').matchAll(/`([^`]+)`/g)].map(([, name = '']) => {
      // `auth.command`, `.args`
      if (!name.startsWith('.') || /^\.(env|codex)/.test(name)) {
        table = name.slice(0, Math.max(0, name.lastIndexOf('.')))
        return name
      }
      return table + name
    })
    return { names, isLogin, effects }
  })

const isVariable = (name: string) => /^[A-Z][A-Z\d_]+$/.test(name)
const isFile = (name: string) => /\.toml$|^\.env$/.test(name)
const namesOf = (isLogin: boolean) =>
  rows.filter((row) => row.isLogin === isLogin).flatMap(({ names }) => names)
const keys = namesOf(false).filter((name) => !isVariable(name) && !isFile(name))
const variables = namesOf(false).filter(isVariable)

type Schema = { readonly entries?: Record<string, Schema>; readonly wrapped?: Schema }

/** `aws.region` for each key that a schema knows; a table stands for its keys. */
function keysIn(schema: Schema, before = ''): string[] {
  return Object.entries(schema.entries ?? {}).flatMap(([name, entry]) => {
    const inner = keysIn(entry.wrapped ?? entry, `${before}${name}.`)
    return inner.length > 0 ? inner : [before + name]
  })
}

describe('the table of what counts, in the README,', () => {
  const topLevel = Object.keys((configSchema as Schema).entries ?? {})
  const known = [...topLevel, ...keysIn(providerSchema as Schema)]
  /** The settings of a gateway's own login are rejected as a whole, so no schema has them. */
  const gatewayLogin = /^gateway_oauth\.(\w+_url|client_id|redirect_port|scopes|credentials_store)$/

  it('has each key of the configuration once, and no other', () => {
    expect(new Set(keys).size).toBe(keys.length)
    expect(keys.filter((name) => !gatewayLogin.test(name)).sort()).toEqual([...new Set(known)].sort())
  })

  it('has each member of auth.json once, and no other', () => {
    expect(namesOf(true).sort()).toEqual(Object.keys((authDocumentSchema as Schema).entries ?? {}).sort())
  })

  it('has each variable that the sources name, and says of the others that they are not read', () => {
    const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => readFileSync(join(root, 'src', file), 'utf8'))
    const named =
      sources.join('\n').match(/(?<=['"])(CODEX|OPENAI|AWS|GOOGLE|SPIFFE)_[A-Z\d_]+(?=['"])/g) ?? []
    const inSources = new Set([...named, 'HOME'].filter((name) => name !== 'OPENAI_API_KEY'))
    // These are read by the packages of Amazon Bedrock and AWS.
    for (const name of ['BEARER_TOKEN_BEDROCK', 'REGION', 'DEFAULT_REGION', 'PROFILE'])
      inSources.add(`AWS_${name}`)
    const unread = rows.find(({ names }) => names.includes('OPENAI_BASE_URL'))?.names ?? []
    expect(unread.filter((name) => inSources.has(name))).toEqual([])
    expect(variables.filter((name) => !unread.includes(name)).sort()).toEqual([...inSources].sort())
  })

  it('says something of each, in one of its three columns', () => {
    for (const { names, effects } of rows) {
      expect([names, effects.length, effects.some((effect) => effect !== '')]).toEqual([names, 3, true])
    }
  })
})

const lab = (lines: string) =>
  `model_provider = "lab"\n[model_providers.lab]\nname = "Lab"\nbase_url = "https://lab.example.com/v1"\n${lines}\n`
const exported = '[model_providers.lab.gateway_oauth.credential_export]\ncommand = "echo"\nargs = ["gw"]\n'
const gateway = (settings: string) => lab(`[model_providers.lab.gateway_oauth]\n${settings}\n`)
const login =
  'authorization_url = "https://a.example.com"\ntoken_url = "https://a.example.com"\nclient_id = "c"'
const bedrock = (lines: string) =>
  `model_provider = "amazon-bedrock"\n[model_providers.amazon-bedrock.aws]\n${lines}\n`

/** For each row that refuses something: homes that show it, by the first name of the row. */
const refusals: Readonly<
  Record<string, readonly (readonly [files: Record<string, string | object>, env?: Record<string, string>])[]>
> = {
  '/etc/codex/config.toml': [[{ 'config.toml': 'x =' }], [{ 'config.toml/x': '' }]],
  '.env': [[{ '.env/x': '' }]],
  model_provider: [[{ 'config.toml': 'model_provider = "nope"' }]],
  profile: [[{ 'config.toml': 'profile = "p"' }]],
  profiles: [[{ 'config.toml': '[profiles.work]' }]],
  openai_base_url: [
    [{ 'config.toml': 'openai_base_url = "https://a.example.com/v1?a=1"' }, { CODEX_API_KEY: 'k' }],
  ],
  chatgpt_base_url: [
    [
      { 'config.toml': 'chatgpt_base_url = "https://a.example.com"' },
      { OPENAI_FEDERATION_RULE_ID: 'r', OPENAI_IDENTITY_TOKEN_FILE: '/t' },
    ],
  ],
  cli_auth_credentials_store: [
    [{ 'config.toml': 'cli_auth_credentials_store = "keyring"', 'auth.json': { OPENAI_API_KEY: 'k' } }],
    [{ 'config.toml': 'cli_auth_credentials_store = "auto"' }],
  ],
  features: [[{ 'config.toml': 'features.use_agent_identity = 1' }, { CODEX_API_KEY: 'k' }]],
  model_providers: [[{ 'config.toml': lab('env_keys = "K"') }]],
  name: [[{ 'config.toml': '[model_providers.lab]\nname = " "' }, { CODEX_API_KEY: 'k' }]],
  base_url: [[{ 'config.toml': lab('').replace('/v1', '/v1#a') }]],
  env_key: [
    [{ 'config.toml': lab('experimental_bearer_token = "a b"') }],
    [{ 'config.toml': lab('experimental_bearer_token = ""') }],
  ],
  query_params: [
    [{ 'config.toml': lab('http_headers = { "a b" = "c" }') }],
    [{ 'config.toml': lab('env_http_headers = { a = "V" }') }, { V: 'a\nb' }],
  ],
  wire_api: [[{ 'config.toml': lab('wire_api = "chat"') }]],
  'auth.command': [
    [{ 'config.toml': lab('env_key = "K"\n[model_providers.lab.auth]\ncommand = "x"') }, { K: 'k' }],
  ],
  'aws.profile': [
    [{ 'config.toml': bedrock('profile = ""') }],
    [{ 'config.toml': bedrock('[model_providers.amazon-bedrock.auth]\ncommand = "x"') }],
    [{ 'config.toml': lab('[model_providers.lab.aws]') }],
  ],
  'aws.credential_export.command': [
    [
      {
        'config.toml': bedrock(
          'profile = "p"\n[model_providers.amazon-bedrock.aws.credential_export]\ncommand = "x"',
        ),
      },
    ],
  ],
  'aws.auth_refresh.command': [
    [{ 'config.toml': bedrock('[model_providers.amazon-bedrock.aws.auth_refresh]\ncommand = "x"') }],
  ],
  'gateway_oauth.credential_export.command': [
    [{ 'config.toml': gateway(login) + exported }],
    [{ 'config.toml': (gateway('') + exported).replace(/base_url.*\n/, '') }],
  ],
  'gateway_oauth.delivery.kind': [
    ...[
      'kind = "header", name = "host"',
      'kind = "header", name = "te"',
      'kind = "cookie", name = "a b"',
      'kind = "header", name = "x-a", scheme = "a b"',
    ].map((delivery) => [{ 'config.toml': gateway(`delivery = { ${delivery} }`) + exported }] as const),
  ],
  'gateway_oauth.authorization_url': [[{ 'config.toml': gateway(login) }]],
  project_id: [
    [{ 'config.toml': 'model_provider = "gcp"\n[model_providers.gcp]\ncredential_file = "a.json"' }],
    [{ 'config.toml': lab('env_key = "K"\ncredential_file = "/a.json"') }, { K: 'k' }],
  ],
  auth_mode: [[{ 'auth.json': { auth_mode: 'nope' } }], [{ 'auth.json': { auth_mode: 'headers' } }]],
  OPENAI_API_KEY: [[{ 'auth.json': { OPENAI_API_KEY: 1 } }], [{ 'auth.json': { auth_mode: 'apikey' } }]],
  CODEX_HOME: [
    [{}, { CODEX_HOME: '/nowhere' }],
    [{}, { CODEX_HOME: '~/nowhere' }],
  ],
  OPENAI_FEDERATION_RULE_ID: [
    [{ 'config.toml': 'model_provider = "ollama"' }, { OPENAI_FEDERATION_RULE_ID: 'r' }],
    [{}, { OPENAI_FEDERATION_RULE_ID: 'r', OPENAI_IDENTITY_TOKEN_SOURCE: 'spiffe' }],
  ],
  OPENAI_SPIFFE_AUDIENCE: [[{ 'config.toml': 'model_provider = "ollama"' }, { OPENAI_SPIFFE_AUDIENCE: 'a' }]],
  GOOGLE_CLOUD_PROJECT: [[{ 'config.toml': 'model_provider = "gcp"' }, { GOOGLE_CLOUD_PROJECT: 'a/b' }]],
}

describe('the table of what counts refuses', () => {
  const refusing = rows.filter(({ effects }) => effects[2] !== '').map(({ names }) => names[0] ?? '')

  it('what a home shows for each of these rows', () => {
    expect(Object.keys(refusals).sort()).toEqual([...refusing].sort())
  })

  it.each(Object.entries(refusals))('%s', async (first, homes) => {
    for (const [files, env = {}] of homes) {
      const profile = first === 'profiles' ? 'work' : undefined
      // A home that is named in the environment is the option's default.
      const home = env['CODEX_HOME'] === undefined ? {} : { home: undefined }
      const { codex, calls } = createCodexLab(files, { env, profile, ...home })
      expect(await problemOf(codex.resolve().then(requestOf))).toMatch(/^ERR_AUTH_\w+ build /)
      expect(calls).toEqual([])
    }
  })
})
