import { describe, expect, it } from 'vitest'
import { createCodexLab, problemOf, requestOf } from './codex-lab.js'
import { agentRecord, chatgptDocument } from './config/codex-home.js'

const lab = (lines: string) =>
  `model_provider = "lab"\n[model_providers.lab]\nname = "Lab"\nbase_url = "https://lab.example.com/v1"\n${lines}`
const login = chatgptDocument(new Date())

describe('createCodexResolver() says where the credential stands that cannot be sent:', () => {
  it.each<[string, Record<string, string | object>, Record<string, string>, RegExp]>([
    [
      'an empty token of the configuration',
      { 'config.toml': lab('experimental_bearer_token = " "') },
      {},
      /^ERR_AUTH_CREDENTIAL build config\.toml:5: model_providers\.lab\.experimental_bearer_token: The bearer credential is empty$/,
    ],
    [
      'a token with a blank',
      { 'config.toml': lab('experimental_bearer_token = "planted b"') },
      {},
      /^ERR_AUTH_CREDENTIAL build config\.toml:5: .*has whitespace inside/,
    ],
    [
      'a token with a line break',
      { 'config.toml': lab('experimental_bearer_token = "planted\\nb"') },
      {},
      /^ERR_AUTH_HEADER_VALUE build config\.toml:5: model_providers\.lab\.experimental_bearer_token: /,
    ],
    [
      'a key of auth.json',
      { 'auth.json': { OPENAI_API_KEY: 'Bearer planted' } },
      {},
      /^ERR_AUTH_CREDENTIAL build auth\.json: /,
    ],
    [
      'a key of auth.json with a line break',
      { 'auth.json': { OPENAI_API_KEY: 'planted\n' } },
      {},
      /^ERR_AUTH_HEADER_VALUE build auth\.json: /,
    ],
    [
      'a key of the environment',
      {},
      { CODEX_API_KEY: 'planted b' },
      /^ERR_AUTH_CREDENTIAL build CODEX_API_KEY: /,
    ],
    [
      'an account id',
      { 'auth.json': { ...login, tokens: { ...login.tokens, account_id: 'planted\nb' } } },
      {},
      /^ERR_AUTH_HEADER_VALUE build auth\.json: .*chatgpt-account-id/,
    ],
    [
      'an identity token',
      { 'auth.json': { auth_mode: 'agentIdentity', agent_identity: 'planted' } },
      {},
      /^ERR_AUTH_JWT_MALFORMED build auth\.json: /,
    ],
    [
      'an identity token of the environment',
      {},
      { CODEX_ACCESS_TOKEN: 'planted' },
      /^ERR_AUTH_JWT_MALFORMED build CODEX_ACCESS_TOKEN: /,
    ],
    [
      'the key of an agent',
      {
        'auth.json': {
          auth_mode: 'agentIdentity',
          agent_identity: agentRecord({ agent_private_key: 'planted', task_id: 't' }),
        },
      },
      {},
      /^ERR_AUTH_AGENT_KEY build auth\.json: /,
    ],
    [
      'a list for a login',
      { 'auth.json': ['planted'] },
      {},
      /^ERR_AUTH_CODEX_LOGIN build .*auth\.json is not a JSON object; log in again$/,
    ],
  ])('%s', async (_, files, env, expected) => {
    const problem = await problemOf(createCodexLab(files, { env }).codex.resolve().then(requestOf))
    expect(problem).toMatch(expected)
    expect(problem).not.toContain('planted')
  })
})

describe('createCodexResolver() names what chose a provider that does not exist:', () => {
  it.each<[string, string, string | undefined, RegExp]>([
    [
      'the key of the configuration',
      '\nmodel_provider = "nope"',
      undefined,
      /^ERR_AUTH_CODEX_CONFIG build config\.toml:2: model_provider: there is no provider "nope"; there are openai, /,
    ],
    [
      'the request',
      'model_provider = "openai"',
      'nope',
      /^ERR_AUTH_CODEX_CONFIG build config\.toml: there is no model provider "nope"; there are openai, /,
    ],
    [
      'a provider of the past',
      'model_provider = "ollama-chat"',
      undefined,
      /config\.toml:1: model_provider: the provider ollama-chat is no longer supported; use ollama$/,
    ],
  ])('%s', async (_, config, provider, expected) => {
    expect(await problemOf(createCodexLab({ 'config.toml': config }).codex.resolve({ provider }))).toMatch(
      expected,
    )
  })
})

describe('createCodexResolver() says what to do about a login that is not allowed:', () => {
  it.each<[string, string, object, Record<string, string>, RegExp]>([
    [
      'another workspace',
      'forced_chatgpt_workspace_id = "w"',
      login,
      {},
      /the account of auth\.json is not among forced_chatgpt_workspace_id; log in to an allowed workspace$/,
    ],
    [
      'a key where ChatGPT is demanded',
      'forced_login_method = "chatgpt"',
      { OPENAI_API_KEY: 'k' },
      {},
      /forced_login_method = "chatgpt", and auth\.json has another one; log in with ChatGPT$/,
    ],
    [
      'ChatGPT where a key is demanded',
      'forced_login_method = "api"',
      login,
      {},
      /forced_login_method = "api", and auth\.json has another one; log in with an API key$/,
    ],
    [
      'an agent elsewhere',
      'chatgpt_base_url = "https://chat.example.com"',
      { auth_mode: 'agentIdentity', agent_identity: 'a.b.c' },
      {},
      /chatgpt_base_url is another one; remove it, or set CODEX_AGENT_IDENTITY_AUTHAPI_BASE_URL, and CODEX_AGENT_IDENTITY_JWKS_BASE_URL to the same URL$/,
    ],
    [
      'an agent at no base URL',
      'chatgpt_base_url = ""',
      { auth_mode: 'agentIdentity', agent_identity: 'a.b.c' },
      {},
      /chatgpt_base_url is another one/,
    ],
  ])('%s', async (_, config, document, env, expected) => {
    const { codex } = createCodexLab({ 'config.toml': config, 'auth.json': document }, { env })
    const problem = await problemOf(codex.resolve().then(requestOf))
    expect(problem).toMatch(/^ERR_AUTH_CODEX_LOGIN build /)
    expect(problem).toMatch(expected)
  })
})
