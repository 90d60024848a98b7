import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createCodexLab, problemOf, requestOf } from '../codex-lab.js'

const used = (lines: string, id = 'lab') =>
  `model_provider = "${id}"\n[model_providers.${id}]\nname = "Lab"\nbase_url = "https://lab.example.com/v1"\n${lines}`

async function sentWith(config: string, env: Record<string, string> = { KEY: 'sk-1' }) {
  const { codex } = createCodexLab(
    { 'config.toml': config, 'auth.json': { OPENAI_API_KEY: 'sk-file' } },
    { env },
  )
  return requestOf(await codex.resolve())
}

describe('createCodexResolver() takes, as Codex does,', () => {
  it.each(['__proto__', 'constructor', 'prototype'])('the name %s for any other', async (name) => {
    const lines = `env_key = "KEY"\nhttp_headers = { ${name} = "h" }\nquery_params = { ${name} = "q" }`
    const { url, headers } = await sentWith(used(lines, name))
    expect(url).toBe(`https://lab.example.com/v1/responses?${name}=q`)
    expect(Object.entries(headers)).toEqual(
      expect.arrayContaining([
        ['authorization', 'Bearer sk-1'],
        [name, 'h'],
      ]),
    )
  })

  it('an empty openai_base_url for none', async () => {
    const config = 'model_provider = "openai"\nopenai_base_url = ""\n'
    expect((await sentWith(config)).url).toBe('https://api.openai.com/v1/responses')
  })

  it('the location "global" of Google Cloud where none is named', async () => {
    const files = {
      'config.toml': 'model_provider = "gcp"\n[model_providers.gcp]\nproject_id = " p-1 "\n',
      'bin/gcloud': '#!/bin/sh\necho token-1\n',
    }
    const variables: Record<string, string> = { GOOGLE_CLOUD_LOCATION: ' ' }
    const { codex, home } = createCodexLab(files, { env: variables })
    variables['PATH'] = `${home}/bin:/usr/bin:/bin`
    chmodSync(join(home, 'bin/gcloud'), 0o755)
    expect((await requestOf(await codex.resolve())).url).toBe(
      'https://aiplatform.googleapis.com/v1/projects/p-1/locations/global/publishers/openai/v1/responses',
    )
  })

  it('a workspace id with whitespace around it for the id', async () => {
    const login = 'forced_chatgpt_workspace_id = [" acct-1 "]\nmodel_provider = "openai"\n'
    const { chatgptDocument } = await import('./codex-home.js')
    const { codex } = createCodexLab({ 'config.toml': login, 'auth.json': chatgptDocument(new Date()) })
    expect((await requestOf(await codex.resolve())).headers['chatgpt-account-id']).toBe('acct-1')
  })

  it('a token of a command that is not ASCII, in UTF-8', async () => {
    const config = used('[model_providers.lab.auth]\ncommand = "echo"\nargs = ["tökén"]')
    const { headers } = await sentWith(config)
    expect(Buffer.from(headers['authorization'] ?? '', 'latin1').toString()).toBe('Bearer tökén')
  })
})

describe('createCodexResolver() rejects, with file, line and what to write instead,', () => {
  it.each<[string, string, RegExp]>([
    [
      'a float for a whole number',
      used('request_max_retries = 1.0'),
      /^config\.toml:5: .*request_max_retries must be a whole number, 0 or more$/,
    ],
    [
      'a float for a time',
      used('[model_providers.lab.auth]\ncommand = "x"\ntimeout_ms = 5.0'),
      /^config\.toml:7: .*timeout_ms must be a whole number greater than 0$/,
    ],
    [
      'a feature that is no switch',
      'features.use_agent_identity = "true"',
      /^config\.toml:1: features\.use_agent_identity must be true or false$/,
    ],
    ['a list of features', 'features = []', /^config\.toml:1: features must be a table$/],
    ['a list of providers', 'model_providers = []', /^config\.toml:1: model_providers must be a table$/],
    ['a number for a profile', 'profile = 5', /^config\.toml:1: profile must be a string$/],
    [
      'a store that does not exist',
      'cli_auth_credentials_store = "x"',
      /^config\.toml:1: cli_auth_credentials_store must be one of "file", "keyring", "auto", "ephemeral"$/,
    ],
    [
      'a way to log in that does not exist',
      'forced_login_method = "x"',
      /^config\.toml:1: forced_login_method must be one of "api", "chatgpt"$/,
    ],
    [
      'a number for a workspace',
      'forced_chatgpt_workspace_id = 5',
      /^config\.toml:1: forced_chatgpt_workspace_id must be a string or a list of strings$/,
    ],
    [
      'a header that is no string',
      used('http_headers = { "x-a" = 1 }'),
      /^config\.toml:5: model_providers\.lab\.http_headers\.x-a must be a string$/,
    ],
    [
      'an empty base_url',
      'model_provider = "lab"\n[model_providers.lab]\nname = "L"\nbase_url = ""\nenv_key = "KEY"',
      /^config\.toml:4: model_providers\.lab\.base_url must be an http\(s\) URL/,
    ],
    [
      'a blank base_url',
      'model_provider = "lab"\n[model_providers.lab]\nname = "L"\nbase_url = " "\nenv_key = "KEY"',
      /^config\.toml:4: model_providers\.lab\.base_url must be an http\(s\) URL/,
    ],
    [
      'a blank openai_base_url',
      'openai_base_url = " "',
      /^config\.toml:1: openai_base_url must be an http\(s\) URL without user name, query and fragment$/,
    ],
    [
      'a blank base_url of Google Cloud',
      'model_provider = "gcp"\n[model_providers.gcp]\nbase_url = ""\nproject_id = "p"',
      /^config\.toml:3: model_providers\.gcp\.base_url must be an http/,
    ],
    [
      'a blank base_url of Amazon Bedrock',
      'model_provider = "amazon-bedrock"\n[model_providers.amazon-bedrock]\nbase_url = " "',
      /^config\.toml:3: model_providers\.amazon-bedrock\.base_url must be an http/,
    ],
    [
      'a name that is no header',
      used('env_key = "KEY"\nhttp_headers = { "X Lab" = "1" }'),
      /^config\.toml:6: model_providers\.lab\.http_headers: Not a header name: "x lab"; correct it$/i,
    ],
    [
      'an empty name of a header',
      used('env_key = "KEY"\nenv_http_headers = { "" = "V" }'),
      /^config\.toml:6: model_providers\.lab\.env_http_headers: Not a header name: ""; correct it$/,
    ],
    [
      'a value that no header may hold',
      used('env_key = "KEY"\nhttp_headers = { X-A = "planted\\nb" }'),
      /^config\.toml:6: model_providers\.lab\.http_headers\.X-A has a character that no header may hold \(a line break, perhaps\); remove it$/,
    ],
    [
      'a project that does not exist',
      'model_provider = "gcp"\n[model_providers.gcp]\nproject_id = "a/b"',
      /^config\.toml:3: model_providers\.gcp\.project_id must be letters, digits and hyphens$/,
    ],
    [
      'a blank project beside a variable',
      'model_provider = "gcp"\n[model_providers.gcp]\nproject_id = " "',
      /^config\.toml:3: model_providers\.gcp\.project_id must be letters/,
    ],
    [
      'a location that does not exist',
      'model_provider = "gcp"\n[model_providers.gcp]\nproject_id = "p"\nlocation = "a_b"',
      /^config\.toml:4: model_providers\.gcp\.location must be letters/,
    ],
  ])('%s', async (_, config, expected) => {
    const env = { KEY: 'sk-1', GOOGLE_CLOUD_PROJECT: 'of-the-machine' }
    const problem = await problemOf(sentWith(config, env))
    expect(problem).toMatch(/^ERR_AUTH_CODEX_CONFIG build /)
    expect(problem.replace(/^\S+ build /, '')).toMatch(expected)
    expect(problem).not.toContain('planted')
  })

  it('a variable whose value no header may hold', async () => {
    const config = used('env_key = "KEY"\nenv_http_headers = { X-A = "V" }')
    expect(await problemOf(sentWith(config, { KEY: 'sk-1', V: 'planted\nb' }))).toBe(
      'ERR_AUTH_HEADER_VALUE build config.toml:6: model_providers.lab.env_http_headers.X-A: the variable V has a character that no header may hold (a line break, perhaps); remove it',
    )
  })

  it('a variable with an odd project, by its name', async () => {
    const config = 'model_provider = "gcp"\n'
    expect(await problemOf(sentWith(config, { GOOGLE_CLOUD_PROJECT: 'a/b' }))).toMatch(
      /GOOGLE_CLOUD_PROJECT must be letters, digits and hyphens/,
    )
  })

  it('a base URL of a variable, by its name', async () => {
    const config = 'model_provider = "ollama"\n'
    const env = { CODEX_OSS_BASE_URL: 'http://127.0.0.1/v1?a=1' }
    expect(await problemOf(sentWith(config, env))).toBe(
      'ERR_AUTH_CODEX_CONFIG build CODEX_OSS_BASE_URL must be an http(s) URL without user name, query and fragment',
    )
  })
})

describe('createCodexResolver() lets an unused provider', () => {
  it.each([
    ['have an odd header', 'http_headers = { "X Lab" = "1" }'],
    ['have a blank base_url', 'base_url = " "'],
  ])('%s', async (_, lines) => {
    const config = `${used('env_key = "KEY"\n')}[model_providers.other]\nname = "O"\n${lines}\n`
    expect((await sentWith(config)).headers['authorization']).toBe('Bearer sk-1')
  })
})
