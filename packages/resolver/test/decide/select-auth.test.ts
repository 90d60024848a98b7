import { bearerAuth } from '@outbound-auth/bearer'
import { AuthError, toAuthHeaders } from '@outbound-auth/core'
import { describe, expect, it } from 'vitest'
import {
  type AuthLogin,
  createResolver,
  type ProviderAuthScope,
  type SelectableDefinition,
  selectAuth,
} from '../../src/index.js'

const baseUrl = 'https://api.example.com'
const scope: ProviderAuthScope = { sessionSource: 'cli', agentIdentityPolicy: 'jwt-only' }
const login: AuthLogin = {
  label: 'example login',
  definition: { kind: 'bearer', token: 'login-token', headers: { account: 'a1' } },
}

function failure(definition: SelectableDefinition, stored?: AuthLogin): AuthError {
  try {
    selectAuth(definition, stored, scope)
  } catch (error) {
    if (AuthError.is(error)) return error
  }
  throw new Error('no AuthError')
}

describe('selectAuth() chooses', () => {
  it.each([undefined, login])("a definition's own credential, whatever login there is", (stored) => {
    const definition = { kind: 'bearer', token: { env: 'TOKEN' }, baseUrl }
    expect(selectAuth(definition, stored, scope)).toEqual({
      definition,
      reason: 'the definition has a credential of its own, of kind bearer',
      trace: [
        {
          rule: 'own credential',
          outcome: 'chosen',
          because: 'the definition has a credential of its own, of kind bearer',
        },
      ],
    })
  })

  it('no credential when the definition says so, whatever login there is', () => {
    const definition = { kind: 'none', reason: 'local', baseUrl, requiresLogin: false }
    const { definition: chosen, trace } = selectAuth(definition, login, scope)
    expect(chosen).toEqual({ kind: 'none', reason: 'local', baseUrl })
    expect(trace.map(({ rule, outcome }) => `${rule}: ${outcome}`)).toEqual([
      'own credential: passed-over',
      'no credential: chosen',
    ])
  })

  it("the login for a definition that requires one, at that definition's URL", async () => {
    const required = { requiresLogin: true, baseUrl, headers: { version: '1', Account: 'spoofed' } }
    const elsewhere = {
      ...login.definition,
      baseUrl: 'https://other.example.com',
      allowedOrigins: ['https://x.example'],
    }
    const selection = selectAuth(required, { ...login, definition: elsewhere }, scope)
    expect(selection.reason).toBe('the definition requires a login, and there is one: example login')
    expect(selection.trace.map(({ rule, outcome }) => `${rule}: ${outcome}`)).toEqual([
      'own credential: passed-over',
      'no credential: passed-over',
      'agent identity: passed-over',
      'login: chosen',
    ])
    const auth = await createResolver({ bearer: bearerAuth }).resolveUnknown(selection.definition)
    expect(auth.allowedOrigins).toEqual([baseUrl])
    expect(Object.fromEntries(auth.headers)).toEqual({ version: '1', account: 'a1' })
    expect(toAuthHeaders(auth.provider)).toEqual({ authorization: 'Bearer login-token' })
  })

  it.each([
    ['headers of the definition alone', { a: '1' }, undefined, { a: '1' }],
    ['headers of the login alone', undefined, { b: '2' }, { b: '2' }],
    ['headers that are malformed, for the resolver to reject', 'a: 1', { b: '2' }, 'a: 1'],
  ])('and keeps %s', (_, headers, loginHeaders, expected) => {
    const stored = { ...login, definition: { kind: 'bearer', token: 't', headers: loginHeaders } }
    expect(selectAuth({ requiresLogin: true, baseUrl, headers }, stored).definition['headers']).toEqual(
      expected,
    )
  })

  it('an agent identity login, and says why', () => {
    const definition = { kind: 'agent-identity', privateKey: 'k' } as const
    const stored: AuthLogin = { label: 'agent login', type: 'agent-identity', definition }
    const because = 'the definition requires a login, and the login signs as an agent itself: agent login'
    const { reason, trace } = selectAuth({ requiresLogin: true, baseUrl }, stored)
    expect(reason).toBe(because)
    expect(trace.at(-1)).toEqual({ rule: 'agent identity', outcome: 'chosen', because })
  })

  it.each(['baseUrl', 'allowedOrigins', 'headers', 'query', 'allowInsecureTransport'])(
    'a login beside the property %s',
    (name) => {
      const value = { v: '1' }
      expect(selectAuth({ requiresLogin: true, [name]: value }, login).definition).toMatchObject({
        kind: 'bearer',
        [name]: value,
      })
    },
  )

  it('and changes nothing that it was given', () => {
    const definition = Object.freeze({ requiresLogin: true, baseUrl })
    const frozen = Object.freeze({ ...login, definition: Object.freeze({ kind: 'bearer', token: 't' }) })
    expect(selectAuth(definition, frozen)).toEqual(selectAuth(definition, frozen))
  })
})

describe('selectAuth() rejects', () => {
  it.each<[string, SelectableDefinition, AuthLogin | undefined, string, RegExp]>([
    [
      'a definition with nothing',
      { baseUrl },
      undefined,
      'ERR_AUTH_NO_CREDENTIAL',
      /has no kind; give it one/,
    ],
    [
      'to use a login that the definition does not ask for',
      { baseUrl },
      login,
      'ERR_AUTH_NO_CREDENTIAL',
      /does not ask for the example login with requiresLogin/,
    ],
    [
      'a definition that requires a login without a login',
      { requiresLogin: true, baseUrl },
      undefined,
      'ERR_AUTH_NO_CREDENTIAL',
      /requires a login, and no login was found\. Log in first/,
    ],
    [
      'a credential of its own beside a required login',
      { kind: 'bearer', token: 't', requiresLogin: true, baseUrl },
      login,
      'ERR_AUTH_CONTRADICTION',
      /requiresLogin and "kind" contradict/,
    ],
    [
      'kind none beside a required login',
      { kind: 'none', reason: 'x', requiresLogin: true, baseUrl },
      login,
      'ERR_AUTH_CONTRADICTION',
      /requiresLogin and "kind" contradict/,
    ],
    [
      'a secret beside a required login',
      { token: 'planted-secret', requiresLogin: true, baseUrl },
      login,
      'ERR_AUTH_CONTRADICTION',
      /requiresLogin and "token" contradict/,
    ],
  ])('%s', (_, definition, stored, code, message) => {
    const error = failure(definition, stored)
    expect(error).toMatchObject({ kind: 'build', code })
    expect(error.message).toMatch(message)
    expect(error.message).not.toContain('planted-secret')
  })
})

describe('selectAuth() says', () => {
  it.each(['bedrock-api-key', 'bedrock-access-keys'] as const)('who accepts a login of type %s', (type) => {
    const stored: AuthLogin = { ...login, type }
    expect(failure({ requiresLogin: true, baseUrl }, stored)).toMatchObject({
      code: 'ERR_AUTH_UNSUPPORTED',
      message:
        'Cannot choose a credential: the login is example login, which only Amazon Bedrock accepts; log in otherwise',
    })
  })

  it('why a ChatGPT login without an agent sends its token, and nothing of a fallback', () => {
    const stored: AuthLogin = { ...login, type: 'chatgpt' }
    const agents: ProviderAuthScope = { sessionSource: 'cli', agentIdentityPolicy: 'chatgpt-auth' }
    const { reason, trace } = selectAuth({ requiresLogin: true, baseUrl }, stored, agents)
    expect(reason).toBe('the definition requires a login, and there is one: example login')
    expect(trace).toContainEqual({
      rule: 'agent identity',
      outcome: 'passed-over',
      because: 'the login has no agent',
    })
  })

  it('that a session which would sign as an agent has fallen back, and why', () => {
    const stored: AuthLogin = { ...login, type: 'chatgpt', agent: { kind: 'agent-identity' } }
    const fallen: ProviderAuthScope = {
      sessionSource: 'cli',
      agentIdentityPolicy: 'chatgpt-auth',
      sessionFallback: { engaged: true, reason: 'it was down', engage: () => true },
    }
    const { reason } = selectAuth({ requiresLogin: true, baseUrl }, stored, fallen)
    expect(reason).toBe(
      "the definition requires a login, and there is one: example login; this session has fallen back to the login's token: it was down",
    )
    const silent: ProviderAuthScope = {
      ...fallen,
      sessionFallback: { engaged: true, engage: () => true } as never,
    }
    expect(selectAuth({ requiresLogin: true, baseUrl }, stored, silent).reason).toContain('no reason given')
    const other = { ...fallen, agentIdentityPolicy: 'jwt-only' } as const
    expect(selectAuth({ requiresLogin: true, baseUrl }, stored, other).reason).not.toContain('fallen back')
  })
})

const passed = (rule: string, because: string) => ({ rule, outcome: 'passed-over', because })
const withoutOwn = passed('own credential', 'the definition has no credential of its own')
const withoutNone = passed('no credential', 'the definition does not say that no credential is sent')
const noAgent = 'only ChatGPT logins sign as an agent'
const chosen = 'the definition requires a login, and there is one: example login'

it('selectAuth() tells each rule that it looked at, and why', () => {
  const { trace } = selectAuth({ requiresLogin: true, baseUrl }, login, scope)
  expect(trace).toEqual([
    withoutOwn,
    withoutNone,
    passed('agent identity', noAgent),
    { rule: 'login', outcome: 'chosen', because: chosen },
  ])
  const because = 'the definition says that no credential is sent'
  expect(selectAuth({ kind: 'none', reason: 'r', baseUrl }).trace).toEqual([
    withoutOwn,
    { rule: 'no credential', outcome: 'chosen', because },
  ])
})

it.each<[definition: SelectableDefinition, stored: AuthLogin | undefined, expected: object]>([
  [
    { baseUrl },
    undefined,
    {
      code: 'ERR_AUTH_NO_CREDENTIAL',
      message:
        'Cannot choose a credential: the definition has no kind; give it one, or kind "none" with a reason',
    },
  ],
  [
    { baseUrl },
    login,
    {
      code: 'ERR_AUTH_NO_CREDENTIAL',
      message:
        'Cannot choose a credential: the definition has no kind, and does not ask for the example login with requiresLogin',
    },
  ],
  [
    { baseUrl, requiresLogin: true },
    undefined,
    {
      code: 'ERR_AUTH_NO_CREDENTIAL',
      message:
        'Cannot choose a credential: the definition requires a login, and no login was found. Log in first',
    },
  ],
  [
    { baseUrl, key: undefined, token: 't', requiresLogin: true },
    login,
    {
      code: 'ERR_AUTH_CONTRADICTION',
      option: 'token',
      message:
        'Cannot choose a credential: requiresLogin and "token" contradict each other; keep one of them',
    },
  ],
])('selectAuth() rejects %j beside %j with a whole sentence', (definition, stored, expected) => {
  expect(failure(definition, stored)).toMatchObject({ kind: 'build', ...expected })
})

it('selectAuth() says which policies there are, and names the property', () => {
  for (const policy of ['chatgpt', '', null, 5])
    expect(() => selectAuth({ kind: 'none' }, undefined, { agentIdentityPolicy: policy } as never)).toThrow(
      expect.objectContaining({
        name: 'TypeError',
        option: 'agentIdentityPolicy',
        message: "selectAuth: agentIdentityPolicy must be 'jwt-only' or 'chatgpt-auth'",
      }),
    )
  const names = 'it has agentIdentityPolicy, sessionSource, sessionFallback'
  expect(() => selectAuth({ kind: 'none' }, undefined, { policy: 'x' } as never)).toThrow(names)
})

it('selectAuth() puts the credential of a login at the place of the definition alone', () => {
  const elsewhere = {
    kind: 'bearer',
    token: 't',
    baseUrl: 'https://other.example',
    allowedOrigins: ['https://other.example'],
    allowInsecureTransport: true,
    headers: { 'X-A': 'login', b: 'login' },
  }
  const headers = { 'x-a': 'place', B: 'place', c: 'place' }
  const { definition } = selectAuth(
    { requiresLogin: true, baseUrl, headers },
    { label: 'example login', definition: elsewhere },
  )
  expect(definition).toStrictEqual({
    kind: 'bearer',
    token: 't',
    baseUrl,
    allowedOrigins: undefined,
    allowInsecureTransport: undefined,
    headers: { c: 'place', 'X-A': 'login', b: 'login' },
  })
})

it('selectAuth() lets the agent of a ChatGPT login sign with the kind of the agent', () => {
  const agent = { kind: 'agent-identity', agentRuntimeId: 'a' } as const
  const stored: AuthLogin = { ...login, type: 'chatgpt', agent }
  const open: ProviderAuthScope = { sessionSource: 'cli', agentIdentityPolicy: 'chatgpt-auth' }
  const { definition, trace } = selectAuth({ requiresLogin: true, baseUrl }, stored, open)
  expect(definition).toMatchObject({ ...agent, baseUrl })
  expect(trace.at(-1)).toEqual({
    rule: 'agent identity',
    outcome: 'chosen',
    because: 'the definition requires a login, and the scope lets it sign as an agent: example login',
  })
})
