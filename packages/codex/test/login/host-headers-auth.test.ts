import { checkAuthProvider } from '@outbound-auth/core/testing'
import { describe, expect, it } from 'vitest'
import { createCodexResolver, type HostHeaders } from '../../src/index.js'
import { hostHeadersAuth } from '../../src/login/host-headers-auth.js'
import { answeredWith, createCodexLab, problemOf, requestOf } from '../codex-lab.js'

const secret = 'planted-host-secret'
const values = { Authorization: `Bearer ${secret}`, 'ChatGPT-Account-ID': 'acct-1' }
const allowedOrigins = ['https://chatgpt.com']
const home = { 'auth.json': { auth_mode: 'headers' } }

describe('hostHeadersAuth() keeps the contract of AuthProvider:', () => {
  const names = Object.keys(values)
  for (const [what, create] of [
    ['literal headers', () => hostHeadersAuth({ values, allowedAccountIds: [] })],
    ['a function', () => hostHeadersAuth({ values: async () => values, names, allowedAccountIds: [] })],
  ] as const) {
    for (const { name, run } of checkAuthProvider({ create, secrets: [secret] }))
      it(`with ${what}: ${name}`, run)
  }
})

describe('createCodexResolver({ headers })', () => {
  it('sends the headers of the application to the ChatGPT backend, as they are', async () => {
    const { codex, calls } = createCodexLab(home, { headers: { values, allowedOrigins } })
    const auth = await codex.resolve()
    expect(await requestOf(auth)).toEqual({
      url: 'https://chatgpt.com/backend-api/codex/responses',
      headers: { authorization: `Bearer ${secret}`, 'chatgpt-account-id': 'acct-1' },
    })
    expect(auth.allowedOrigins).toEqual(allowedOrigins)
    expect(auth.provider.headerNames).toEqual(['authorization', 'chatgpt-account-id'])
    expect(auth.reason).toContain('headers from the application')
    expect(JSON.stringify([auth.reason, await codex.select()])).not.toContain(secret)
    expect(calls).toEqual([])
  })

  it('asks a function for each request, and again after a refusal', async () => {
    let count = 0
    const forced: boolean[] = []
    const headers: HostHeaders = {
      names: ['Authorization'],
      values: async ({ forceRefresh }) => {
        forced.push(forceRefresh)
        return { authorization: `Bearer ${++count}` }
      },
      allowedOrigins,
    }
    const { codex } = createCodexLab(home, { headers })
    const auth = await codex.resolve()
    expect((await codex.resolve()).provider).toBe(auth.provider)
    const { status, sent } = await answeredWith(auth, [{ status: 401 }])
    expect([status, sent.map(({ authorization }) => authorization)]).toEqual([200, ['Bearer 1', 'Bearer 3']])
    expect((await requestOf(auth)).headers['authorization']).toBe('Bearer 4')
    expect(forced).toEqual([false, true, false, false])
  })

  it('beats the stored login and the environment, but for providers that ask for a login only', async () => {
    const files = {
      'auth.json': { OPENAI_API_KEY: 'sk-file' },
      'config.toml':
        '[model_providers.lab]\nname = "Lab"\nbase_url = "https://lab.example.com"\nenv_key = "KEY"\n',
    }
    const env = { CODEX_API_KEY: 'sk-env', KEY: 'sk-lab' }
    const { codex } = createCodexLab(files, { headers: { values, allowedOrigins }, env })
    expect((await requestOf(await codex.resolve())).headers['authorization']).toBe(`Bearer ${secret}`)
    const lab = await requestOf(await codex.resolve({ provider: 'lab' }))
    expect(lab.headers).toEqual({ authorization: 'Bearer sk-lab' })
  })

  it('gives them to no origin that it does not name, wherever the configuration points', async () => {
    const files = { ...home, 'config.toml': 'openai_base_url = "https://elsewhere.example.com/v1"' }
    const { codex } = createCodexLab(files, { headers: { values, allowedOrigins } })
    const problem = await problemOf(codex.resolve())
    expect(problem).toMatch(
      /^ERR_AUTH_ORIGIN build .*https:\/\/elsewhere\.example\.com, which headers\.allowedOrigins/,
    )
    const both = { values, allowedOrigins: [...allowedOrigins, 'https://elsewhere.example.com'] }
    const auth = await createCodexLab(files, { headers: both }).codex.resolve()
    expect(auth.allowedOrigins).toEqual(['https://elsewhere.example.com'])
  })

  it('keeps to the workspaces and the method that the configuration demands', async () => {
    const problemWith = (toml: string, headers: HostHeaders) =>
      createCodexLab({ ...home, 'config.toml': toml }, { headers })
        .codex.resolve()
        .then(requestOf)
        .then(
          () => 'no problem',
          (error) => `${error.code} ${error.message}`,
        )
    const literal = { values, allowedOrigins }
    const supplied = { values: () => values, names: Object.keys(values), allowedOrigins }
    for (const headers of [literal, supplied]) {
      expect(await problemWith('forced_chatgpt_workspace_id = "acct-2"', headers)).toMatch(
        /the headers of the application is not among forced_chatgpt_workspace_id/,
      )
      expect(await problemWith('forced_chatgpt_workspace_id = "acct-1"', headers)).toBe('no problem')
      expect(await problemWith('forced_login_method = "api"', headers)).toMatch(/forced_login_method/)
    }
  })

  it.each<[string, object]>([
    ['without origins', { values }],
    ['with what is no origin', { values, allowedOrigins: ['https://chatgpt.com/'] }],
    ['without values', { allowedOrigins }],
    ['with a function and no names', { values: () => values, allowedOrigins }],
    ['with an unknown member', { values, allowedOrigins, origins: [] }],
  ])('rejects itself %s', (_, headers) => {
    expect(() => createCodexResolver({ headers: headers as unknown as HostHeaders })).toThrow(TypeError)
  })

  it.each<[string, HostHeaders, RegExp]>([
    ['a header of the HTTP client', { values: { Host: 'x' }, allowedOrigins }, /must not hold host/],
    [
      'a value with a line break',
      { values: { authorization: 'a\nplanted' }, allowedOrigins },
      /ERR_AUTH_HEADER_VALUE/,
    ],
    [
      'no value',
      { values: { authorization: '' }, allowedOrigins },
      /ERR_AUTH_CREDENTIAL .*has no authorization/,
    ],
    ['no header', { values: {}, allowedOrigins }, /must name a header/],
    [
      'a header that was not named',
      { values: () => ({ authorization: 'a', 'x-planted': 'b' }), names: ['authorization'], allowedOrigins },
      /ERR_AUTH_CREDENTIAL .*does not have/,
    ],
    [
      'no object',
      {
        values: () => 'planted' as unknown as Record<string, string>,
        names: ['authorization'],
        allowedOrigins,
      },
      /ERR_AUTH_CREDENTIAL .*object of strings/,
    ],
  ])('rejects %s', async (_, headers, expected) => {
    const sending = createCodexLab(home, { headers }).codex.resolve().then(requestOf)
    const problem = await problemOf(sending)
    expect(problem).toMatch(expected)
    expect(problem).not.toContain('planted')
  })
})

it('createCodexResolver() says how a home of auth_mode headers is used', async () => {
  const { codex } = createCodexLab(home)
  expect(await problemOf(codex.resolve())).toMatch(
    /^ERR_AUTH_CODEX_LOGIN build .*auth\.json has auth_mode headers.* createCodexResolver\(\{ headers \}\)$/,
  )
})
