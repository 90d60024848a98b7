import {
  AuthError,
  type AuthEvent,
  applyAuth,
  createHeaderMap,
  createMemoryStore,
  toAuthHeaders,
} from '@outbound-auth/core'
import { createExchange } from '@outbound-auth/core/exchange'
import { checkAuthProvider } from '@outbound-auth/core/testing'
import { describe, expect, it } from 'vitest'
import {
  type AgentIdentityAuthOptions,
  type AgentIdentityRecord,
  agentIdentityAuth,
  parseAgentKey,
} from '../src/index.js'
import { worked } from './worked-vectors.js'

const { agentRuntimeId, taskId, version2: privateKey } = worked
const now = () => new Date(worked.timestamp)
const options: AgentIdentityAuthOptions = { agentRuntimeId, privateKey, taskId, now }
const newRequest = (headers: Record<string, string> = {}) => ({
  method: 'POST',
  url: 'https://api.example.com/v1/responses',
  headers: createHeaderMap(headers),
  body: '{}',
})

/** The identifying part of the private key in each of its texts. */
const secrets = [worked.version1, worked.version2, worked.seed, worked.header.slice(15)]

describe('agentIdentityAuth() keeps the contract of AuthProvider:', () => {
  const key = parseAgentKey(privateKey)
  const variants: [
    string,
    (context: { observer: (event: AuthEvent) => void }) => Promise<ReturnType<typeof agentIdentityAuth>>,
  ][] = [
    ['a text', async ({ observer }) => agentIdentityAuth({ ...options, accountId: 'account-1', observer })],
    [
      'a function',
      async ({ observer }) => agentIdentityAuth({ ...options, privateKey: async () => privateKey, observer }),
    ],
    [
      'a parsed key',
      async ({ observer }) =>
        agentIdentityAuth({ ...options, privateKey: await key, fedramp: true, observer }),
    ],
    [
      'a key that signs later only',
      async ({ observer }) => {
        const { signNow: _, ...slow } = await key
        return agentIdentityAuth({ ...options, privateKey: slow, observer })
      },
    ],
  ]
  for (const [label, create] of variants) {
    const createWithCredential = (accountId: string) => agentIdentityAuth({ ...options, accountId })
    for (const { name, run } of checkAuthProvider({ create, secrets, createWithCredential })) {
      it(`with ${label}: ${name}`, run)
    }
  }
})

describe('agentIdentityAuth()', () => {
  it('sends the worked assertion byte for byte, with the headers beside it', async () => {
    const auth = agentIdentityAuth({ ...options, accountId: 'account-1', fedramp: true })
    const expected = {
      authorization: worked.header,
      'chatgpt-account-id': 'account-1',
      'x-openai-fedramp': 'true',
    }
    expect(toAuthHeaders(auth)).toEqual(expected)
    const applied = await applyAuth(auth, newRequest())
    expect(Object.fromEntries(applied.headers)).toEqual(expected)
  })

  it('sends no account and no FedRAMP header unless told so', () => {
    expect(toAuthHeaders(agentIdentityAuth(options))).toEqual({ authorization: worked.header })
    expect(toAuthHeaders(agentIdentityAuth({ ...options, fedramp: false }))).toEqual({
      authorization: worked.header,
    })
  })

  it("takes all its headers away from the caller's request, used or not", async () => {
    const exchange = createExchange(agentIdentityAuth(options), {
      allowedOrigins: ['https://api.example.com'],
    })
    const headers = {
      'ChatGPT-Account-ID': 'other',
      'X-OpenAI-Fedramp': 'true',
      Authorization: 'Bearer other',
    }
    const sent = await exchange.prepare({ ...newRequest(), headers })
    expect(Object.fromEntries(sent.headers)).toEqual({ authorization: worked.header })
  })

  it('signs once a second, whatever the number of requests, and anew in the next', async () => {
    const key = await parseAgentKey(privateKey)
    let signatures = 0
    let nowMs = Date.parse(worked.timestamp)
    const counting = {
      ...key,
      signNow(text: string) {
        signatures++
        return key.signNow?.(text) ?? ''
      },
    }
    const auth = agentIdentityAuth({ ...options, privateKey: counting, now: () => new Date(nowMs) })
    const first = toAuthHeaders(auth)
    nowMs += 999
    expect((await applyAuth(auth, newRequest())).headers.get('authorization')).toBe(first['authorization'])
    expect(signatures).toBe(1)
    nowMs += 1
    expect(toAuthHeaders(auth)['authorization']).not.toBe(first['authorization'])
    expect(signatures).toBe(2)
  })

  it('signs in applyAuth() alone where the runtime has no synchronous signature', async () => {
    const key = await parseAgentKey(privateKey)
    let signatures = 0
    const slow = {
      publicKey: key.publicKey,
      sshPublicKey: key.sshPublicKey,
      sign(text: string) {
        signatures++
        return key.sign(text)
      },
    }
    const auth = agentIdentityAuth({ ...options, privateKey: slow })
    expect(() => toAuthHeaders(auth)).toThrow(expect.objectContaining({ code: 'ERR_AUTH_NOT_READY' }))
    expect(signatures).toBe(0)
    const applied = await Promise.all([applyAuth(auth, newRequest()), applyAuth(auth, newRequest())])
    for (const { headers } of applied) expect(headers.get('authorization')).toBe(worked.header)
    expect(toAuthHeaders(auth)).toEqual({ authorization: worked.header })
    expect(signatures).toBe(1)
  })

  it('does not keep a signature that failed', async () => {
    const key = await parseAgentKey(privateKey)
    let calls = 0
    const flaky = {
      ...key,
      signNow: undefined,
      sign: async (text: string) => {
        if (++calls === 1) throw AuthError.transient('The token is unplugged', { code: 'ERR_AUTH_HSM' })
        return key.sign(text)
      },
    }
    const auth = agentIdentityAuth({ ...options, privateKey: flaky })
    await expect(applyAuth(auth, newRequest())).rejects.toMatchObject({ code: 'ERR_AUTH_HSM' })
    expect((await applyAuth(auth, newRequest())).headers.get('authorization')).toBe(worked.header)
  })

  it('fails with ERR_AUTH_RUN_TASK_MISSING, and sends nothing, without a run task', async () => {
    const { taskId: _, ...rest } = options
    const store = createMemoryStore<AgentIdentityRecord>(recordOf(undefined))
    for (const auth of [
      agentIdentityAuth(rest),
      agentIdentityAuth({ ...rest, registration: { baseUrl: 'https://authority.example.com', store } }),
    ]) {
      let sends = 0
      const exchange = createExchange(auth, { allowedOrigins: ['https://api.example.com'] })
      const sent = exchange.send(newRequest(), {
        async send() {
          sends++
          return 200
        },
        status: (status) => status,
        headers: () => createHeaderMap(),
        readBody: async () => '',
        discard: () => {},
      })
      await expect(sent).rejects.toMatchObject({
        kind: 'build',
        code: 'ERR_AUTH_RUN_TASK_MISSING',
        retryable: false,
      })
      expect(sends).toBe(0)
      expect(auth.agentIdentity).toBeUndefined()
    }
  })

  it('takes the run task out of the store, and rejects the record of another agent', async () => {
    const { taskId: _, ...rest } = options
    const baseUrl = 'https://authority.example.com'
    const store = createMemoryStore<AgentIdentityRecord>(recordOf(taskId))
    const auth = agentIdentityAuth({ ...rest, registration: { baseUrl, store } })
    expect((await applyAuth(auth, newRequest())).headers.get('authorization')).toBe(worked.header)
    expect(auth.agentIdentity).toEqual({ agentId: agentRuntimeId, taskId })
    const foreign = agentIdentityAuth({
      ...rest,
      agentRuntimeId: 'agent-other',
      registration: { baseUrl, store },
    })
    await expect(applyAuth(foreign, newRequest())).rejects.toMatchObject({ code: 'ERR_AUTH_AGENT_RECORD' })
    const empty = createMemoryStore<AgentIdentityRecord>()
    await expect(
      applyAuth(agentIdentityAuth({ ...rest, registration: { baseUrl, store: empty } }), newRequest()),
    ).rejects.toMatchObject({ code: 'ERR_AUTH_AGENT_RECORD' })
  })

  it('puts the ids of agent and task into the events of its requests', async () => {
    const events: AuthEvent[] = []
    const exchange = createExchange(agentIdentityAuth(options), {
      allowedOrigins: ['https://api.example.com'],
      observer: (event) => events.push(event),
    })
    await exchange.prepare(newRequest())
    expect(events).toMatchObject([{ type: 'applied', agentIdentity: { agentId: agentRuntimeId, taskId } }])
  })

  it('reads a rotated private key from its source when the old one has had its time', async () => {
    const other = 'MC4CAQAwBQYDK2VwBCIEIAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI'
    const texts = [privateKey, other]
    const source = Object.assign(async () => texts.shift() ?? other, { refreshIntervalMs: 1000 })
    let nowMs = Date.parse(worked.timestamp)
    const auth = agentIdentityAuth({ ...options, privateKey: source, now: () => new Date(nowMs) })
    expect((await applyAuth(auth, newRequest())).headers.get('authorization')).toBe(worked.header)
    nowMs += 3000
    const signed = (await applyAuth(auth, newRequest())).headers.get('authorization')
    expect(signed).toBe(
      toAuthHeaders(agentIdentityAuth({ ...options, privateKey: other, now: () => new Date(nowMs) }))[
        'authorization'
      ],
    )
  })

  it.each([
    ['an unknown option', { taskID: 'x' }],
    ['an unknown option of registration', { registration: { baseUrl: 'https://a.example.com', url: 1 } }],
    ['an empty account', { accountId: '' }],
    ['a private key of no kind', { privateKey: 7 }],
    ['no private key', { privateKey: undefined }],
    ['idCharacters of no kind', { idCharacters: 'toString' }],
    ['a base URL of no kind', { registration: { baseUrl: 'authority' } }],
    ['a base URL with a query', { registration: { baseUrl: 'https://a.example.com/?a=1' } }],
  ])('rejects %s at once', (_, change) => {
    expect(() => agentIdentityAuth({ ...options, ...(change as object) })).toThrow(TypeError)
  })

  it('says which option is wrong', () => {
    const create = (change: object) => () => agentIdentityAuth({ ...options, ...change })
    expect(create({ accountId: '' })).toThrow(
      expect.objectContaining({
        option: 'accountId',
        message: 'agentIdentityAuth: accountId is empty. Leave it out',
      }),
    )
    expect(create({ taskId: 'a b' })).toThrow('Cannot sign as an agent: taskId has other characters')
    expect(create({ agentRuntimeId: 'a b' })).toThrow('agentRuntimeId has other characters')
    expect(create({ registration: { baseUrl: 'x' } })).toThrow(
      'agentIdentityAuth: registration.baseUrl must be',
    )
    expect(create({ registration: { baseUrl: 'https://a.example', url: 1 } })).toThrow('registration')
    for (const privateKey of [7, undefined])
      expect(create({ privateKey })).toThrow('privateKey must be a string, a function or an AgentKey')
  })

  it('is not ready without a task, and without a store that may have one', () => {
    const { taskId: _, ...without } = options
    expect(agentIdentityAuth(without).isReady?.()).toBe(false)
    expect(() => toAuthHeaders(agentIdentityAuth(without))).toThrow(
      expect.objectContaining({ code: 'ERR_AUTH_RUN_TASK_MISSING' }),
    )
    expect(agentIdentityAuth(options).isReady?.()).toBe(true)
  })

  it('rejects an authority that is neither https nor this machine', () => {
    expect(() =>
      agentIdentityAuth({ ...options, registration: { baseUrl: 'http://authority.example.com' } }),
    ).toThrow(expect.objectContaining({ code: 'ERR_AUTH_INSECURE_TRANSPORT' }))
    expect(() =>
      agentIdentityAuth({ ...options, registration: { baseUrl: 'http://localhost:1' } }),
    ).not.toThrow()
  })

  it('rejects ids that would make its signature one of another protocol', () => {
    // Together with the time these would be a valid signature base of RFC 9421.
    const hostile = {
      agentRuntimeId: '"@authority"',
      taskId:
        ' bank.example\n"@signature-params": ("@authority");created=1795392000;expires=1795478400;keyid="k";tag="web-bot-auth";x=a',
    }
    for (const idCharacters of ['unreserved', 'printable'] as const) {
      for (const ids of [{ agentRuntimeId: hostile.agentRuntimeId }, { taskId: hostile.taskId }, hostile]) {
        expect(() => agentIdentityAuth({ ...options, ...ids, idCharacters })).toThrow(
          expect.objectContaining({ kind: 'build', code: 'ERR_AUTH_AGENT_ID' }),
        )
      }
    }
    expect(() => agentIdentityAuth({ ...options, ...hostile, idCharacters: 'dangerously-any' })).not.toThrow()
  })

  it.each([
    [
      'unreserved',
      ['a', 'A-Z_a~z.0', 'x'.repeat(256)],
      ['', 'a:b', 'é', 'x'.repeat(257), 'a b', 'a\n', 'a/b'],
    ],
    [
      'printable',
      ['task-é✓', 'a/b', '日本'],
      ['', 'a:b', 'a"b', "a'b", 'a\\b', 'a b', 'a\u00a0b', 'a\u0000', 'a\ud800', '\u202e'],
    ],
    ['dangerously-any', ['', 'a:b', '"', 'a b\n'], ['\ud800', 'x'.repeat(1025)]],
  ] as const)('takes ids of idCharacters %s and no others', (idCharacters, good, bad) => {
    const create = (id: string) => () => agentIdentityAuth({ ...options, taskId: id, idCharacters })
    for (const id of good) expect(create(id), id).not.toThrow()
    for (const id of bad)
      expect(create(id), id).toThrow(expect.objectContaining({ code: 'ERR_AUTH_AGENT_ID' }))
  })

  it('ends the wait of a caller that gives up, and not that of others', async () => {
    let give: ((key: string) => void) | undefined
    const slow = () =>
      new Promise<string>((resolve) => {
        give = resolve
      })
    const auth = agentIdentityAuth({ ...options, privateKey: slow })
    const abort = new AbortController()
    const one = applyAuth(auth, newRequest(), { signal: abort.signal })
    const two = applyAuth(auth, newRequest())
    abort.abort('enough')
    await expect(one).rejects.toBe('enough')
    await expect.poll(() => give).toBeDefined()
    give?.(privateKey)
    expect((await two).headers.get('authorization')).toBe(worked.header)
  })
})

function recordOf(task: string | undefined): AgentIdentityRecord {
  return {
    agent_runtime_id: agentRuntimeId,
    agent_private_key: privateKey,
    account_id: 'account-1',
    chatgpt_user_id: 'user-1',
    email: '',
    plan_type: 'pro',
    chatgpt_account_is_fedramp: false,
    task_id: task,
  }
}
