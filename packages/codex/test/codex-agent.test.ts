import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createHeaderMap, createMemoryStore } from '@outbound-auth/core'
import { createSessionFallback } from '@outbound-auth/resolver'
import { describe, expect, it } from 'vitest'
import type { AuthDocument } from '../src/index.js'
import { type AuthorityCall, createCodexLab, problemOf, requestOf } from './codex-lab.js'
import { agentRecord, chatgptDocument, idClaims, jwt } from './config/codex-home.js'

const policy = { agentIdentityPolicy: 'chatgpt-auth' } as const
const authority = 'https://auth.openai.com/api/accounts/v1'

/** An authority that registers agents and tasks, each with a number. */
function registering(more: (call: AuthorityCall) => Response | undefined = () => undefined) {
  let agents = 0
  let tasks = 0
  return (call: AuthorityCall) => {
    const special = more(call)
    if (special) return special
    if (call.url.endsWith('/agent/register')) return Response.json({ agent_runtime_id: `agent-${++agents}` })
    return Response.json({ task_id: `task-${++tasks}` })
  }
}

const assertionOf = (headers: Record<string, string>): Record<string, string> =>
  JSON.parse(
    Buffer.from(headers['authorization']?.slice('AgentAssertion '.length) ?? '', 'base64url').toString(),
  )
const agentLogin = (more?: object) => ({
  'auth.json': { auth_mode: 'agentIdentity', agent_identity: agentRecord(more) },
})
const outage = (part: string) => (call: AuthorityCall) =>
  call.url.includes(part) ? Response.json({}, { status: 503, headers: { 'retry-after': '0' } }) : undefined

describe('createCodexResolver(), with a login that is an agent,', () => {
  it('sends POST responses, its streaming form and responses/compact with one set-up and one run task', async () => {
    const { codex, calls, home } = createCodexLab(agentLogin(), {}, registering())
    const before = readFileSync(join(home, 'auth.json'), 'utf8')
    const auth = await codex.resolve()
    const stream = {
      method: 'POST',
      url: auth.urlOf('responses'),
      headers: createHeaderMap({ accept: 'text/event-stream' }),
    }
    expect((await auth.provider.applyAuth?.(stream))?.headers.get('authorization')).toMatch(
      /^AgentAssertion /,
    )
    const again = await codex.resolve()
    const sent = [await requestOf(auth), await requestOf(auth, 'responses/compact'), await requestOf(again)]
    for (const { headers } of sent) {
      expect(assertionOf(headers)).toMatchObject({ agent_runtime_id: 'agent-1', task_id: 'task-1' })
      expect(headers['chatgpt-account-id']).toBe('acct-1')
    }
    expect(calls.map(({ url }) => url)).toEqual([`${authority}/agent/agent-1/task/register`])
    expect(again.provider).toBe(auth.provider)
    expect(auth.agentIdentity).toEqual({ agentId: 'agent-1', taskId: 'task-1' })
    expect(readFileSync(join(home, 'auth.json'), 'utf8')).toBe(before)
  })

  it('asks nobody when the record has a task', async () => {
    const { codex, calls } = createCodexLab(agentLogin({ task_id: 'task-é' }))
    expect(assertionOf((await requestOf(await codex.resolve())).headers)['task_id']).toBe('task-é')
    expect(calls).toEqual([])
  })

  it('verifies a token first, and rejects one that nobody signed', async () => {
    const env = { CODEX_ACCESS_TOKEN: jwt({ agent_runtime_id: 'agent-1' }) }
    const { codex, calls } = createCodexLab({}, { env }, registering())
    expect(await problemOf(codex.resolve())).toMatch(/^ERR_AUTH_JWT_ALGORITHM build/)
    expect(calls).toEqual([])
  })

  it('says that an authority cannot be reached, and never sends a bearer token instead', async () => {
    const { codex } = createCodexLab(agentLogin(), {}, registering(outage('/task/')))
    expect(await problemOf(codex.resolve(policy))).toMatch(/^ERR_AUTH_REGISTRATION_UNAVAILABLE transient/)
  })
})

describe('createCodexResolver(), with a ChatGPT login and the policy chatgpt-auth,', () => {
  it('registers one agent for any number of requests, and keeps it', async () => {
    const document = chatgptDocument(new Date())
    const { codex, calls, home } = createCodexLab(
      { 'auth.json': { ...document, kept: 1 } },
      {},
      registering(),
    )
    const auths = await Promise.all([codex.resolve(policy), codex.resolve(policy), codex.resolve(policy)])
    auths.push(await codex.resolve({ ...policy, sessionSource: 'vscode' }))
    expect(new Set(auths.map(({ provider }) => provider)).size).toBe(1)
    for (const auth of auths) {
      expect(assertionOf((await requestOf(auth)).headers)).toMatchObject({
        agent_runtime_id: 'agent-1',
        task_id: 'task-1',
      })
    }
    expect(calls.map(({ url }) => url)).toEqual([
      `${authority}/agent/register`,
      `${authority}/agent/agent-1/task/register`,
    ])
    expect(calls[0]?.headers['authorization']).toBe(`Bearer ${document.tokens.access_token}`)
    expect(JSON.parse(calls[0]?.body ?? '')).toMatchObject({
      abom: {
        agent_version: '0.169.0',
        agent_harness_id: 'codex-cli',
        running_location: `exec-${process.platform}`,
      },
      capabilities: ['responsesapi'],
      ttl: null,
    })
    expect(JSON.parse(readFileSync(join(home, 'auth.json'), 'utf8'))).toMatchObject({
      kept: 1,
      agent_identity: {
        agent_runtime_id: 'agent-1',
        account_id: 'acct-1',
        chatgpt_user_id: 'user-1',
        email: 'one@example.com',
        plan_type: 'pro',
        chatgpt_account_is_fedramp: false,
        task_id: 'task-1',
      },
    })
  })

  it('is what features.use_agent_identity of the configuration asks for', async () => {
    const files = {
      'config.toml': 'features.use_agent_identity = true',
      'auth.json': chatgptDocument(new Date()),
    }
    expect((await createCodexLab(files, {}, registering()).codex.resolve()).kind).toBe('agent-identity')
    const { codex } = createCodexLab(files, {}, registering())
    expect((await codex.resolve({ agentIdentityPolicy: 'jwt-only' })).kind).toBe('chatgpt')
  })

  it('uses the agent of auth.json only if it is this account’s, this user’s, and its key can be read', async () => {
    const urlsFor = async (record: object) => {
      const files = { 'auth.json': { ...chatgptDocument(new Date()), agent_identity: agentRecord(record) } }
      const { codex, calls } = createCodexLab(files, {}, registering())
      await codex.resolve(policy)
      return calls.map(({ url }) => url.replace(`${authority}/agent/`, ''))
    }
    const anew = ['register', 'agent-1/task/register']
    expect(await urlsFor({ task_id: 'stored' })).toEqual([])
    expect(await urlsFor({ agent_runtime_id: 'agent-7', task_id: ' ' })).toEqual(['agent-7/task/register'])
    expect(await urlsFor({ chatgpt_user_id: 'user-2', task_id: 't' })).toEqual(anew)
    expect(await urlsFor({ account_id: 'acct-2', task_id: 't' })).toEqual(anew)
    expect(await urlsFor({ agent_private_key: 'none', task_id: 't' })).toEqual(anew)
  })

  it.each([
    ['another account’s', { account_id: 'acct-2' }],
    ['another user’s', { chatgpt_user_id: 'user-2' }],
    ['an unusable', { agent_private_key: 'none' }],
  ])('registers one agent in place of %s for any number of sessions of one home', async (_, record) => {
    const files = {
      'auth.json': {
        ...chatgptDocument(new Date()),
        agent_identity: agentRecord({ ...record, task_id: 't' }),
      },
    }
    const urls: string[] = []
    const answer = registering(({ url }) => {
      urls.push(url)
      return undefined
    })
    const first = createCodexLab(files, {}, answer)
    const others = [1, 2].map(() => createCodexLab({}, { home: first.home }, answer))
    const auths = await Promise.all([first, ...others].map(({ codex }) => codex.resolve(policy)))
    expect(urls).toEqual([`${authority}/agent/register`, `${authority}/agent/agent-1/task/register`])
    const stored = JSON.parse(readFileSync(join(first.home, 'auth.json'), 'utf8')).agent_identity
    for (const auth of auths) {
      expect(auth.agentIdentity).toEqual({ agentId: stored.agent_runtime_id, taskId: stored.task_id })
    }
  })

  it('registers an agent for each user of an account, also while that of another is being registered', async () => {
    const documentOf = (user: string): AuthDocument => {
      const document = chatgptDocument(new Date())
      const id_token = jwt(idClaims('acct-1', { chatgpt_user_id: user }))
      return { ...document, tokens: { ...document.tokens, id_token } }
    }
    let agents = 0
    let bob: Promise<unknown> | undefined
    const { codex, home } = createCodexLab({ 'auth.json': documentOf('alice') }, {}, async (call) => {
      if (!call.url.endsWith('/agent/register')) return Response.json({ task_id: 'task-1' })
      const id = `agent-${++agents}`
      if (!bob) {
        writeFileSync(join(home, 'auth.json'), JSON.stringify(documentOf('bob')))
        bob = codex.resolve(policy)
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
      return Response.json({ agent_runtime_id: id })
    })
    expect(await problemOf(codex.resolve(policy))).toMatch(/^ERR_AUTH_CODEX_ACCOUNT build/)
    expect(await bob).toMatchObject({ agentIdentity: { agentId: 'agent-2' } })
    const { agent_identity: stored } = JSON.parse(readFileSync(join(home, 'auth.json'), 'utf8'))
    expect(stored).toMatchObject({ agent_runtime_id: 'agent-2', chatgpt_user_id: 'bob' })
  })

  it('never pairs an agent with the task of another one that took its place', async () => {
    const document: AuthDocument = chatgptDocument(new Date())
    const memory = createMemoryStore(document)
    const store: typeof memory = {
      ...memory,
      async update(change, options) {
        const after = await memory.update(change, options)
        const other = { ...agentRecord({ agent_runtime_id: 'agent-9', task_id: 'task-9' }) }
        if (JSON.stringify(after).includes('task-1')) {
          await memory.update(() => ({ ...document, agent_identity: other }))
        }
        return after
      },
    }
    const { codex } = createCodexLab({}, { store }, registering())
    expect((await codex.resolve(policy)).agentIdentity).toEqual({ agentId: 'agent-1', taskId: 'task-1' })
  })

  it('keeps an agent whose task could not be registered', async () => {
    const files = { 'auth.json': chatgptDocument(new Date()) }
    const { codex, calls, home } = createCodexLab(
      files,
      { agentCooldownMs: 0 },
      registering(outage('agent-1/task/')),
    )
    const sessionFallback = createSessionFallback()
    expect((await codex.resolve({ ...policy, sessionFallback })).kind).toBe('chatgpt')
    expect(sessionFallback.reason).toMatch(/Cannot register the task/)
    expect(JSON.parse(readFileSync(join(home, 'auth.json'), 'utf8')).agent_identity.agent_runtime_id).toBe(
      'agent-1',
    )
    await codex.resolve({ ...policy, sessionFallback: createSessionFallback() })
    expect(calls.filter(({ url }) => url.endsWith('/agent/register')).length).toBe(1)
  })

  it('falls back to the token after three 5xx, for the session, and asks no more in the pause', async () => {
    const events: string[] = []
    let nowMs = Date.now()
    const { codex, calls } = createCodexLab(
      { 'auth.json': chatgptDocument(new Date(nowMs), { secondsLeft: 100_000 }) },
      { observer: (event) => events.push(event.type), now: () => new Date(nowMs) },
      registering(outage('/agent/register')),
    )
    const auth = await codex.resolve(policy)
    expect([auth.kind, calls.length]).toEqual(['chatgpt', 3])
    expect((await requestOf(auth)).headers).toMatchObject({ 'chatgpt-account-id': 'acct-1' })
    expect(events).toContain('warned')
    expect((await codex.resolve(policy)).kind).toBe('chatgpt')
    // Another session of the same process meets the same pause.
    const other = createSessionFallback()
    expect((await codex.resolve({ ...policy, sessionFallback: other })).kind).toBe('chatgpt')
    expect([other.engaged, calls.length]).toEqual([true, 3])
    nowMs += 3_599_999
    await codex.resolve({ ...policy, sessionFallback: createSessionFallback() })
    expect(calls.length).toBe(3)
    nowMs += 1
    await codex.resolve({ ...policy, sessionFallback: createSessionFallback() })
    expect(calls.length).toBe(6)
  })

  it('makes a refusal an error, without a bearer token instead', async () => {
    const refusing = () => Response.json({}, { status: 403 })
    const { codex, calls } = createCodexLab({ 'auth.json': chatgptDocument(new Date()) }, {}, refusing)
    expect(await problemOf(codex.resolve(policy))).toMatch(/^ERR_AUTH_REGISTRATION_REFUSED build/)
    expect(calls.length).toBe(1)
  })

  it('needs an account and a user', async () => {
    const document = chatgptDocument(new Date())
    const nobody = { ...document, tokens: { ...document.tokens, id_token: jwt({}) } }
    const { codex } = createCodexLab({ 'auth.json': nobody })
    expect(await problemOf(codex.resolve(policy))).toMatch(
      /ERR_AUTH_CODEX_LOGIN build .*names no account or user/,
    )
  })

  it('does not overwrite what another program writes meanwhile', async () => {
    const newer = { ...chatgptDocument(new Date(), { refreshToken: 'refresh-newer' }), more: 1 }
    const { codex, home } = createCodexLab({ 'auth.json': chatgptDocument(new Date()) }, {}, (call) => {
      if (call.url.endsWith('/agent/register')) writeFileSync(join(home, 'auth.json'), JSON.stringify(newer))
      return Response.json({ agent_runtime_id: 'agent-1', task_id: 'task-1' })
    })
    await codex.resolve(policy)
    const after = JSON.parse(readFileSync(join(home, 'auth.json'), 'utf8'))
    expect(after).toMatchObject({
      ...newer,
      agent_identity: { agent_runtime_id: 'agent-1', task_id: 'task-1' },
    })
  })

  it('says so when somebody else is logged in, or nobody, before the agent can be kept', async () => {
    for (const text of ['', JSON.stringify(chatgptDocument(new Date(), { account: 'acct-2' }))]) {
      const { codex, home } = createCodexLab({ 'auth.json': chatgptDocument(new Date()) }, {}, (call) => {
        if (call.url.endsWith('/agent/register')) writeFileSync(join(home, 'auth.json'), text)
        return registering()(call)
      })
      expect(await problemOf(codex.resolve(policy))).toMatch(/^ERR_AUTH_CODEX_ACCOUNT build/)
      expect(readFileSync(join(home, 'auth.json'), 'utf8')).toBe(text)
    }
  })

  it.each(['api-key', 'command', 'token', 'none'])('leaves a definition with %s as it is', async (which) => {
    const tables: Record<string, string> = {
      'api-key': 'env_key = "KEY"',
      token: 'experimental_bearer_token = "t"',
      command: '[model_providers.lab.auth]\ncommand = "echo"\nargs = ["t"]',
      none: '',
    }
    const files = {
      'config.toml': `model_provider = "lab"\n[model_providers.lab]\nname = "Lab"\nbase_url = "https://lab.example.com"\n${tables[which]}`,
      'auth.json': { ...chatgptDocument(new Date()), agent_identity: agentRecord({ task_id: 't' }) },
    }
    const { codex, calls } = createCodexLab(files, { env: { KEY: 'k' } })
    const { headers } = await requestOf(await codex.resolve(policy))
    expect(Object.keys(headers)).toEqual(which === 'none' ? [] : ['authorization'])
    expect(headers['authorization'] ?? 'Bearer ').toMatch(/^Bearer [kt]?$/)
    expect(calls).toEqual([])
  })
})

it.each(['', ' '])(
  'createCodexResolver() rejects the empty task %j of an auth.json for a ChatGPT login',
  async (task) => {
    const { codex, calls, home } = createCodexLab(
      { 'auth.json': chatgptDocument(new Date()) },
      {},
      ({ url }) =>
        Response.json(url.includes('/task/') ? { task_id: task } : { agent_runtime_id: 'agent-1' }),
    )
    expect(await problemOf(codex.resolve(policy))).toMatch(/^ERR_AUTH_REGISTRATION_RESPONSE build .*is blank/)
    expect(calls).toHaveLength(2)
    const { agent_identity: kept } = JSON.parse(readFileSync(join(home, 'auth.json'), 'utf8'))
    expect([kept.agent_runtime_id, kept.task_id]).toEqual(['agent-1', undefined])
  },
)

it.each(['', 'task: "1" é✓'])(
  'createCodexResolver() signs the task %j that an authority gives, as Codex does',
  async (task) => {
    const { codex } = createCodexLab(agentLogin(), {}, () => Response.json({ task_id: task }))
    expect(assertionOf((await requestOf(await codex.resolve())).headers)['task_id']).toBe(task)
  },
)
