import { applyAuth, createHeaderMap, createMemoryStore } from '@outbound-auth/core'
import { expect, it, vi } from 'vitest'
import {
  type AgentIdentityAuthOptions,
  type AgentIdentityRecord,
  agentIdentityAuth,
  ensureRunTask,
  openSealedTaskId,
  parseAgentKey,
  registerAgent,
  registerTask,
  verifyAgentAssertion,
} from '../src/index.js'
import { identityTokenVerifier } from '../src/jwt/jwt.js'
import { optionsAt, record } from './registration/sample-agent.js'
import { worked } from './worked-vectors.js'

const { agentRuntimeId, taskId, version1, version2: privateKey } = worked
const baseUrl = 'https://authority.example/api'
const illegalId = (name: string) =>
  `Cannot sign as an agent: ${name} has other characters than idCharacters allows`
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** The platform's fetch, with one response for each call. */
const responses = (...bodies: (string | Response)[]) =>
  vi.fn(async (..._: Parameters<typeof fetch>) => {
    const next = bodies.shift() ?? ''
    return typeof next === 'string' ? new Response(next) : next
  })
const task = (response: string | Response, change: object = {}) =>
  registerTask({ baseUrl, agentRuntimeId, privateKey, fetch: responses(response), ...change })
const agent = (response: string | Response, change: object = {}) =>
  registerAgent({ ...optionsAt({ baseUrl }), fetch: responses(response), ...change })
const send = (change: Partial<AgentIdentityAuthOptions>) =>
  applyAuth(agentIdentityAuth({ agentRuntimeId, privateKey, ...change }), {
    method: 'GET',
    url: 'https://api.example/',
    headers: createHeaderMap(),
  })
const storeOf = (stored?: AgentIdentityRecord) => createMemoryStore<AgentIdentityRecord>(stored)

it.each<[string, string, () => unknown]>([
  [
    'ERR_AUTH_RUN_TASK_MISSING',
    'Cannot sign as an agent: it has no run task; register one and pass it as taskId',
    () => send({}),
  ],
  [
    'ERR_AUTH_RUN_TASK_MISSING',
    'Cannot sign as an agent: it has no run task; register one and pass it as taskId',
    () => send({ registration: { baseUrl, store: storeOf({ ...record, task_id: undefined }) } }),
  ],
  ['ERR_AUTH_AGENT_ID', illegalId('agentRuntimeId'), () => send({ agentRuntimeId: 'a:b' })],
  ['ERR_AUTH_AGENT_ID', illegalId('taskId'), () => send({ taskId: 'a:b' })],
  [
    'ERR_AUTH_AGENT_ID',
    illegalId('the stored task'),
    () => send({ registration: { baseUrl, store: storeOf({ ...record, task_id: 'a:b' }) } }),
  ],
  [
    'ERR_AUTH_AGENT_RECORD',
    'Cannot use the stored agent: the store is empty',
    () => send({ registration: { baseUrl, store: storeOf() } }),
  ],
  [
    'ERR_AUTH_AGENT_RECORD',
    'Cannot use the stored agent: it is another one',
    () => send({ agentRuntimeId: 'agent-2', registration: { baseUrl, store: storeOf(record) } }),
  ],
  [
    'ERR_AUTH_AGENT_RECORD',
    'Cannot keep the run task: the store did not keep it',
    () =>
      ensureRunTask({
        baseUrl,
        store: { read: async () => record, update: async () => ({ ...record, task_id: undefined }) },
      }),
  ],
  [
    'ERR_AUTH_AGENT_KEY',
    "Cannot read the agent's private key: it is not standard base64 of PKCS#8 with an Ed25519 key",
    () => parseAgentKey('AAAA'),
  ],
  [
    'ERR_AUTH_AGENT_KEY_MISMATCH',
    "Cannot use the agent's private key: the public key in it is another one's",
    () => {
      const foreign = Buffer.from(privateKey, 'base64')
      foreign.writeUInt8(foreign.readUInt8(foreign.length - 1) ^ 1, foreign.length - 1)
      return parseAgentKey(foreign.toString('base64'))
    },
  ],
  [
    'ERR_AUTH_SEALED_TASK',
    'Cannot open the sealed task id: the key cannot be exported',
    async () => {
      const { exportPrivateKey: _, ...key } = await parseAgentKey(privateKey)
      return openSealedTaskId(worked.sealedTask, key)
    },
  ],
  [
    'ERR_AUTH_SEALED_TASK',
    'Cannot open the sealed task id: it is malformed, damaged, or sealed for another key',
    () => openSealedTaskId('planted', privateKey),
  ],
  ['ERR_AUTH_AGENT_ID', illegalId('agentRuntimeId'), () => task('', { agentRuntimeId: '' })],
  ['ERR_AUTH_AGENT_ID', illegalId('the task that the authority registered'), () => task('{"task_id":"a:b"}')],
  [
    'ERR_AUTH_AGENT_ID',
    illegalId('the agent that the authority registered'),
    () => agent('{"agent_runtime_id":"a:b"}'),
  ],
  [
    'ERR_AUTH_REGISTRATION_RESPONSE',
    'Cannot register the task: the authority gave no id',
    () => task('{"task_id":7}'),
  ],
  [
    'ERR_AUTH_REGISTRATION_RESPONSE',
    'Cannot register the agent: the authority gave no id',
    () => agent('{"agent_runtime_id":7}'),
  ],
  [
    'ERR_AUTH_REGISTRATION_RESPONSE',
    'Cannot register the task: the authority responded with no JSON object',
    () => task('[]'),
  ],
  [
    'ERR_AUTH_REGISTRATION_REFUSED',
    'Cannot register the agent: the authority responded with status 403',
    () => agent(new Response('{"code":"planted"}', { status: 403 })),
  ],
  [
    'ERR_AUTH_REGISTRATION_REFUSED',
    'Cannot register the task: the authority responded with status 404',
    () => task(new Response('deleted_agent_runtime_id', { status: 404 })),
  ],
  [
    'ERR_AUTH_AGENT_DELETED',
    'Cannot register the task: the authority has deleted this agent',
    () => task(new Response('{"code":"deleted_agent_runtime_id"}', { status: 404 })),
  ],
  [
    'ERR_AUTH_REDIRECT',
    'Cannot register the task: the authority responded with a redirect',
    () => task(new Response(null, { status: 302, headers: { location: '/x' } })),
  ],
  [
    'ERR_AUTH_INSECURE_TRANSPORT',
    'registerTask: baseUrl must be https, got http://a.example',
    () => task('', { baseUrl: 'http://a.example' }),
  ],
  [
    'ERR_AUTH_INSECURE_TRANSPORT',
    'registerAgent: baseUrl must be https, got http://a.example',
    () => agent('', { baseUrl: 'http://a.example' }),
  ],
  [
    'ERR_AUTH_INSECURE_TRANSPORT',
    'agentIdentityAuth: registration.baseUrl must be https, got http://a.example',
    () => send({ registration: { baseUrl: 'http://a.example' } }),
  ],
  [
    'ERR_AUTH_INSECURE_TRANSPORT',
    'identityTokenVerifier: baseUrl must be https, got http://a.example',
    () => identityTokenVerifier({ baseUrl: 'http://a.example' }),
  ],
])('an agent error with %s says: %s', async (code, message, run) => {
  const error = await (async () => run())().catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ kind: 'build', code, provider: 'agent-identity', message })
})

it.each<[string, () => unknown]>([
  ['agentIdentityAuth: unknown option "taskID"', () => send({ taskID: 'x' } as object)],
  [
    'agentIdentityAuth: registration: unknown option "url"',
    () => send({ registration: { baseUrl, url: 'x' } as never }),
  ],
  [
    'agentIdentityAuth: registration.baseUrl must be an http(s) URL without user name, query and fragment, got ',
    () => send({ registration: { baseUrl: 'x' } }),
  ],
  [
    'agentIdentityAuth: privateKey must be a string, a function or an AgentKey, got an object',
    () => send({ privateKey: { sign: 'x' } as never }),
  ],
  ['registerTask: unknown option "token"', () => task('', { token: 'x' })],
  ['registerAgent: unknown option "token"', () => agent('', { token: 'x' })],
  ['registerAgent: account: unknown option "id"', () => agent('', { account: { id: 'x' } })],
  ['registerAgent: billOfMaterials: unknown option "x"', () => agent('', { billOfMaterials: { x: 1 } })],
  [
    'registerAgent: baseUrl must be an http(s) URL without user name, query and fragment, got ',
    () => agent('', { baseUrl: 'x' }),
  ],
  [
    'ensureRunTask: unknown option "token"',
    () => ensureRunTask({ baseUrl, store: storeOf(), token: 'x' } as never),
  ],
  ['identityTokenVerifier: unknown option "url"', () => identityTokenVerifier({ url: 'x' } as never)],
  [
    'identityTokenVerifier: baseUrl must be an http(s) URL without user name, query and fragment, got ',
    () => identityTokenVerifier({ baseUrl: 'x' }),
  ],
  [
    'verifyAgentAssertion: unknown option "key"',
    () => verifyAgentAssertion(worked.header, { publicKey: worked.sshPublicKey, key: 'x' } as never),
  ],
])('a malformed option is a TypeError that says: %s', async (message, run) => {
  const error = await (async () => run())().catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(TypeError)
  expect((error as Error).message.slice(0, message.length)).toBe(message)
})

it('registerTask() tries three times, and says in which attempt it gave up', async () => {
  const pauses: number[] = []
  vi.useFakeTimers()
  vi.spyOn(Math, 'random').mockReturnValue(0.5)
  try {
    const failing = responses(...[503, 408, 429].map((status) => new Response('', { status })))
    const fetch = vi.fn(async (...call: Parameters<typeof failing>) => {
      pauses.push(Date.now())
      return failing(...call)
    })
    const failed = task('', { fetch }).catch((error: unknown) => error)
    await vi.advanceTimersByTimeAsync(10_000)
    expect(await failed).toMatchObject({
      kind: 'transient',
      code: 'ERR_AUTH_REGISTRATION_UNAVAILABLE',
      provider: 'agent-identity',
      message: 'Cannot register the task: the authority responded with status 429 (attempt 3)',
    })
    const [first = 0, second = 0, third = 0] = pauses
    expect([second - first, third - second]).toEqual([187.5, 375].map(Math.floor))
  } finally {
    vi.restoreAllMocks()
    vi.useRealTimers()
  }
})

it('registerTask() and identityTokenVerifier() send the headers of their request, and no others', async () => {
  const posted = responses('{"task_id":"task-1"}')
  await task('', { fetch: posted })
  const got = responses('{"keys":[]}')
  const claims = {
    iss: 'i',
    aud: 'a',
    iat: 1,
    exp: 2,
    agent_runtime_id: agentRuntimeId,
    agent_private_key: version1,
    account_id: 'account-1',
    chatgpt_user_id: 'user-1',
    plan_type: 'pro',
    chatgpt_account_is_fedramp: false,
  }
  const token = `${encode({ alg: 'RS256', kid: 'k' })}.${encode(claims)}.AAAA`
  await expect(identityTokenVerifier({ fetch: got })(token)).rejects.toMatchObject({
    code: 'ERR_AUTH_JWT_KEY_UNKNOWN',
  })
  const sent = [posted, got].map(({ mock }) => {
    const [url, init] = mock.calls[0] ?? []
    return [String(url), init?.method, Object.fromEntries(new Headers(init?.headers))]
  })
  expect(sent).toEqual([
    [
      `${baseUrl}/v1/agent/${agentRuntimeId}/task/register`,
      'POST',
      { accept: 'application/json', 'content-type': 'application/json' },
    ],
    ['https://chatgpt.com/backend-api/wham/agent-identities/jwks', 'GET', { accept: 'application/json' }],
  ])
})

it('agentIdentityAuth() tells the engine which headers it sets, and which statuses it recovers from', () => {
  expect(agentIdentityAuth({ agentRuntimeId, privateKey, taskId })).toMatchObject({
    kind: 'agent-identity',
    headerNames: ['authorization', 'chatgpt-account-id', 'x-openai-fedramp'],
    recoverStatuses: [401, 403, 404, 410],
  })
})
