import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createCodexResolver } from '../src/index.js'
import { createCodexLab, problemOf, requestOf } from './codex-lab.js'
import { agentRecord, chatgptDocument } from './config/codex-home.js'

const lab =
  'model_provider = "lab"\n[model_providers.lab]\nname = "Lab"\nbase_url = "https://lab.example.com/v1//"\n'
const config = (lines: string) => ({ 'config.toml': lab + lines })

describe('createCodexResolver() sends', () => {
  it('the variable of env_key, trimmed, to the base URL', async () => {
    const { codex } = createCodexLab(config('env_key = "KEY"'), { env: { KEY: ' sk-1\n' } })
    const auth = await codex.resolve()
    expect(await requestOf(auth)).toEqual({
      url: 'https://lab.example.com/v1/responses',
      headers: { authorization: 'Bearer sk-1' },
    })
    expect(auth.reason).toBe(
      'lab (config.toml:2): the definition has a credential of its own, of kind bearer; for https://lab.example.com',
    )
  })

  it('static headers and query below the credential, with values of variables above literal ones', async () => {
    const { codex } = createCodexLab(
      config(
        `experimental_bearer_token = " t "
query_params = { b = "1 2", a = "&" }
http_headers = { Authorization = "Basic x", X-Both = "file", X-Blank = "file", X-Secret-Key = "k" }
env_http_headers = { x-both = "BOTH", X-Blank = "BLANK", X-None = "NONE" }`,
      ),
      { env: { BOTH: ' env ', BLANK: ' ' } },
    )
    const auth = await codex.resolve()
    expect(await requestOf(auth)).toEqual({
      url: 'https://lab.example.com/v1/responses?b=1%202&a=%26',
      headers: { authorization: 'Bearer t', 'x-both': 'env', 'x-blank': 'file', 'x-secret-key': 'k' },
    })
    expect([...auth.secretHeaderNames].sort()).toEqual(['x-both', 'x-secret-key'])
  })

  it('letters beyond ASCII as UTF-8, as Codex does', async () => {
    const { codex } = createCodexLab(
      config('experimental_bearer_token = "é"\nhttp_headers = { X-Team = "✓" }'),
    )
    const { headers } = await requestOf(await codex.resolve())
    const bytes = (text = '') => Buffer.from(text, 'latin1').toString('utf8')
    expect([bytes(headers['authorization']), bytes(headers['x-team'])]).toEqual(['Bearer é', '✓'])
    const variable = createCodexLab(config('env_key = "KEY"'), { env: { KEY: ' kéy ' } })
    const sent = await requestOf(await variable.codex.resolve())
    expect(bytes(sent.headers['authorization'])).toBe('Bearer kéy')
  })

  it('a static authorization header where there is no other credential', async () => {
    const { codex } = createCodexLab(config('http_headers = { Authorization = "Basic x" }'))
    const auth = await codex.resolve()
    expect((await requestOf(auth)).headers).toEqual({ authorization: 'Basic x' })
    expect(auth.secretHeaderNames).toEqual(['authorization'])
  })

  it('the output of a command, found and run where Codex does', async () => {
    const files = { 'bin/token.sh': '#!/bin/sh\necho "token-$(basename "$(pwd)")"' }
    const run = async (table: string) => {
      const { codex, home } = createCodexLab({ ...config(`[model_providers.lab.auth]\n${table}`), ...files })
      const { chmodSync } = await import('node:fs')
      chmodSync(join(home, 'bin/token.sh'), 0o755)
      return (await requestOf(await codex.resolve())).headers
    }
    expect(await run('command = "./token.sh"\ncwd = "bin"')).toEqual({ authorization: 'Bearer token-bin' })
    expect(await run('command = "echo"\nargs = ["t"]\ntimeout_ms = 2000\nrefresh_interval_ms = 0')).toEqual({
      authorization: 'Bearer t',
    })
  })

  it('an API key to the API, and a ChatGPT login to its backend', async () => {
    const api = createCodexLab(
      { 'auth.json': { OPENAI_API_KEY: ' sk-1 ' } },
      { env: { OPENAI_PROJECT: 'p' } },
    )
    expect(await requestOf(await api.codex.resolve())).toEqual({
      url: 'https://api.openai.com/v1/responses',
      headers: { authorization: 'Bearer sk-1', 'openai-project': 'p' },
    })
    const chatgpt = createCodexLab({ 'auth.json': chatgptDocument(new Date()) })
    expect(await requestOf(await chatgpt.codex.resolve())).toMatchObject({
      url: 'https://chatgpt.com/backend-api/codex/responses',
      headers: { 'chatgpt-account-id': 'acct-1' },
    })
  })

  it('a personal access token with its account, which is asked once', async () => {
    const whoami = () => Response.json({ chatgpt_account_id: 'acct-9', chatgpt_account_is_fedramp: true })
    const env = { CODEX_ACCESS_TOKEN: ' at-1 ', CODEX_AUTHAPI_BASE_URL: 'https://auth.example.com/api/ ' }
    const { codex, calls } = createCodexLab({}, { env }, whoami)
    const [one, two] = await Promise.all([codex.resolve(), codex.resolve()])
    expect((await requestOf(one)).headers).toEqual({
      authorization: 'Bearer at-1',
      'chatgpt-account-id': 'acct-9',
      'x-openai-fedramp': 'true',
    })
    expect(one.provider).toBe(two.provider)
    expect(calls.map(({ url }) => url)).toEqual([
      'https://auth.example.com/api/v1/user-auth-credential/whoami',
    ])
  })

  it('the token of a gateway beside the credential, or alone', async () => {
    const exported =
      '[model_providers.lab.gateway_oauth.credential_export]\ncommand = "echo"\nargs = ["gw"]\n'
    const header = createCodexLab(
      config(
        `experimental_bearer_token = "t"\n[model_providers.lab.gateway_oauth]\ndelivery = { kind = "header", name = "X-Gateway", scheme = "Token" }\n${exported}`,
      ),
    )
    const auth = await header.codex.resolve()
    expect([auth.kind, (await requestOf(auth)).headers]).toEqual([
      'combined',
      { authorization: 'Bearer t', 'x-gateway': 'Token gw' },
    ])
    const alone = await createCodexLab(config(exported)).codex.resolve()
    expect([alone.kind, (await requestOf(alone)).headers]).toEqual([
      'gateway',
      { authorization: 'Bearer gw' },
    ])
    const cookie = '[model_providers.lab.gateway_oauth]\ndelivery = { kind = "cookie", name = "session" }\n'
    const jar = await createCodexLab(config(cookie + exported)).codex.resolve()
    expect((await requestOf(jar)).headers).toEqual({ cookie: 'session=gw' })
  })

  it('a Google Cloud request to the project and location', async () => {
    const table = (lines: string) => ({
      'config.toml': `model_provider = "gcp"\n[model_providers.gcp]\n${lines}\n[model_providers.gcp.auth]\ncommand = "echo"\nargs = ["t"]`,
    })
    const named = await createCodexLab(table('project_id = "p-1"\nlocation = "l"')).codex.resolve()
    expect(named.urlOf('responses')).toBe(
      'https://aiplatform.googleapis.com/v1/projects/p-1/locations/l/publishers/openai/v1/responses',
    )
    const env = { GOOGLE_CLOUD_PROJECT: 'p', GOOGLE_CLOUD_LOCATION: 'l' }
    expect((await createCodexLab(table(''), { env }).codex.resolve()).baseUrl).toContain(
      '/projects/p/locations/l/',
    )
    expect(await problemOf(createCodexLab(table('')).codex.resolve())).toMatch(/GOOGLE_CLOUD_PROJECT/)
    const bare = createCodexLab({ 'config.toml': 'model_provider = "gcp"' }, { env })
    expect((await bare.codex.select()).kind).toBe('bearer')
  })
})

describe('createCodexResolver() decides', () => {
  it('without asking a server, and says what resolve will ask', async () => {
    const { codex, calls } = createCodexLab({}, { env: { CODEX_ACCESS_TOKEN: 'at-1' } })
    expect(await codex.select()).toMatchObject({
      providerId: 'openai',
      place: 'built-in',
      kind: 'account-bearer',
      isComplete: false,
      warnings: [],
    })
    expect(calls).toEqual([])
    const typo = createCodexLab(config('experimental_bearer_token = "t"\ntypo = 1'))
    expect(await typo.codex.select()).toMatchObject({
      providerId: 'lab',
      isComplete: true,
      warnings: ['config.toml:6: unknown key model_providers.lab.typo is ignored'],
    })
    expect(await typo.codex.select({ provider: 'ollama' })).toMatchObject({ kind: 'none' })
  })

  it('anew when the files change', async () => {
    const { codex, home } = createCodexLab({ 'auth.json': { OPENAI_API_KEY: 'sk-1' } })
    expect((await codex.select()).kind).toBe('bearer')
    writeFileSync(join(home, 'auth.json'), JSON.stringify(chatgptDocument(new Date())))
    expect((await codex.select()).kind).toBe('chatgpt')
  })

  it('with CODEX_HOME and the process’s own folder by default', async () => {
    const { home } = createCodexLab({ 'auth.json': { OPENAI_API_KEY: 'sk-1' } })
    const codex = createCodexResolver({ systemConfigPath: false, env: { CODEX_HOME: home } })
    expect((await codex.select()).kind).toBe('bearer')
    expect(
      await problemOf(createCodexResolver({ systemConfigPath: false, env: { HOME: home } }).select()),
    ).toMatch(/nobody is logged in/)
  })
})

describe('createCodexResolver() rejects', () => {
  it.each<[string, object, Record<string, string>, RegExp]>([
    [
      'an unset env_key',
      config('env_key = "KEY"\nenv_key_instructions = "Ask Ann."'),
      {},
      /^ERR_AUTH_MISSING_ENV build Missing environment variable: `KEY`\. Ask Ann\.$/,
    ],
    [
      'an unknown provider',
      { 'config.toml': 'model_provider = "x"' },
      {},
      /config\.toml:1: model_provider: there is no provider "x"; there are openai/,
    ],
    ['a removed provider', { 'config.toml': 'model_provider = "ollama-chat"' }, {}, /no longer supported/],
    [
      'a malformed base URL',
      { 'config.toml': lab.replace('https:', 'ftp:') },
      {},
      /base_url must be an http\(s\) URL/,
    ],
    ['nobody logged in', {}, {}, /ERR_AUTH_CODEX_LOGIN build .*nobody is logged in/],
    [
      'a malformed login',
      { 'auth.json': { tokens: { id_token: 3 } } },
      {},
      /auth\.json has a malformed tokens\.id_token/,
    ],
    [
      'a login that is no object',
      { 'auth.json': '[]' },
      {},
      /ERR_AUTH_CODEX_LOGIN|ERR_AUTH_STORE_CORRUPT|nobody/,
    ],
    ['an unknown mode', { 'auth.json': { auth_mode: 'telepathy' } }, {}, /unknown auth_mode/],
    [
      'a mode without its key',
      { 'auth.json': { auth_mode: 'apikey', OPENAI_API_KEY: null } },
      {},
      /has no OPENAI_API_KEY/,
    ],
    [
      'a mode without its token',
      { 'auth.json': { auth_mode: 'personalAccessToken' } },
      {},
      /has no personal_access_token/,
    ],
    ['a mode without tokens', { 'auth.json': { auth_mode: 'chatgpt' } }, {}, /has no tokens/],
    [
      'tokens without their time',
      { 'auth.json': { ...chatgptDocument(new Date()), last_refresh: null } },
      {},
      /last_refresh/,
    ],
    [
      'a malformed id token',
      {
        'auth.json': {
          ...chatgptDocument(new Date()),
          tokens: { ...chatgptDocument(new Date()).tokens, id_token: 'a.%.c' },
        },
      },
      {},
      /id_token of auth\.json is not a JWT/,
    ],
    [
      'an id token of two parts',
      {
        'auth.json': {
          ...chatgptDocument(new Date()),
          tokens: { ...chatgptDocument(new Date()).tokens, id_token: 'a.b' },
        },
      },
      {},
      /id_token of auth\.json is not a JWT/,
    ],
    [
      'a base URL with a query',
      {
        'config.toml':
          'model_provider = "lab"\n[model_providers.lab]\nname = "Lab"\nbase_url = "https://lab.example.com/v1?a=1"',
      },
      {},
      /^ERR_AUTH_CODEX_CONFIG build config\.toml:4: .*without user name, query and fragment; put parameters into query_params/,
    ],
    [
      'a base URL of OpenAI with a fragment',
      { 'config.toml': 'openai_base_url = "https://lab.example.com/v1#a"' },
      { CODEX_API_KEY: 'sk-1' },
      /openai_base_url must be an http\(s\) URL/,
    ],
    [
      'headers of a host application',
      { 'auth.json': { auth_mode: 'headers' } },
      {},
      /only inside of an application/,
    ],
    [
      'an agent that is incomplete',
      { 'auth.json': { auth_mode: 'agentIdentity', agent_identity: {} } },
      {},
      /the agent_identity of auth\.json has no agent_runtime_id; log in again/,
    ],
    [
      'a Bedrock key elsewhere',
      { 'auth.json': { bedrock_api_key: { api_key: 'k', region: 'r' } } },
      {},
      /ERR_AUTH_UNSUPPORTED/,
    ],
    [
      'a keyring',
      { 'config.toml': 'cli_auth_credentials_store = "keyring"' },
      {},
      /ERR_AUTH_CODEX_KEYRING build .*CODEX_API_KEY/,
    ],
    [
      'another method than the forced one',
      { 'config.toml': 'forced_login_method = "chatgpt"' },
      { CODEX_API_KEY: 'k' },
      /demands forced_login_method = "chatgpt", and CODEX_API_KEY/,
    ],
    [
      'another workspace than the forced one',
      { 'config.toml': 'forced_chatgpt_workspace_id = "x"', 'auth.json': chatgptDocument(new Date()) },
      {},
      /not among forced_chatgpt_workspace_id/,
    ],
    [
      'half a workload identity',
      {},
      { OPENAI_FEDERATION_RULE_ID: 'r' },
      /requires OPENAI_IDENTITY_TOKEN_FILE/,
    ],
    [
      'an agent of an unknown environment',
      {
        'config.toml': 'chatgpt_base_url = "https://chat.example.com"',
        'auth.json': { auth_mode: 'agentIdentity', agent_identity: agentRecord() },
      },
      {},
      /production and staging/,
    ],
  ])('%s', async (_, files, env, expected) => {
    const { codex, calls } = createCodexLab(files as Record<string, string>, { env })
    expect(await problemOf(codex.resolve())).toMatch(expected)
    expect(calls).toEqual([])
  })

  it('a stored login where the configuration keeps none, and an option that it does not have', async () => {
    const files = {
      'config.toml': 'cli_auth_credentials_store = "ephemeral"',
      'auth.json': { OPENAI_API_KEY: 'k' },
    }
    expect(await problemOf(createCodexLab(files).codex.resolve())).toMatch(/nobody is logged in/)
    expect(() => createCodexResolver({ homes: 'x' } as object)).toThrow(/unknown option "homes"/)
  })

  it('a misspelt property of a request', async () => {
    const { codex } = createCodexLab({ 'config.toml': '' })
    for (const ask of [codex.select, codex.resolve]) {
      await expect(ask({ providr: 'openai' } as object)).rejects.toThrow(
        /^CodexResolver: unknown option "providr"; it has provider, /,
      )
    }
  })

  it('a personal access token of nobody, for now or for good, and asks again the next time', async () => {
    const env = { CODEX_ACCESS_TOKEN: 'at-secret' }
    const answers = [
      Response.json({}, { status: 401 }),
      Response.json({}, { status: 503 }),
      Response.json({}),
      new Response('text', { headers: {} }),
      Response.json({ chatgpt_account_id: 'a' }),
    ]
    const { codex } = createCodexLab({}, { env }, (_, count) => answers[count - 1] as Response)
    expect(await problemOf(codex.resolve())).toMatch(
      /^ERR_AUTH_CODEX_WHOAMI_REFUSED build .*responded with status 401; replace the personal access token of CODEX_ACCESS_TOKEN$/,
    )
    expect(await problemOf(codex.resolve())).toMatch(
      /^ERR_AUTH_CODEX_WHOAMI_UNAVAILABLE transient .*503; try again later$/,
    )
    expect(await problemOf(codex.resolve())).toMatch(/without an account; replace/)
    expect(await problemOf(codex.resolve())).toMatch(/without an account; replace/)
    expect(await problemOf(codex.resolve())).toBe('no error')
  })
})
