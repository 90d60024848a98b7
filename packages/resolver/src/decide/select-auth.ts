import { AuthError } from '@outbound-auth/core'
import { checkOptions } from '@outbound-auth/core/provider'
import { isPlainObject } from '../definition/copy-definition.js'
import type { AuthLogin } from './auth-login.js'
import type { ProviderAuthScope } from './provider-auth-scope.js'

/** A definition before the decision: one with a kind, or one that asks for a login. */
export interface SelectableDefinition {
  /** The kind of its own credential, or `none`. */
  readonly kind?: string | undefined
  /** Asks for the stored login instead of a credential of its own. @default false */
  readonly requiresLogin?: boolean | undefined
  readonly [member: string]: unknown
}

/** One rule that {@link selectAuth} looked at. */
export interface SelectionStep {
  readonly rule: string
  readonly outcome: 'chosen' | 'passed-over'
  /** Why, in words. */
  readonly because: string
}

/** What {@link selectAuth} decided. */
export interface AuthSelection {
  /** For `resolver.resolveUnknown`. */
  readonly definition: Readonly<Record<string, unknown>>
  /** Why it was chosen, in words. */
  readonly reason: string
  /** Every rule that was looked at, in order; the last one was chosen. */
  readonly trace: readonly SelectionStep[]
}

/** What a definition that requires a login may say: where the login's credential goes, and what goes with it. */
const placeMembers = ['baseUrl', 'allowedOrigins', 'headers', 'query', 'allowInsecureTransport']

/**
 * Decides which credential a definition's requests carry: its own, none by choice, or the stored login if it asks for that.
 * A login is never used for a definition that does not ask, and what it signs with as an agent only where the scope says so.
 *
 * It is a pure function of its arguments: no I/O, no clock, no environment. The whole table is in `docs/decision-table.md`.
 *
 * @param login the stored login, if there is one
 * @param scope the session; without one, or without a policy, only a login that is an agent identity signs as an agent
 * @throws TypeError when the scope has an unknown property or policy
 * @throws AuthError build: `ERR_AUTH_NO_CREDENTIAL` when nothing is there to send, `ERR_AUTH_CONTRADICTION` when the definition
 * asks for two things, `ERR_AUTH_UNSUPPORTED` when the login is one for Amazon Bedrock
 */
export function selectAuth(
  definition: SelectableDefinition,
  login?: AuthLogin | undefined,
  scope?: ProviderAuthScope | undefined,
): AuthSelection {
  checkScope(scope)
  const { requiresLogin = false, ...own } = definition
  const { kind } = own
  const trace: SelectionStep[] = []
  const pass = (rule: string, because: string) => trace.push({ rule, outcome: 'passed-over', because })
  const choose = (rule: string, because: string, chosen: AuthSelection['definition']): AuthSelection => {
    trace.push({ rule, outcome: 'chosen', because })
    return { definition: chosen, reason: because, trace }
  }
  const foreign = Object.keys(own).find((name) => own[name] !== undefined && !placeMembers.includes(name))
  if (requiresLogin && foreign !== undefined) {
    throw AuthError.build(
      `Cannot choose a credential: requiresLogin and ${JSON.stringify(foreign)} contradict each other; keep one of them`,
      { code: 'ERR_AUTH_CONTRADICTION', option: foreign },
    )
  }
  if (kind !== undefined && kind !== 'none') {
    return choose('own credential', `the definition has a credential of its own, of kind ${kind}`, own)
  }
  pass('own credential', 'the definition has no credential of its own')
  if (kind === 'none') return choose('no credential', 'the definition says that no credential is sent', own)
  pass('no credential', 'the definition does not say that no credential is sent')
  if (!requiresLogin || login === undefined) throw noCredential(requiresLogin, login)
  const { type, label } = login
  if (type === 'bedrock-api-key' || type === 'bedrock-access-keys') {
    throw AuthError.build(
      `Cannot choose a credential: the login is ${label}, which only Amazon Bedrock accepts; log in otherwise`,
      { code: 'ERR_AUTH_UNSUPPORTED' },
    )
  }
  if (type === 'agent-identity') {
    const because = `the definition requires a login, and the login signs as an agent itself: ${label}`
    return choose('agent identity', because, merge(own, login.definition))
  }
  const agent = agentOf(login, scope)
  if (typeof agent !== 'string') {
    const because = `the definition requires a login, and the scope lets it sign as an agent: ${label}`
    return choose('agent identity', because, merge(own, agent))
  }
  pass('agent identity', agent)
  const because = `the definition requires a login, and there is one: ${label}`
  // A session that would sign as an agent, and does not, says so wherever its reason is shown.
  const why = isFallenBack(login, scope) ? `${because}; ${agent}` : because
  return choose('login', why, merge(own, login.definition))
}

/** A misspelled policy would leave a session with another credential than it asks for. */
function checkScope(scope: ProviderAuthScope | undefined): void {
  if (scope === undefined) return
  const names = ['agentIdentityPolicy', 'sessionSource', 'sessionFallback']
  const { agentIdentityPolicy: policy } = checkOptions('selectAuth: scope', scope, names)
  if (policy !== undefined && policy !== 'jwt-only' && policy !== 'chatgpt-auth')
    throw new TypeError("selectAuth: agentIdentityPolicy must be 'jwt-only' or 'chatgpt-auth'")
}

/** The agent that signs for a login, or in words why none does. */
function agentOf(
  { type, agent }: AuthLogin,
  scope: ProviderAuthScope | undefined,
): AuthLogin['definition'] | string {
  if (type !== 'chatgpt') return 'only ChatGPT logins sign as an agent'
  if (scope?.agentIdentityPolicy !== 'chatgpt-auth') return 'agentIdentityPolicy is not chatgpt-auth'
  if (scope.sessionFallback?.engaged) {
    return `this session has fallen back to the login's token: ${scope.sessionFallback.reason ?? 'no reason given'}`
  }
  return agent ?? 'the login has no agent'
}

function isFallenBack({ type }: AuthLogin, scope: ProviderAuthScope | undefined): boolean {
  const isMeant = type === 'chatgpt' && scope?.agentIdentityPolicy === 'chatgpt-auth'
  return isMeant && scope.sessionFallback?.engaged === true
}

function noCredential(requiresLogin: boolean, login: AuthLogin | undefined): AuthError {
  const ask = login
    ? `, and does not ask for the ${login.label} with requiresLogin`
    : '; give it one, or kind "none" with a reason'
  return AuthError.build(
    requiresLogin
      ? 'Cannot choose a credential: the definition requires a login, and there is none; log in first'
      : `Cannot choose a credential: the definition has no kind${ask}`,
    { code: 'ERR_AUTH_NO_CREDENTIAL' },
  )
}

/** The login's credential at the definition's place. */
function merge(
  own: Readonly<Record<string, unknown>>,
  of: AuthLogin['definition'],
): AuthSelection['definition'] {
  const headers = mergeHeaders(own['headers'], of['headers'])
  const place = { baseUrl: undefined, allowedOrigins: undefined, allowInsecureTransport: undefined }
  return { ...of, ...place, ...own, headers, kind: of.kind }
}

/** The login's headers win, however the others are spelt. A value that is not an object stays, and is refused when it is resolved. */
function mergeHeaders(own: unknown, logins: unknown): unknown {
  if (!isPlainObject(own) || !isPlainObject(logins)) return own ?? logins
  const names = Object.keys(logins).map((name) => name.toLowerCase())
  const kept = Object.entries(own).filter(([name]) => !names.includes(name.toLowerCase()))
  return { ...Object.fromEntries(kept), ...logins }
}
