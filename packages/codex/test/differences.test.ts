import { describe, expect, it } from 'vitest'
import { createCodexLab, problemOf, requestOf } from './codex-lab.js'
import { agentRecord, chatgptDocument } from './config/codex-home.js'

const lab = (lines: string) => ({
  'config.toml': `model_provider = "lab"\n[model_providers.lab]\nname = "Lab"\nbase_url = "https://lab.example.com/v1"\n${lines}`,
})
const sentWith = async (...[files, options, answer]: Parameters<typeof createCodexLab>) => {
  const { codex } = createCodexLab(files, options, answer)
  return requestOf(await codex.resolve())
}

// Each name is an id of docs/codex-differences.md.
describe('createCodexResolver() differs from Codex on purpose:', () => {
  it('literal-blanks: blanks around a literal credential are not sent', async () => {
    const token = await sentWith(lab('experimental_bearer_token = "  sk-1\\t"'))
    expect(token.headers).toEqual({ authorization: 'Bearer sk-1' })
    const stored = await sentWith({ 'auth.json': { OPENAI_API_KEY: ' sk-2 ' } })
    expect(stored.headers).toEqual({ authorization: 'Bearer sk-2' })
  })

  it('token-form: a token with a blank inside is an error', async () => {
    const files = lab('[model_providers.lab.auth]\ncommand = "echo"\nargs = ["two planted"]')
    const problem = await problemOf(sentWith(files))
    expect(problem).toMatch(/^ERR_AUTH_CREDENTIAL build/)
    expect(problem).not.toContain('planted')
  })

  it('no-refresh-token: nothing is asked for without one', async () => {
    const files = { 'auth.json': chatgptDocument(new Date(), { secondsLeft: -60, refreshToken: '' }) }
    const { codex, calls } = createCodexLab(files)
    expect(await problemOf(codex.resolve().then(requestOf))).toMatch(/^ERR_AUTH_NO_RENEWAL build/)
    expect(calls).toEqual([])
  })

  it('agent-id: odd characters in the runtime id of an agent are encoded', async () => {
    const id = 'agent/1?x#y z'
    const files = {
      'auth.json': { auth_mode: 'agentIdentity', agent_identity: agentRecord({ agent_runtime_id: id }) },
    }
    const { codex, calls } = createCodexLab(files, {}, () => Response.json({ task_id: 'task-1' }))
    const { headers } = await requestOf(await codex.resolve())
    expect(new URL(calls[0]?.url ?? '').pathname).toBe(
      `/api/accounts/v1/agent/${encodeURIComponent(id)}/task/register`,
    )
    const envelope = Buffer.from(headers['authorization']?.split(' ')[1] ?? '', 'base64url').toString()
    expect(JSON.parse(envelope)).toMatchObject({ agent_runtime_id: id, task_id: 'task-1' })
  })

  it('bedrock-key-region: the region of a short-term key is the one in it', async () => {
    const scope = 'AKIDEXAMPLE%2F20260420%2Fus-west-2%2Fbedrock%2Faws4_request'
    const text = `bedrock.amazonaws.com/?Action=CallWithBearerToken&X-Amz-Credential=${scope}&Version=1`
    const key = `bedrock-api-key-${Buffer.from(text).toString('base64')}`
    const files = { 'config.toml': 'model_provider = "amazon-bedrock"' }
    const { url } = await sentWith(files, { env: { AWS_BEARER_TOKEN_BEDROCK: key, AWS_REGION: 'eu-west-1' } })
    expect(url).toBe('https://bedrock-mantle.us-west-2.api.aws/openai/v1/responses')
  })

  it('gcp-project: a missing project is an error of the configuration', async () => {
    const files = { 'config.toml': 'model_provider = "gcp"' }
    expect(await problemOf(sentWith(files))).toMatch(
      /^ERR_AUTH_CODEX_CONFIG build .*project_id.*GOOGLE_CLOUD_PROJECT/,
    )
  })

  it('transport-headers: static headers that the HTTP client sets or drops are left out', async () => {
    const names = [
      'Host',
      'Connection',
      'Content-Length',
      'Expect',
      'Keep-Alive',
      'Proxy-Connection',
      'Trailer',
      'Transfer-Encoding',
      'Upgrade',
      'Sec-Fetch-Site',
    ]
    const all = [...names, 'Content-Type', 'TE', 'X-Team'].map((name) => `${name} = "x"`).join(', ')
    for (const lines of [
      `http_headers = { ${all} }`,
      `env_http_headers = { ${all.replaceAll('"x"', '"VALUE"')} }`,
    ]) {
      const { headers } = await sentWith(lab(lines), { env: { VALUE: 'x' } })
      expect(headers).toEqual({ 'content-type': 'x', te: 'x', 'x-team': 'x' })
    }
  })

  it('project-config: the configuration of a project is not read', async () => {
    const files = {
      ...lab('env_key = "KEY"'),
      'work/.codex/config.toml': 'model_provider = "ollama"\n[features]\nuse_agent_identity = true\n',
    }
    const { codex, home } = createCodexLab(files, { env: { KEY: 'sk-1' } })
    const { createCodexResolver } = await import('../src/index.js')
    const cwd = `${home}/work`
    const inside = createCodexResolver({ home, systemConfigPath: false, env: { KEY: 'sk-1' }, cwd })
    expect((await inside.resolve()).reason).toBe((await codex.resolve()).reason)
  })

  it('workload-token: the access token of a workload identity may be opaque', async () => {
    const answer = {
      access_token: 'opaque-1',
      issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      token_type: 'bearer',
      expires_in: 60,
      scope: 's',
      user_id: 'u',
      chatgpt_account_id: 'a',
      chatgpt_account_user_id: 'au',
    }
    const variables: Record<string, string> = { OPENAI_FEDERATION_RULE_ID: 'r' }
    const files = { token: 'assertion-1' }
    const { codex, home, calls } = createCodexLab(files, { env: variables }, () => Response.json(answer))
    variables['OPENAI_IDENTITY_TOKEN_FILE'] = `${home}/token`
    variables['CODEX_REFRESH_TOKEN_URL_OVERRIDE'] = 'https://tokens.example.com/here'
    expect((await requestOf(await codex.resolve())).headers['authorization']).toBe('Bearer opaque-1')
    // workload-url
    expect(calls.map(({ url }) => url)).toEqual(['https://tokens.example.com/here'])
  })
})
