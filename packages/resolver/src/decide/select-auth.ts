import { AuthError } from '@outbound-auth/core'
import { checkOptions, optionError } from '@outbound-auth/core/provider'
import { isPlainObject } from '../definition/copy-definition.js'
import type { AuthLogin } from './auth-login.js'
import type { ProviderAuthScope } from './provider-auth-scope.js'
import { type AuthSelection, type SelectionTrace, selectionTrace } from './selection-trace.js'

/** A definition before the decision. It has a kind, or it asks for a login. */
export interface SelectableDefinition {
  /** The kind of the definition's own credential, or `none`. */
  readonly kind?: string | undefined
  /** Asks for the stored login instead of a credential of the definition. @default false */
  readonly requiresLogin?: boolean | undefined
  readonly [property: string]: unknown
}

/**
 * The properties of a definition that requires a login: the place of the login's credential, and static headers and
 * parameters.
 */
const placeProperties = ['baseUrl', 'allowedOrigins', 'headers', 'query', 'allowInsecureTransport']

/**
 * Decides which credential the requests of a definition carry: the definition's own, no credential, or the stored
 * login.
 *
 * A login is used only if the definition asks for it. A login signs as an agent only if the scope allows it. The
 * decision depends on the arguments alone: no I/O, no clock, no environment. `docs/decision-table.md` has the whole
 * table.
 *
 * @param login the stored login, if there is one
 * @param scope the session. Without a scope or a policy, only a login that is an agent identity signs as an agent
 * @throws TypeError when the scope has an unknown property or policy
 * @throws AuthError build: `ERR_AUTH_NO_CREDENTIAL` when there is nothing to send, `ERR_AUTH_CONTRADICTION` when the
 * definition asks for two credentials, `ERR_AUTH_UNSUPPORTED` when the login is a login for Amazon Bedrock
 */
export function selectAuth(
  definition: SelectableDefinition,
  login?: AuthLogin | undefined,
  scope?: ProviderAuthScope | undefined,
): AuthSelection {
  checkScope(scope)
  const { requiresLogin = false, ...rest } = definition
  const { kind } = rest
  if (requiresLogin) checkPlaceOnly(rest)
  const trace = selectionTrace()
  if (kind !== undefined && kind !== 'none') {
    const because = `the definition has a credential of its own, of kind ${kind}`
    return trace.choose('own credential', because, rest)
  }
  trace.passOver('own credential', 'the definition has no credential of its own')
  if (kind === 'none')
    return trace.choose('no credential', 'the definition says that no credential is sent', rest)
  trace.passOver('no credential', 'the definition does not say that no credential is sent')
  if (!requiresLogin || login === undefined) throw noCredentialError(requiresLogin, login)
  return selectLogin(rest, login, scope, trace)
}

function selectLogin(
  place: Readonly<Record<string, unknown>>,
  login: AuthLogin,
  scope: ProviderAuthScope | undefined,
  trace: SelectionTrace,
): AuthSelection {
  const { type, label } = login
  if (type === 'bedrock-api-key' || type === 'bedrock-access-keys') {
    throw AuthError.build(
      `Cannot choose a credential: the login is ${label}, which only Amazon Bedrock accepts; log in otherwise`,
      { code: 'ERR_AUTH_UNSUPPORTED' },
    )
  }
  if (type === 'agent-identity') {
    const because = `the definition requires a login, and the login signs as an agent itself: ${label}`
    return trace.choose('agent identity', because, withCredential(place, login.definition))
  }
  const agent = agentOf(login, scope)
  if (typeof agent !== 'string') {
    const because = `the definition requires a login, and the scope lets it sign as an agent: ${label}`
    return trace.choose('agent identity', because, withCredential(place, agent))
  }
  trace.passOver('agent identity', agent)
  const because = `the definition requires a login, and there is one: ${label}`
  // The reason is shown to users, so it says why the session does not sign as an agent.
  const step = isFallenBack(login, scope) ? `${because}; ${agent}` : because
  return trace.choose('login', step, withCredential(place, login.definition))
}

function checkPlaceOnly(rest: Readonly<Record<string, unknown>>): void {
  const other = Object.keys(rest).find((name) => rest[name] !== undefined && !placeProperties.includes(name))
  if (other === undefined) return
  throw AuthError.build(
    `Cannot choose a credential: requiresLogin and ${JSON.stringify(other)} contradict each other; keep one of them`,
    { code: 'ERR_AUTH_CONTRADICTION', option: other },
  )
}

/** Rejects a misspelled policy: with it, a session would use another credential than it asks for. */
function checkScope(scope: ProviderAuthScope | undefined): void {
  if (scope === undefined) return
  const names = ['agentIdentityPolicy', 'sessionSource', 'sessionFallback']
  const { agentIdentityPolicy: policy } = checkOptions('selectAuth: scope', scope, names)
  if (policy === undefined || policy === 'jwt-only' || policy === 'chatgpt-auth') return
  const problem = "selectAuth: agentIdentityPolicy must be 'jwt-only' or 'chatgpt-auth'"
  throw optionError(problem, 'agentIdentityPolicy')
}

/** The agent that signs for a login, or the reason why no agent signs, in words. */
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

function noCredentialError(requiresLogin: boolean, login: AuthLogin | undefined): AuthError {
  const remedy = login
    ? `, and does not ask for the ${login.label} with requiresLogin`
    : '; give it one, or kind "none" with a reason'
  return AuthError.build(
    requiresLogin
      ? 'Cannot choose a credential: the definition requires a login, and no login was found. Log in first'
      : `Cannot choose a credential: the definition has no kind${remedy}`,
    { code: 'ERR_AUTH_NO_CREDENTIAL' },
  )
}

/** The definition of a login's credential, at the place that another definition names. */
function withCredential(
  place: Readonly<Record<string, unknown>>,
  credential: AuthLogin['definition'],
): AuthSelection['definition'] {
  const headers = mergeHeaders(place['headers'], credential['headers'])
  const noPlace = { baseUrl: undefined, allowedOrigins: undefined, allowInsecureTransport: undefined }
  return { ...credential, ...noPlace, ...place, headers, kind: credential.kind }
}

/** The headers of the login win, in any letter case. A malformed value stays, and the resolver rejects it. */
function mergeHeaders(ofPlace: unknown, ofLogin: unknown): unknown {
  if (!isPlainObject(ofPlace) || !isPlainObject(ofLogin)) return ofPlace ?? ofLogin
  const names = Object.keys(ofLogin).map((name) => name.toLowerCase())
  const kept = Object.entries(ofPlace).filter(([name]) => !names.includes(name.toLowerCase()))
  return { ...Object.fromEntries(kept), ...ofLogin }
}
