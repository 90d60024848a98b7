import { AuthError } from '@outbound-auth/core'
import { describe, expect, it } from 'vitest'
import {
  type AuthLogin,
  createSessionFallback,
  type LoginType,
  type ProviderAuthScope,
  type SelectableDefinition,
  selectAuth,
} from '../../src/index.js'

const types: readonly (LoginType | undefined)[] = [
  undefined,
  'api-key',
  'chatgpt',
  'chatgpt-tokens',
  'headers',
  'agent-identity',
  'personal-access-token',
  'bedrock-api-key',
  'bedrock-access-keys',
]
const agent = { kind: 'agent-identity', agentRuntimeId: 'agent-of-the-login' } as const
const logins: readonly (AuthLogin | undefined)[] = [
  undefined,
  ...types.flatMap((type) =>
    [undefined, agent].map((of) => ({
      label: 'sample login',
      ...(type && { type }),
      definition: { kind: type === 'agent-identity' ? 'agent-identity' : 'bearer', from: 'login' },
      ...(of && { agent: of }),
    })),
  ),
]
const kinds = [undefined, 'none', 'bearer', 'api-key', 'sigv4', 'agent-identity']
const definitions: readonly SelectableDefinition[] = kinds.flatMap((kind) =>
  [undefined, false, true].flatMap((requiresLogin) =>
    [{}, { token: 't' }, { reason: 'r' }].map((more) => ({
      ...(kind && { kind }),
      ...(requiresLogin !== undefined && { requiresLogin }),
      ...more,
      baseUrl: 'https://api.example.com/v1',
    })),
  ),
)
const engaged = createSessionFallback()
engaged.engage('the authority answered 503')
const scopes: readonly (ProviderAuthScope | undefined)[] = [
  undefined,
  ...[undefined, 'jwt-only' as const, 'chatgpt-auth' as const].flatMap((agentIdentityPolicy) =>
    [undefined, createSessionFallback(), engaged].flatMap((sessionFallback) =>
      ['cli', 'exec', 'vscode'].map((sessionSource) => ({
        agentIdentityPolicy,
        sessionFallback,
        sessionSource,
      })),
    ),
  ),
]

/** The decision table, said once more: from the outside in, where the code goes from the inside out. */
function expected(definition: SelectableDefinition, login?: AuthLogin, scope?: ProviderAuthScope): string {
  const { kind, requiresLogin, baseUrl: _, ...more } = definition
  const asks = requiresLogin === true
  const hasOwn = kind !== undefined || Object.keys(more).length > 0
  if (asks && hasOwn) return 'ERR_AUTH_CONTRADICTION'
  if (!asks) return kind === undefined ? 'ERR_AUTH_NO_CREDENTIAL' : `own ${kind}`
  switch (login?.type ?? (login && 'plain')) {
    case undefined:
      return 'ERR_AUTH_NO_CREDENTIAL'
    case 'bedrock-api-key':
    case 'bedrock-access-keys':
      return 'ERR_AUTH_UNSUPPORTED'
    case 'agent-identity':
      return 'login agent-identity'
    case 'chatgpt': {
      const isOpen = scope?.agentIdentityPolicy === 'chatgpt-auth' && scope.sessionFallback?.engaged !== true
      return isOpen && login?.agent ? 'agent agent-identity' : 'login bearer'
    }
    default:
      return 'login bearer'
  }
}

function outcome(definition: SelectableDefinition, login?: AuthLogin, scope?: ProviderAuthScope): string {
  try {
    const { definition: chosen, reason, trace } = selectAuth(definition, login, scope)
    expect(chosen['requiresLogin']).toBe(undefined)
    expect(chosen['baseUrl']).toBe('https://api.example.com/v1')
    expect(trace.filter((step) => step.outcome === 'chosen')).toEqual([trace.at(-1)])
    expect(reason).toBe(trace.at(-1)?.because)
    const from = chosen['from'] ?? (chosen['agentRuntimeId'] === agent.agentRuntimeId ? 'agent' : 'own')
    return `${from} ${chosen['kind']}`
  } catch (error) {
    if (!AuthError.is(error)) throw error
    expect(error.retryable).toBe(false)
    return error.code
  }
}

describe('selectAuth() follows the decision table for', () => {
  it.each(types)('every definition and scope with a login of type %s', (type) => {
    let count = 0
    for (const login of logins.filter((candidate) => candidate && candidate.type === type)) {
      for (const definition of definitions) {
        for (const scope of scopes) {
          const [got, wanted] = [outcome(definition, login, scope), expected(definition, login, scope)]
          if (got !== wanted) expect({ definition, login, scope, got }).toEqual({ wanted })
          count += 1
        }
      }
    }
    expect(count).toBe(2 * definitions.length * scopes.length)
  })

  it('every definition and scope without a login', () => {
    for (const definition of definitions) {
      for (const scope of scopes) {
        expect(outcome(definition, undefined, scope)).toBe(expected(definition, undefined, scope))
      }
    }
  })

  it('a definition that asks for no login whatever login and scope there are', () => {
    for (const definition of definitions.filter(({ requiresLogin }) => requiresLogin !== true)) {
      const results = logins.flatMap((login) => scopes.map((scope) => outcome(definition, login, scope)))
      expect(new Set(results).size).toBe(1)
    }
  })
})

it('selectAuth() says in words why a ChatGPT login does not sign as an agent', () => {
  const login = logins.find((candidate) => candidate?.type === 'chatgpt' && candidate.agent)
  const because = (scope?: ProviderAuthScope) =>
    selectAuth({ requiresLogin: true }, login, scope).trace.find(({ rule }) => rule === 'agent identity')
      ?.because
  expect(because()).toBe('agentIdentityPolicy is not chatgpt-auth')
  const scope = { sessionSource: 'cli', agentIdentityPolicy: 'chatgpt-auth' as const }
  expect(because({ ...scope, sessionFallback: engaged })).toBe(
    "this session has fallen back to the login's token: the authority answered 503",
  )
  expect(because(scope)).toBe(
    'the definition requires a login, and the scope lets it sign as an agent: sample login',
  )
})

it('createSessionFallback() engages once and for good', () => {
  const fallback = createSessionFallback()
  expect([fallback.engaged, fallback.reason]).toEqual([false, undefined])
  expect([fallback.engage('first'), fallback.engage('second')]).toEqual([true, false])
  expect([fallback.engaged, fallback.reason]).toEqual([true, 'first'])
})
