import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createCodexLab, problemOf, requestOf } from '../codex-lab.js'

const gcp = (lines: string) =>
  `model_provider = "gcp"\n[model_providers.gcp]\nbase_url = "https://gcp.example.com/v1"\n${lines}`
const printsVariable = '#!/bin/sh\necho "token-of-$GOOGLE_APPLICATION_CREDENTIALS"\n'

async function googleToken(lines: string, env: Record<string, string> = {}): Promise<string | undefined> {
  const files = { 'config.toml': gcp(lines), 'bin/gcloud': printsVariable }
  const variables: Record<string, string> = { ...env }
  const { codex, home } = createCodexLab(files, { env: variables })
  variables['PATH'] = `${home}/bin:/usr/bin:/bin`
  chmodSync(join(home, 'bin/gcloud'), 0o755)
  const auth = await codex.resolve()
  expect((await codex.resolve()).provider).toBe(auth.provider)
  return (await requestOf(auth)).headers['authorization']
}

describe('createCodexResolver(), for Google Cloud, sends the token', () => {
  it('of credential_file, not that of the machine', async () => {
    const env = { GOOGLE_APPLICATION_CREDENTIALS: '/of/the/machine.json' }
    expect(await googleToken('credential_file = "/of/the/team.json"', env)).toBe(
      'Bearer token-of-/of/the/team.json',
    )
    expect(await googleToken('', env)).toBe('Bearer token-of-/of/the/machine.json')
  })

  it('of credential_file also where a command gets it', async () => {
    const print = 'echo own-$GOOGLE_APPLICATION_CREDENTIALS'
    const auth = `[model_providers.gcp.auth]\ncommand = "sh"\nargs = ["-c", "${print}"]\n`
    expect(await googleToken(`credential_file = "/of/the/team.json"\n${auth}`)).toBe(
      'Bearer own-/of/the/team.json',
    )
  })

  it('that the application’s own runCommand gets, in that environment', async () => {
    const seen: unknown[] = []
    const { codex } = createCodexLab(
      { 'config.toml': gcp('credential_file = "/of/the/team.json"') },
      {
        runCommand: async ({ command }, { env }) => {
          seen.push(command[0], env['GOOGLE_APPLICATION_CREDENTIALS'])
          return 'token-1'
        },
      },
    )
    expect((await requestOf(await codex.resolve())).headers).toEqual({ authorization: 'Bearer token-1' })
    expect(seen).toEqual(['gcloud', '/of/the/team.json'])
  })
})

describe('createCodexResolver() rejects the whole configuration for', () => {
  const used = 'model_provider = "ollama"\n'
  it.each<[string, string, RegExp]>([
    [
      'a relative credential_file',
      '[model_providers.gcp]\ncredential_file = "adc.json"',
      /:3: .*credential_file must be an absolute path/,
    ],
    [
      'a credential_file with "~"',
      '[model_providers.gcp]\ncredential_file = "~/adc.json"',
      /must be an absolute path/,
    ],
    ['an empty credential_file', '[model_providers.gcp]\ncredential_file = ""', /must be an absolute path/],
    [
      'env_http_headers of gcp',
      '[model_providers.gcp]\nenv_http_headers = { A = "B" }',
      /env_http_headers cannot be changed here/,
    ],
    [
      'query_params of gcp',
      '[model_providers.gcp]\nquery_params = { a = "b" }',
      /query_params cannot be changed here/,
    ],
    ['a gateway of gcp', '[model_providers.gcp.gateway_oauth]', /gateway_oauth cannot be changed here/],
    [
      'aws with auth',
      '[model_providers.amazon-bedrock]\naws = {}\nauth = { command = "c" }',
      /provider aws cannot be combined with auth/,
    ],
    [
      'aws.profile with credential_export',
      '[model_providers.amazon-bedrock.aws]\nprofile = ""\ncredential_export = { command = "c" }',
      /aws\.credential_export cannot be combined with aws\.profile/,
    ],
    [
      'an exporting command that starts at a folder',
      '[model_providers.amazon-bedrock.aws.credential_export]\ncommand = "./c.sh"',
      /aws\.credential_export\.command must be an absolute path, or a name/,
    ],
    [
      'auth with an empty env_key',
      '[model_providers.lab]\nname = "L"\nenv_key = ""\nauth = { command = "c" }',
      /cannot be combined with env_key/,
    ],
  ])('%s, though another provider is used', async (_, table, expected) => {
    const { codex } = createCodexLab({ 'config.toml': used + table })
    expect(await problemOf(codex.resolve())).toMatch(/^ERR_AUTH_CODEX_CONFIG build config\.toml:/)
    expect(await problemOf(codex.resolve())).toMatch(expected)
  })
})

describe('createCodexResolver() rejects only that provider for a key that may name its credential:', () => {
  const lab = (lines: string) =>
    `[model_providers.lab]\nname = "Lab"\nbase_url = "https://lab.example.com/v1"\n${lines}`
  it.each<[string, string, string, RegExp]>([
    [
      'credential_file elsewhere',
      lab('credential_file = "/a.json"'),
      'lab',
      /credential_file is for the provider gcp only/,
    ],
    ['a misspelt env_key', lab('env_keys = "KEY"'), 'lab', /the key env_keys is not known/],
    [
      'a misspelt env_key beside a login',
      lab('env_keys = "KEY"\nrequires_openai_auth = true'),
      'lab',
      /env_keys/,
    ],
    [
      'a role for AWS',
      '[model_providers.amazon-bedrock.aws]\nrole_arn = "r"',
      'amazon-bedrock',
      /the key aws\.role_arn is not known/,
    ],
    ['a service account of Google', '[model_providers.gcp]\nservice_account = "a"', 'gcp', /service_account/],
  ])('%s', async (_, table, provider, expected) => {
    const { codex } = createCodexLab({ 'config.toml': `model_provider = "ollama"\n${table}` })
    expect((await codex.select()).kind).toBe('none')
    expect(await problemOf(codex.resolve({ provider }))).toMatch(
      /^ERR_AUTH_CODEX_CONFIG build config\.toml:2: /,
    )
    expect(await problemOf(codex.resolve({ provider }))).toMatch(expected)
  })

  it('but notes an unknown key of a table whose name has such a word', async () => {
    const table = '[model_providers.amazon-bedrock.aws.auth_refresh]\ncommand = "aws"\ncwd = "x"'
    const { codex } = createCodexLab(
      { 'config.toml': `model_provider = "amazon-bedrock"\n${table}` },
      { env: { AWS_BEARER_TOKEN_BEDROCK: 'b', AWS_REGION: 'us-east-1' } },
    )
    expect((await codex.select()).warnings).toEqual([
      'config.toml:4: unknown key model_providers.amazon-bedrock.aws.auth_refresh.cwd is ignored',
    ])
  })

  it('but warns of an unknown key', async () => {
    const table = lab('max_tokens = 3\nuser_agent = "x"\nkeyboard = "x"\ntoken_limit = 3')
    const { codex } = createCodexLab({ 'config.toml': `model_provider = "lab"\n${table}` })
    expect((await codex.select()).warnings.length).toBe(4)
  })

  it('but notes one beside a credential that is sure, and any other key', async () => {
    const { codex } = createCodexLab(
      { 'config.toml': `model_provider = "lab"\n${lab('env_key = "KEY"\nenv_keys = "KEY"\ntimeout = 3')}` },
      { env: { KEY: 'sk-1' } },
    )
    expect((await codex.select()).warnings).toEqual([
      'config.toml:6: unknown key model_providers.lab.env_keys is ignored',
      'config.toml:7: unknown key model_providers.lab.timeout is ignored',
    ])
    expect((await requestOf(await codex.resolve())).headers).toEqual({ authorization: 'Bearer sk-1' })
  })
})
