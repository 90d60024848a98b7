import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createMemoryStore } from '@outbound-auth/core'
import { describe, expect, it } from 'vitest'
import type { AuthDocument } from '../../src/index.js'
import { answeredWith, createCodexLab, problemOf, requestOf } from '../codex-lab.js'
import { agentRecord, chatgptDocument, idClaims, jwt } from '../config/codex-home.js'

const now = new Date()
const login = chatgptDocument(now)
const withIdToken = (claims: object) => ({ ...login, tokens: { ...login.tokens, id_token: jwt(claims) } })
const signedIn = { auth_mode: 'agentIdentity' }

async function sentWith(
  document: object,
  config = '',
  answer: object = {},
  env: Record<string, string> = {},
) {
  const files = { 'config.toml': config, 'auth.json': document }
  const { codex, calls } = createCodexLab(files, { env }, () => Response.json(answer))
  const { headers } = await requestOf(await codex.resolve())
  return { headers, calls: calls.map(({ url }) => url) }
}

describe('createCodexResolver() takes, as Codex does,', () => {
  it('a time of the last refresh with a zone', async () => {
    const { headers } = await sentWith({ ...login, last_refresh: '2026-11-29T00:00:00.5+02:00' })
    expect(headers['chatgpt-account-id']).toBe('acct-1')
  })

  it('an id token without the claims of OpenAI', async () => {
    for (const claims of [
      {},
      { 'https://api.openai.com/auth': null },
      idClaims('acct-1', { chatgpt_plan_type: null }),
    ]) {
      expect((await sentWith(withIdToken(claims))).headers['authorization']).toMatch(/^Bearer /)
    }
  })

  it('the account of the id token for the workspace, where the tokens have none', async () => {
    const { account_id: _, ...tokens } = login.tokens
    const config = 'forced_chatgpt_workspace_id = "acct-1"'
    const { headers } = await sentWith({ ...login, tokens }, config)
    expect(Object.keys(headers)).toEqual(['authorization'])
  })

  it('an agent whose plan is empty', async () => {
    const agent = agentRecord({ plan_type: '', task_id: 'task-1' })
    const { headers } = await sentWith({ ...signedIn, agent_identity: agent })
    expect(headers['authorization']).toMatch(/^AgentAssertion /)
    // It is used again, not registered anew.
    const stored = { ...login, agent_identity: agent }
    const again = await sentWith(stored, 'features.use_agent_identity = true')
    expect([again.headers['authorization']?.split(' ')[0], again.calls]).toEqual(['AgentAssertion', []])
  })

  it('the account of the id token for an agent, where the tokens have an empty one', async () => {
    const document = { ...login, tokens: { ...login.tokens, account_id: '' } }
    const answer = { agent_runtime_id: 'agent-1', task_id: 'task-1' }
    const { headers } = await sentWith(document, 'features.use_agent_identity = true', answer)
    expect(headers['chatgpt-account-id']).toBe('acct-1')
  })
})

describe('createCodexResolver() rejects, and says what to do,', () => {
  const stale = (last_refresh: string) => ({ ...login, last_refresh })
  it.each<[string, object, RegExp]>([
    ['a last refresh without time', stale('2026-11-29'), /last_refresh.*log in again/],
    ['a last refresh without zone', stale('2026-11-29T00:00:00'), /last_refresh.*log in again/],
    ['a last refresh that JavaScript guesses', stale('5'), /last_refresh.*log in again/],
    [
      'a FedRAMP claim that is text',
      withIdToken(idClaims('acct-1', { chatgpt_account_is_fedramp: 'true' })),
      /id_token .*chatgpt_account_is_fedramp.*log in again/,
    ],
    [
      'a FedRAMP claim that is null',
      withIdToken(idClaims('acct-1', { chatgpt_account_is_fedramp: null })),
      /id_token .*chatgpt_account_is_fedramp/,
    ],
    [
      'an account claim that is a number',
      withIdToken(idClaims('acct-1', { chatgpt_account_id: 5 })),
      /id_token .*chatgpt_account_id/,
    ],
    [
      'a user claim that is a number',
      withIdToken(idClaims('acct-1', { chatgpt_user_id: 5 })),
      /id_token .*chatgpt_user_id/,
    ],
    ['an email that is a number', withIdToken({ email: 5 }), /id_token .*email/],
    [
      'claims of OpenAI that are text',
      withIdToken({ 'https://api.openai.com/auth': 'x' }),
      /id_token .*https:\/\/api\.openai\.com\/auth/,
    ],
    [
      'an id token that holds null',
      {
        ...login,
        tokens: { ...login.tokens, id_token: `e30.${Buffer.from('null').toString('base64url')}.c2ln` },
      },
      /id_token of auth\.json is not a JWT; log in again/,
    ],
    [
      'an empty key beside tokens',
      { ...login, auth_mode: undefined, OPENAI_API_KEY: '' },
      /auth\.json has no OPENAI_API_KEY; log in again/,
    ],
    [
      'an empty personal token beside a key',
      { personal_access_token: '', OPENAI_API_KEY: 'sk-1' },
      /auth\.json has no personal_access_token; log in again/,
    ],
    [
      'an unknown mode',
      { auth_mode: 'apiKey', OPENAI_API_KEY: 'sk-1' },
      /auth\.json has an unknown auth_mode; it must be one of apikey, chatgpt, .*log in again/,
    ],
    ['a malformed member', { OPENAI_API_KEY: 5 }, /auth\.json has a malformed OPENAI_API_KEY; log in again/],
    [
      'an agent without a member',
      { ...signedIn, agent_identity: agentRecord({ chatgpt_user_id: undefined }) },
      /agent_identity of auth\.json has no chatgpt_user_id; log in again/,
    ],
    [
      'an agent with an empty id',
      { ...signedIn, agent_identity: agentRecord({ agent_runtime_id: '' }) },
      /agent_identity of auth\.json has no agent_runtime_id/,
    ],
    ['an agent without an agent', signedIn, /auth\.json has no agent_identity; log in again/],
  ])('%s', async (_, document, expected) => {
    const problem = await problemOf(sentWith(document))
    expect(problem).toMatch(/^ERR_AUTH_CODEX_LOGIN build Cannot use the Codex login: /)
    expect(problem).toMatch(expected)
  })

  it('a login that is kept in another process’s memory', async () => {
    const config = 'cli_auth_credentials_store = "ephemeral"'
    expect(await problemOf(sentWith({ OPENAI_API_KEY: 'sk-1' }, config))).toMatch(
      /nobody is logged in.*cli_auth_credentials_store = "ephemeral".*set .*"file"/,
    )
  })

  it.each<[string, object]>([
    ['a FedRAMP flag that is text', { chatgpt_account_is_fedramp: 'true' }],
    ['a FedRAMP flag that is null', { chatgpt_account_is_fedramp: null }],
    ['an empty account', { chatgpt_account_id: '' }],
  ])('a personal access token of %s', async (_, change) => {
    const document = { personal_access_token: 'at-1' }
    expect((await sentWith(document, '', { chatgpt_account_id: 'a' })).headers).toEqual({
      authorization: 'Bearer at-1',
      'chatgpt-account-id': 'a',
    })
    expect(await problemOf(sentWith(document, '', { chatgpt_account_id: 'a', ...change }))).toMatch(
      /^ERR_AUTH_CODEX_WHOAMI_REFUSED build .*; replace the personal access token of auth\.json$/,
    )
  })
})

describe('createCodexResolver() leaves tokens of another application (chatgptAuthTokens)', () => {
  const foreign = { ...login, auth_mode: 'chatgptAuthTokens' }

  it('as they are when they have ended', async () => {
    const document = { ...chatgptDocument(now, { secondsLeft: -60 }), auth_mode: 'chatgptAuthTokens' }
    const { codex, calls } = createCodexLab({ 'auth.json': document })
    expect(await problemOf(codex.resolve().then(requestOf))).toMatch(
      /^ERR_AUTH_NO_RENEWAL build .*chatgptAuthTokens.*the application that logged in/,
    )
    expect(calls).toEqual([])
  })

  it('as they are after a refusal', async () => {
    const { codex, calls, home } = createCodexLab({ 'auth.json': foreign })
    const auth = await codex.resolve()
    const answers = [{ status: 401 }, { status: 401 }]
    expect(await problemOf(answeredWith(auth, answers))).toMatch(/^ERR_AUTH_NO_RENEWAL build/)
    expect(calls).toEqual([])
    expect(JSON.parse(readFileSync(join(home, 'auth.json'), 'utf8'))).toEqual(foreign)
  })

  it('and sends old ones that do not say when they end', async () => {
    const document = {
      ...foreign,
      tokens: { ...login.tokens, access_token: 'opaque' },
      last_refresh: '2026-01-01T00:00:00Z',
    }
    const { headers, calls } = await sentWith(document)
    expect([headers['authorization'], calls]).toEqual(['Bearer opaque', []])
  })
})

it('createCodexResolver() keeps no agent whose id is empty', async () => {
  const files = { 'config.toml': 'features.use_agent_identity = true', 'auth.json': login }
  const { codex, home } = createCodexLab(files, {}, () => Response.json({ agent_runtime_id: '' }))
  expect(await problemOf(codex.resolve())).toMatch(/^ERR_AUTH_REGISTRATION_RESPONSE build .*its id is blank/)
  expect(JSON.parse(readFileSync(join(home, 'auth.json'), 'utf8'))).toEqual(login)
})

it.each(['keyring', 'ephemeral', 'auto'])(
  'createCodexResolver() takes the login of the application’s own store, though the configuration says "%s"',
  async (kept) => {
    const store = createMemoryStore<AuthDocument>({ OPENAI_API_KEY: 'sk-own' })
    const config = `cli_auth_credentials_store = "${kept}"`
    const { codex } = createCodexLab({ 'config.toml': config }, { store })
    expect((await requestOf(await codex.resolve())).headers).toEqual({ authorization: 'Bearer sk-own' })
  },
)
