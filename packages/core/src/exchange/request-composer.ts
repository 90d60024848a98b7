import type { FinalBody } from '../body/ready-body.js'
import { type AuthObserver, notify } from '../contract/auth-observer.js'
import type { AuthBinding, AuthBody, AuthProvider, AuthRequest } from '../contract/auth-provider.js'
import { createHeaderMap, type HeaderMap, type HeaderMapInit } from '../contract/header-map.js'
import { ownCopy } from '../lib/check-options.js'
import { checkSendable } from '../lib/check-provider.js'
import { credentialHeaders, isCredentialName } from '../lib/credential-name.js'
import { type OriginGuard, originGuard } from '../lib/origin-guard.js'
import { providerFault } from '../lib/provider-fault.js'
import { getQueryParameter, setQueryParameter } from '../lib/query-parameter.js'

/** Options that every adapter takes. */
export interface ExchangeOptions {
  /**
   * Origins that may see the credential. Required with a bare provider; with a binding, whose own list is the default,
   * it replaces that list. An empty list allows nothing.
   */
  readonly allowedOrigins?: readonly string[] | undefined
  /**
   * The treatment of requests to other origins: `'refuse'` throws `ERR_AUTH_ORIGIN`, `'pass'` sends it untouched
   * (for an agent that several clients share).
   *
   * @default 'refuse'
   */
  readonly otherOrigins?: 'refuse' | 'pass' | undefined
  /** Allows plain http to hosts other than this machine. @default false */
  readonly allowInsecureTransport?: boolean | undefined
  /** Is told what was applied and recovered: kinds, header names and durations, never a value. */
  readonly observer?: AuthObserver | undefined
}

/** One request of a caller, before authentication. Nothing of it is changed. */
export interface OutboundRequest {
  readonly method: string
  /** Absolute http(s) URL. */
  readonly url: string
  /**
   * The same URL, or another one of its origin, where the adapter has parsed it already: a parser costs more than all
   * other checks together.
   */
  readonly parsedUrl?: URL | undefined
  readonly headers: HeaderMapInit
  readonly body?: AuthBody | undefined
  /** The content-type of the body, used where neither `headers` nor a binding has one. */
  readonly contentType?: string | undefined
  /** Gives the body of a further attempt when `body` is a stream; undefined when it cannot be sent again. */
  readonly replay?: (() => AuthBody | undefined) | undefined
  readonly signal?: AbortSignal | undefined
  /** How long the credential should stay valid, in milliseconds. */
  readonly minValidityMs?: number | undefined
}

/** The names of {@link ExchangeOptions}, for adapters to check theirs. */
export const exchangeOptionNames: readonly string[] = [
  'allowedOrigins',
  'otherOrigins',
  'allowInsecureTransport',
  'observer',
]

/** @internal Prepares a request for its provider, and checks the request that the provider returns. */
export interface RequestComposer {
  readonly provider: AuthProvider
  /** The binding without its provider; empty for a bare provider. */
  readonly binding: Partial<AuthBinding>
  /** A copy that inherits nothing. */
  readonly options: ExchangeOptions
  readonly guard: OriginGuard
  /** Checks where the request goes, and gives its origin. @throws AuthError (build) */
  originOf(outbound: OutboundRequest): string
  /**
   * A fresh request for the provider: the caller's, without other credentials, with the binding's headers and query.
   *
   * @param final the body, and its content-type, where it has been serialised for the provider
   */
  composeRequest(outbound: OutboundRequest, attempt: number, final?: FinalBody): AuthRequest
  /**
   * Checks what the provider returned: it goes where the caller's request goes.
   *
   * @param startedAtMs of `performance.now()`
   */
  checkApplied(applied: AuthRequest, origin: string, attempt: number, startedAtMs: number): AuthRequest
}

/**
 * @internal
 *
 * @throws TypeError when `auth` is neither of the two, `allowedOrigins` is missing or an entry is not an origin
 */
export function requestComposer(
  auth: AuthProvider | AuthBinding,
  given: ExchangeOptions,
  taker: string,
): RequestComposer {
  // Copies that inherit nothing: a polluted Object.prototype must not decide where a credential goes.
  const options = ownCopy(given)
  const { provider = auth as AuthProvider }: Partial<AuthBinding> = ownCopy<object>(auth)
  const binding: Partial<AuthBinding> = ownCopy<object>(provider === auth ? {} : auth)
  checkSendable(taker, provider)
  const { observer } = options
  const allowInsecureTransport = options.allowInsecureTransport ?? binding.allowInsecureTransport
  const { headerNames, queryNames = [], kind } = provider
  const isChosenBare = headerNames.length + queryNames.length === 0
  const isBare = isChosenBare && !addsCredential(binding)
  const allowedOrigins = options.allowedOrigins ?? binding.allowedOrigins
  const guard = originGuard(taker, kind, allowedOrigins, isBare || allowInsecureTransport === true)
  const originOf = ({ parsedUrl, url }: OutboundRequest) => guard.check(parsedUrl ?? guard.parse(url))
  const replaced = isChosenBare ? [] : [...credentialHeaders, ...headerNames]

  function composeRequest(outbound: OutboundRequest, attempt: number, final?: FinalBody): AuthRequest {
    const { body, contentType } = final ?? { body: bodyOf(outbound, attempt) }
    const headers = createHeaderMap(outbound.headers)
    // A fragment is never sent, so it must not be signed.
    let [url = ''] = outbound.url.split('#', 1)
    for (const name of replaced) headers.delete(name)
    for (const name of queryNames) url = setQueryParameter(url, name, undefined)
    url = addStatics(binding, headers, url)
    const type = outbound.contentType ?? contentType
    if (type !== undefined && !headers.has('content-type')) headers.set('content-type', type)
    return { method: outbound.method, url, headers, body }
  }

  function checkApplied(
    applied: AuthRequest,
    origin: string,
    attempt: number,
    startedAtMs: number,
  ): AuthRequest {
    // The caller's own origin has been checked, and it alone decides where the request goes. After the slash nothing
    // can change a URL's origin, so that most URLs need no parser.
    if (!applied.url.startsWith(`${origin}/`) && guard.parse(applied.url).origin !== origin)
      throw providerFault(kind, 'moved the request to another origin')
    if (observer) {
      notify(observer, {
        type: 'applied',
        kind,
        headerNames,
        queryNames,
        origin,
        attempt,
        durationMs: performance.now() - startedAtMs,
        agentIdentity: provider.agentIdentity ?? binding.agentIdentity,
      })
    }
    return applied
  }

  return { provider, binding, options, guard, originOf, composeRequest, checkApplied }
}

/** Adds headers and parameters of a binding where the request has none of that name, and returns the URL. */
function addStatics({ headers, query = {} }: Partial<AuthBinding>, target: HeaderMap, url: string): string {
  for (const [name, value] of headers ?? []) if (!target.has(name)) target.set(name, value)
  let completed = url
  for (const [name, value] of Object.entries(query))
    if (getQueryParameter(url, name) === undefined) completed = setQueryParameter(completed, name, value)
  return completed
}

/** @internal The body of an attempt. */
export function bodyOf({ body, replay }: OutboundRequest, attempt: number): AuthBody | undefined {
  return attempt > 0 && replay ? replay() : body
}

/** Whether what a binding adds to each request is secret, by its origin or by its name. */
function addsCredential({ headers, query, secretHeaderNames }: Partial<AuthBinding>): boolean {
  const names = [...Array.from(headers ?? [], ([name]) => name), ...Object.keys(query ?? {})]
  return Boolean(secretHeaderNames?.length) || names.some(isCredentialName)
}
