import { execFileSync } from 'node:child_process'
import { rmSync, truncateSync, writeFileSync } from 'node:fs'
import { AuthError } from '@outbound-auth/core'
import { describe, expect, it } from 'vitest'
import { parseCodexConfig, readCodexConfig } from '../../src/index.js'
import { codexHomeWith } from './codex-home.js'

const parse = (text: string, env: Record<string, string> = {}) => parseCodexConfig(text, 'config.toml', env)
const lab = '[model_providers.lab]\nname = "Lab"\n'

function problemOf(text: string): string {
  try {
    parse(text)
  } catch (error) {
    if (AuthError.is(error)) return `${error.code} ${error.message}`
    throw error
  }
  return 'no problem'
}

describe('parseCodexConfig() reads', () => {
  it('an empty file as the defaults', () => {
    const { providers, ...rest } = parse('')
    expect(rest).toEqual({
      modelProvider: 'openai',
      chatgptBaseUrl: 'https://chatgpt.com/backend-api/',
      credentialsStore: 'file',
      forcedLoginMethod: undefined,
      forcedWorkspaceIds: [],
      useAgentIdentity: false,
      warnings: [],
    })
    expect([...providers.keys()]).toEqual([
      'openai',
      'amazon-bedrock',
      'amazon-bedrock-runtime',
      'gcp',
      'ollama',
      'lmstudio',
    ])
  })

  it('what matters to authentication, and nothing else', () => {
    const config = parse(
      `model = "m"
approval_policy = 3
model_provider = "lab"
openai_base_url = "https://openai.example.com/v1"
chatgpt_base_url = "https://chat.example.com"
cli_auth_credentials_store = "ephemeral"
forced_login_method = "chatgpt"
forced_chatgpt_workspace_id = ["a", " "]
features.use_agent_identity = true
${lab}`,
    )
    expect(config).toMatchObject({
      modelProvider: 'lab',
      chatgptBaseUrl: 'https://chat.example.com',
      credentialsStore: 'ephemeral',
      forcedLoginMethod: 'chatgpt',
      forcedWorkspaceIds: ['a'],
      useAgentIdentity: true,
    })
    expect(config.providers.get('openai')?.base_url).toBe('https://openai.example.com/v1')
    expect(parse('forced_chatgpt_workspace_id = "one"').forcedWorkspaceIds).toEqual(['one'])
    expect(parse('openai_base_url = ""').providers.get('openai')?.base_url).toBe(undefined)
  })

  it('addresses of local servers from the environment', () => {
    const addressOf = (env: Record<string, string>) => parse('', env).providers.get('ollama')?.base_url
    expect(addressOf({})).toBe('http://localhost:11434/v1')
    expect(addressOf({ CODEX_OSS_PORT: ' 99 ' })).toBe('http://localhost:99/v1')
    expect(addressOf({ CODEX_OSS_PORT: 'x' })).toBe('http://localhost:11434/v1')
    expect(addressOf({ CODEX_OSS_PORT: '99', CODEX_OSS_BASE_URL: 'http://oss.example.com' })).toBe(
      'http://oss.example.com',
    )
  })

  it('what extends a built-in provider', () => {
    const bedrock = parse(
      '[model_providers.amazon-bedrock]\nbase_url = "https://proxy.example.com"\nhttp_headers = { X-Team = "a" }\n[model_providers.amazon-bedrock.aws]\nregion = "us-east-1"',
    ).providers.get('amazon-bedrock')
    expect(bedrock).toMatchObject({
      name: 'Amazon Bedrock',
      base_url: 'https://proxy.example.com',
      http_headers: { 'x-amzn-mantle-client-agent': 'codex', 'X-Team': 'a' },
      aws: { region: 'us-east-1' },
      place: 'config.toml:1',
    })
  })
})

describe('parseCodexConfig() warns of', () => {
  it('unknown keys of a provider, with their lines', () => {
    const { warnings } = parse(
      `unknown = 1\n${lab}env_keys = "X"\n\n[model_providers.lab.auth]\ncommand = "c"\ntimeout = 3\n`,
    )
    expect(warnings).toEqual([
      'config.toml:4: unknown key model_providers.lab.env_keys is ignored',
      'config.toml:8: unknown key model_providers.lab.auth.timeout is ignored',
    ])
  })

  it('credentials that lose against env_key', () => {
    const { warnings } = parse(
      `${lab}env_key = "KEY"\nrequires_openai_auth = true\nexperimental_bearer_token = "t"\n`,
    )
    expect(warnings).toEqual([
      'config.toml:5: experimental_bearer_token and requires_openai_auth is ignored, since there is env_key',
    ])
  })
})

describe('parseCodexConfig() rejects, with file and line,', () => {
  const auth = '[model_providers.lab.auth]\ncommand = "c"\n'
  const gateway = '[model_providers.lab.gateway_oauth]\n'
  const exported = '[model_providers.lab.gateway_oauth.credential_export]\ncommand = "g"\n'
  it.each<[string, string, RegExp]>([
    ['what is not TOML', 'a = "secret', /^ERR_AUTH_CODEX_CONFIG config\.toml:1: this is not valid TOML$/],
    ['a wrong type', `${lab}env_key = 3`, /config\.toml:3: model_providers\.lab\.env_key must be a string/],
    ['a wrong type at the top', '\ncli_auth_credentials_store = "vault"', /config\.toml:2: cli_auth_cred/],
    [
      'a string in place of a table',
      'model_providers.lab = 3',
      /config\.toml:1: model_providers\.lab must be a table/,
    ],
    [
      'a time limit of 0',
      `${lab}${auth}timeout_ms = 0`,
      /:5: .*timeout_ms must be a whole number greater than 0/,
    ],
    ['a missing command', `${lab}[model_providers.lab.auth]\nargs = []`, /auth\.command must be present/],
    [
      'another kind of delivery',
      `${lab}${gateway}delivery = { kind = "body", name = "n" }`,
      /must be one of/,
    ],
    ['wire_api chat', `${lab}wire_api = "chat"`, /:3: model_providers\.lab: wire_api must be "responses"/],
    ['a reserved id', '[model_providers.openai]\nname = "Mine"', /:1: .*reserved id `openai`; rename/],
    ['a provider without name', '[model_providers.lab]\nname = " "', /:1: .*provider name must not be empty/],
    ['aws elsewhere', `${lab}[model_providers.lab.aws]`, /aws is only supported for amazon-bedrock or/],
    [
      'an empty command',
      `${lab}[model_providers.lab.auth]\ncommand = " "`,
      /auth\.command must not be empty/,
    ],
    [
      'auth and others',
      `${lab}env_key = "K"\nexperimental_bearer_token = "t"\nrequires_openai_auth = true\n${auth}`,
      /auth cannot be combined with env_key, experimental_bearer_token, requires_openai_auth/,
    ],
    [
      'what a built-in provider does not let change',
      '[model_providers.amazon-bedrock]\nenv_key = "K"',
      /:2: .*env_key cannot be changed here; base_url, auth, aws, http_headers can/,
    ],
    [
      'another program for the login at AWS',
      '[model_providers.amazon-bedrock.aws.auth_refresh]\ncommand = "rm"',
      /auth_refresh\.command must be aws/,
    ],
    [
      'an empty command for AWS credentials',
      '[model_providers.amazon-bedrock.aws.credential_export]\ncommand = ""',
      /credential_export\.command must not be empty/,
    ],
    ['a gateway without command', `${lab}${gateway}`, /without credential_export is not supported/],
    ['an empty command of a gateway', `${lab}${exported.replace('"g"', '""')}`, /must not be empty/],
    [
      'two credentials in one header',
      `${lab}env_key = "K"\n${exported}`,
      /would both be the Authorization header/,
    ],
  ])('%s', (_, text, expected) => {
    expect(problemOf(text)).toMatch(expected)
    expect(problemOf(text)).not.toContain('secret')
  })
})

describe('readCodexConfig()', () => {
  it('takes a missing file for an empty one', async () => {
    expect((await readCodexConfig(codexHomeWith(), {})).modelProvider).toBe('openai')
  })

  it('rejects what it cannot read', async () => {
    const folder = codexHomeWith({ 'config.toml/inside': '' })
    await expect(readCodexConfig(folder, {})).rejects.toThrow(/config\.toml: it cannot be read: EISDIR/)
    const home = codexHomeWith()
    writeFileSync(`${home}/config.toml`, new Uint8Array([0xff, 0xfe]))
    await expect(readCodexConfig(home, {})).rejects.toThrow(/it is not UTF-8 text/)
    writeFileSync(`${home}/config.toml`, '#'.repeat(2 ** 24 + 1))
    await expect(readCodexConfig(home, {})).rejects.toThrow(/config\.toml: it is larger than 16 MiB/)
  })

  it.skipIf(process.platform === 'win32')('does not wait for the writer of a pipe', async () => {
    const home = codexHomeWith()
    execFileSync('mkfifo', [`${home}/config.toml`])
    await expect(readCodexConfig(home, {})).rejects.toThrow(/config\.toml: it is a pipe, not a regular file/)
  })

  it.skipIf(process.platform === 'win32')(
    "reads a profile and the system's file with the same care",
    async () => {
      const home = codexHomeWith()
      const readProfile = () => readCodexConfig(home, {}, { profile: 'work' })
      execFileSync('mkfifo', [`${home}/work.config.toml`, `${home}/system.toml`])
      await expect(readProfile()).rejects.toThrow(/work\.config\.toml: it is a pipe, not a regular file/)
      const readSystem = () => readCodexConfig(home, {}, { systemConfigPath: `${home}/system.toml` })
      await expect(readSystem()).rejects.toThrow(/system\.toml: it is a pipe, not a regular file/)
      for (const name of ['work.config.toml', 'system.toml']) {
        rmSync(`${home}/${name}`)
        writeFileSync(`${home}/${name}`, '')
        truncateSync(`${home}/${name}`, 400e6)
      }
      await expect(readProfile()).rejects.toThrow(/work\.config\.toml: it is larger than 16 MiB/)
      await expect(readSystem()).rejects.toThrow(/system\.toml: it is larger than 16 MiB/)
    },
  )
})
