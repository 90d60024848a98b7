import {
  type AuthBinding,
  type AuthBody,
  AuthError,
  type AuthProvider,
  type AuthRequest,
} from '@outbound-auth/core'
import {
  createExchange,
  type ExchangeOptions,
  exchangeOptionNames,
  immediateAuth,
  type OutboundRequest,
} from '@outbound-auth/core/exchange'
import { checkOptions } from '@outbound-auth/core/provider'
import type { Dispatcher } from 'undici'
import { dispatchAttempts } from './dispatch-attempts.js'
import { copyOptions } from './request/copy-options.js'
import { readHeaders } from './request/read-headers.js'
import { recordBody } from './request/record-body.js'
import type { RecordedBody } from './request/recorded-body.js'
import { requestTargetReader } from './request/request-target.js'
import { snapshotBody } from './request/snapshot-body.js'
import { toDispatchOptions } from './request/to-dispatch-options.js'
import { checkHandler } from './response/check-handler.js'
import { createRedirectWatch } from './response/redirect-watch.js'
import { createRelay, failRelay } from './response/relay.js'
import { watchHandler } from './response/watch-handler.js'

/** The interceptor that `compose` of undici 7 and 8 takes. undici 8 passes the origin of a Client or Pool as well. */
export type AuthInterceptor = (
  dispatch: Dispatcher.Dispatch,
  boundOrigin?: string | null,
) => Dispatcher.Dispatch

/** Options of {@link authInterceptor} that hold for a provider and for a binding. */
export interface AuthInterceptorOptions extends ExchangeOptions {
  /**
   * How much of a body that can be read only once (a stream, an iterable, every body of `fetch`) is kept while it
   * streams, in bytes, so that it can be sent again after a rejection. A longer body is sent once, and the caller gets
   * the rejection.
   *
   * @default 1048576
   */
  readonly replayLimitBytes?: number | undefined
  /**
   * How long the credential of each request should stay valid, in milliseconds: for long streams and uploads. A
   * credential that expires sooner is renewed early.
   *
   * @default 0
   */
  readonly minValidityMs?: number | undefined
}

/** Options of {@link authInterceptor} with a bare provider. */
export interface AuthInterceptorProviderOptions extends AuthInterceptorOptions {
  /** Origins that may see the credential, such as `https://api.example.com`. An empty list allows nothing. */
  readonly allowedOrigins: readonly string[]
}

const optionNames = [...exchangeOptionNames, 'replayLimitBytes', 'minValidityMs']

/**
 * Makes an interceptor for undici 7 and 8 that authenticates.
 *
 * Compose it first: `compose(authInterceptor(…), interceptors.redirect(), interceptors.retry())`. Then each retry and
 * each redirect is authenticated anew. A hop to an origin that is not allowed is refused, and so are one whose URL
 * holds the credential and one by which an origin that is not allowed would aim an authenticated request. A redirect
 * interceptor composed before it does not redirect, since it would take the credential along. A store of undici's
 * cache belongs to one credential.
 *
 * The credential goes to allowed origins only, over https unless the host is this machine; `CONNECT`, which speaks to
 * a proxy, passes untouched. A request that cannot be authenticated is not sent: its handler gets the `AuthError`. All
 * options are read at the call. After a rejection the provider may recover, and the request is sent again; a body that
 * can be read only once is recorded for that, up to `replayLimitBytes`. A provider with `requiresBody` reads an
 * iterable to its end first, and refuses streams.
 *
 * A Client or Pool of undici 7 does not tell its origin: name `origin` in each request. It is the caller's word then,
 * and nothing can check it: a Client that is bound to another host than `origin` says gets the credential. Use an
 * Agent, whose connections follow `origin`, or undici 8.
 *
 * @throws TypeError when an option is malformed, `allowedOrigins` is missing, or an entry is not an origin
 * @see https://undici.nodejs.org/#/docs/api/Dispatcher?id=dispatchercomposeinterceptors-interceptor
 * @example
 * const agent = new Agent().compose(authInterceptor(auth, { allowedOrigins: ['https://api.example.com'] }))
 */
export function authInterceptor<A extends AuthProvider | AuthBinding>(
  auth: A,
  // No overloads, because the compiler would describe the error of another overload than the caller means.
  ...rest: [A] extends [AuthBinding]
    ? [options?: AuthInterceptorOptions]
    : [options: AuthInterceptorProviderOptions]
): AuthInterceptor
export function authInterceptor(
  auth: AuthProvider | AuthBinding,
  given: AuthInterceptorOptions = {},
): AuthInterceptor {
  const options = checkOptions('authInterceptor', given, optionNames)
  const exchange = createExchange(auth, options, 'authInterceptor')
  const authenticateNow = immediateAuth(auth, options)
  const { minValidityMs, replayLimitBytes = 1_048_576 } = options
  const { provider } = exchange
  const { kind } = provider
  const canRecover = exchange.statuses.length > 0
  const targetOf = requestTargetReader(kind)
  const watch = createRedirectWatch(exchange)
  const isWatched = mayCarryCredential(auth, provider)

  /** All that can be decided before anything is sent or waited for; undefined: not ours, to be sent untouched. */
  function plan(opts: Dispatcher.DispatchOptions, boundOrigin: string | null | undefined): DispatchPlan {
    const { origin, base, url } = targetOf(opts, boundOrigin)
    watch.check(url)
    if (!exchange.admits(base)) return { url, origin }
    checkRedirections(opts, kind)
    const headers = readHeaders(opts.headers)
    const given = snapshotBody(opts.body)
    const recorded = canRecover && !provider.requiresBody ? recordBody(given, replayLimitBytes) : undefined
    const body = (recorded ? recorded.body : given) as AuthBody | undefined
    const outbound = {
      method: opts.method,
      // A signer signs what a URL parser makes of a path, so that is what has to be sent.
      url: provider.requiresBody ? new URL(url).href : url,
      parsedUrl: base,
      headers,
      body,
      replay: recorded && (() => recorded.replay() as AuthBody | undefined),
      minValidityMs,
    }
    return { url, origin, outbound, recorded, ready: authenticateNow(outbound) }
  }

  return (dispatch, boundOrigin) => (given, handler) => {
    checkHandler(handler)
    let opts = given
    let planned: DispatchPlan | undefined
    try {
      opts = copyOptions(given)
      // CONNECT speaks to a proxy.
      if (opts.method !== 'CONNECT') planned = plan(opts, boundOrigin)
    } catch (error) {
      failRelay(createRelay(handler), error)
      return true
    }
    if (!planned) return dispatch(opts, handler)
    const { url, origin, outbound, recorded, ready } = planned
    if (!outbound) return dispatch(opts, isWatched ? watchHandler(handler, watch, url, undefined) : handler)
    const send = (request: AuthRequest, next: Dispatcher.DispatchHandler) =>
      dispatch(toDispatchOptions(opts, request, origin), next)
    if (ready && !canRecover && !provider.noteResponse)
      return send(ready, isWatched ? watchHandler(handler, watch, url, ready) : handler)
    return dispatchAttempts({ exchange, provider, watch, outbound, recorded, handler, send }, ready)
  }
}

/** @throws AuthError `ERR_AUTH_REDIRECT` (build) */
function checkRedirections(opts: Dispatcher.DispatchOptions, kind: string): void {
  if (!(opts as { maxRedirections?: number }).maxRedirections) return
  throw AuthError.build(
    'authInterceptor: maxRedirections would redirect below authentication. Leave it out, and compose interceptors.redirect() after authInterceptor()',
    { code: 'ERR_AUTH_REDIRECT', provider: kind },
  )
}

/**
 * Whether requests carry something that must not leave the allowed origins: noAuth without static headers has nothing.
 */
function mayCarryCredential(auth: AuthProvider | AuthBinding, provider: AuthProvider): boolean {
  const { headers, query }: Partial<AuthBinding> = 'provider' in auth ? auth : {}
  const { headerNames, queryNames = [] } = provider
  return [...headerNames, ...queryNames, ...(headers ?? []), ...Object.keys(query ?? {})].length > 0
}

/** A request, as it is sent. A request without `outbound` is for another origin, and is sent untouched. */
interface DispatchPlan {
  readonly url: string
  readonly origin: string
  readonly outbound?: OutboundRequest
  /** Set when the body can be read only once, and may be needed again. */
  readonly recorded?: RecordedBody | undefined
  /** The authenticated request, if it took no time. */
  readonly ready?: AuthRequest | undefined
}
