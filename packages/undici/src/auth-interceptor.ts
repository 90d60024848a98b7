import {
  type AuthBinding,
  type AuthBody,
  AuthError,
  type AuthProvider,
  type AuthRequest,
  checkOptions,
} from '@outbound-auth/core'
import {
  createExchange,
  type ExchangeOptions,
  exchangeOptionNames,
  immediateAuth,
  type OutboundRequest,
} from '@outbound-auth/core/exchange'
import type { Dispatcher } from 'undici'
import { dispatchAttempts } from './dispatch-attempts.js'
import { readHeaders } from './read-headers.js'
import { createRelay } from './relay.js'
import { requestTarget } from './request-target.js'
import { toDispatchOptions } from './to-dispatch-options.js'

/** What `compose` of undici 7 and 8 takes. undici 8 passes the origin of a Client or Pool as well. */
export type AuthInterceptor = (
  dispatch: Dispatcher.Dispatch,
  boundOrigin?: string | null,
) => Dispatcher.Dispatch

/** Options of {@link authInterceptor} that hold for a provider and for a binding. */
export interface AuthInterceptorOptions extends ExchangeOptions {
  /** See `ApplyAuthOptions`: how long the credential of each request should stay valid, in milliseconds. */
  readonly minValidityMs?: number | undefined
}

/** Options of {@link authInterceptor} with a bare provider. */
export interface AuthInterceptorProviderOptions extends AuthInterceptorOptions {
  /** Origins that may see the credential, such as `https://api.example.com`. An empty list allows nothing. */
  readonly allowedOrigins: readonly string[]
}

const optionNames = [...exchangeOptionNames, 'minValidityMs']

/**
 * Makes an undici interceptor that authenticates.
 *
 * Compose it first: `compose(authInterceptor(…), interceptors.redirect(), interceptors.retry())`. Then each retry and each
 * redirect is authenticated anew, and a hop to an origin that is not allowed is refused. A redirect interceptor composed
 * before it does not redirect, since it would take the credential along. A store of undici's cache belongs to one credential.
 *
 * The credential goes to allowed origins only, over https unless the host is this machine; `CONNECT`, which speaks to a proxy,
 * passes untouched. A request that cannot be authenticated is not sent: its handler gets the `AuthError`. After a refusal the
 * provider may recover, and the request is sent again if its body can be: a stream or iterable cannot. A provider with
 * `requiresBody` reads an iterable to its end first, and refuses streams.
 *
 * A Client or Pool of undici 7 does not tell its origin: name `origin` in each request. It is the caller's word then, and
 * nothing can check it: a Client that is bound to another host than `origin` says gets the credential. Use an Agent, whose
 * connections follow `origin`, or undici 8.
 *
 * @throws TypeError when an option is malformed, `allowedOrigins` is missing, or an entry is not an origin
 * @see https://undici.nodejs.org/#/docs/api/Dispatcher?id=dispatchercomposeinterceptors-interceptor
 * @example
 * const agent = new Agent().compose(authInterceptor(auth, { allowedOrigins: ['https://api.example.com'] }))
 */
export function authInterceptor(binding: AuthBinding, options?: AuthInterceptorOptions): AuthInterceptor
export function authInterceptor(
  auth: AuthProvider | AuthBinding,
  options: AuthInterceptorProviderOptions,
): AuthInterceptor
export function authInterceptor(
  auth: AuthProvider | AuthBinding,
  given: AuthInterceptorOptions = {},
): AuthInterceptor {
  const options = checkOptions('authInterceptor', given, optionNames)
  const exchange = createExchange(auth, options)
  const authenticateNow = immediateAuth(auth, options)
  const { minValidityMs } = options
  const { provider } = exchange
  const { kind } = provider

  /** All that can be decided before anything is sent or waited for; undefined: not ours, to be sent untouched. */
  function plan(
    opts: Dispatcher.DispatchOptions,
    boundOrigin: string | null | undefined,
  ): DispatchPlan | undefined {
    if (opts.method === 'CONNECT') return undefined
    const { origin, url } = requestTarget(opts, boundOrigin, kind)
    if (!exchange.admits(url)) return undefined
    if ((opts as { maxRedirections?: number }).maxRedirections) {
      throw AuthError.build(
        'Cannot redirect below authentication: compose interceptors.redirect() after authInterceptor()',
        { code: 'ERR_AUTH_REDIRECT', provider: kind },
      )
    }
    const { method } = opts
    const headers = readHeaders(opts.headers)
    // A signer signs what a URL parser makes of a path, so that is what has to be sent.
    const outbound = { method, url: provider.requiresBody ? new URL(url).href : url, headers, minValidityMs }
    const body = (opts.body ?? undefined) as AuthBody | undefined
    return { origin, outbound, ready: provider.recover ? undefined : authenticateNow({ ...outbound, body }) }
  }

  return (dispatch, boundOrigin) => (opts, handler) => {
    if (typeof handler.onResponseError !== 'function') {
      throw new TypeError(
        'authInterceptor: the handler has no onResponseError: it is of another undici, or the interceptor went past compose()',
      )
    }
    let planned: DispatchPlan | undefined
    try {
      planned = plan(opts, boundOrigin)
    } catch (error) {
      createRelay(handler).fail(error)
      return true
    }
    if (planned === undefined) return dispatch(opts, handler)
    const { origin, outbound, ready } = planned
    const send = (request: AuthRequest, next: Dispatcher.DispatchHandler) =>
      dispatch(toDispatchOptions(opts, request, origin), next)
    if (ready) return send(ready, handler)
    dispatchAttempts({ exchange, provider, outbound, body: opts.body, handler, send })
    return true
  }
}

interface DispatchPlan {
  readonly origin: string
  readonly outbound: OutboundRequest
  /** The authenticated request, if it took no time. */
  readonly ready: AuthRequest | undefined
}
