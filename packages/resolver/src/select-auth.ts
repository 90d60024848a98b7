import { AuthError } from '@outbound-auth/core'
import { isPlainObject } from './copy-definition.js'
import type { ProviderAuthScope } from './provider-auth-scope.js'

/** A definition before the decision: one with a kind, or one that asks for a login. */
export interface SelectableDefinition {
  /** The kind of its own credential, or `none`. */
  readonly kind?: string | undefined
  /** Asks for the stored login instead of a credential of its own. @default false */
  readonly requiresLogin?: boolean | undefined
  readonly [member: string]: unknown
}

/** A stored login. */
export interface AuthLogin {
  /** What it is, in words: `ChatGPT login`. */
  readonly label: string
  /** Its kind and that kind's options. Where the credential goes is the definition's matter. */
  readonly definition: Readonly<Record<string, unknown>> & { readonly kind: string }
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
const placeMembers = ['baseUrl', 'allowedOrigins', 'headers', 'query']

/**
 * Decides which credential a definition's requests carry: its own, none by choice, or the stored login if it asks for that.
 * A login is never used for a definition that does not ask.
 *
 * It is a pure function of its arguments: no I/O, no clock, no environment.
 *
 * @param login the stored login, if there is one
 * @param _scope the session; its Agent Identity rules come into play with logins that can sign as an agent
 * @throws AuthError build: `ERR_AUTH_NO_CREDENTIAL` when nothing is there to send, `ERR_AUTH_CONTRADICTION` when the definition
 * asks for two things
 */
export function selectAuth(
  definition: SelectableDefinition,
  login?: AuthLogin | undefined,
  _scope?: ProviderAuthScope | undefined,
): AuthSelection {
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
      { code: 'ERR_AUTH_CONTRADICTION' },
    )
  }
  if (kind !== undefined && kind !== 'none') {
    return choose('own credential', `the definition has a credential of its own, of kind ${kind}`, own)
  }
  pass('own credential', 'the definition has no credential of its own')
  if (kind === 'none') return choose('no credential', 'the definition says that no credential is sent', own)
  pass('no credential', 'the definition does not say that no credential is sent')
  if (requiresLogin && login !== undefined) {
    const because = `the definition requires a login, and there is one: ${login.label}`
    const headers = mergeHeaders(own['headers'], login.definition['headers'])
    const place = { baseUrl: undefined, allowedOrigins: undefined, ...own, headers }
    return choose('login', because, { ...login.definition, ...place, kind: login.definition.kind })
  }
  throw AuthError.build(
    requiresLogin
      ? 'Cannot choose a credential: the definition requires a login, and there is none; log in first'
      : `Cannot choose a credential: the definition has no kind${login ? `, and does not ask for the ${login.label} with requiresLogin` : '; give it one, or kind "none" with a reason'}`,
    { code: 'ERR_AUTH_NO_CREDENTIAL' },
  )
}

/** The login's headers win, however the others are spelt. What is no object stays, and is refused when it is resolved. */
function mergeHeaders(own: unknown, logins: unknown): unknown {
  if (!isPlainObject(own) || !isPlainObject(logins)) return own ?? logins
  const names = Object.keys(logins).map((name) => name.toLowerCase())
  const kept = Object.entries(own).filter(([name]) => !names.includes(name.toLowerCase()))
  return { ...Object.fromEntries(kept), ...logins }
}
