import { AuthError } from '../contract/auth-error.js'
import type { ApplyAuthOptions, AuthProvider, AuthRequest } from '../contract/auth-provider.js'
import { describeThrown } from '../contract/foreign-error.js'
import { typeInWords } from '../contract/type-in-words.js'
import { checkCredential } from '../lib/check-credential.js'
import { checkProvider } from '../lib/check-provider.js'
import { providerFault } from '../lib/provider-fault.js'
import { untilAborted } from '../lib/until-aborted.js'

/**
 * Authenticates one request with any provider, and returns the request to send: exactly that one.
 *
 * The request changes hands, so pass copies of objects that you go on using. It checks no origin; `authFetch`,
 * `authInterceptor` and `handshakeAuth` do. Call it once per attempt, inside every retry loop.
 *
 * @throws TypeError when `provider` is not a provider, or `request` is not a request; no part of it is in the error
 * @throws AuthError whatever the provider threw; an error that is not an `AuthError` becomes `ERR_AUTH_PROVIDER`
 * (build), without its text, and so does a request without a credential
 * @throws the reason of `options.signal`, unchanged, as soon as it aborts
 */
export async function applyAuth(
  provider: AuthProvider,
  request: AuthRequest,
  options: ApplyAuthOptions = {},
): Promise<AuthRequest> {
  checkProvider('applyAuth', provider)
  checkRequest(request)
  return applyWith(provider, request, options)
}

/** @internal `applyAuth` for a provider and a request that have been checked. */
export async function applyWith(
  provider: AuthProvider,
  request: AuthRequest,
  options: ApplyAuthOptions,
): Promise<AuthRequest> {
  const { signal } = options
  signal?.throwIfAborted()
  try {
    if (!provider.applyAuth) return applyHeaders(provider, request)
    return checkReturned(provider, await untilAborted(provider.applyAuth(request, options), signal))
  } catch (error) {
    throw providerError(error, provider.kind, signal)
  }
}

/** @internal Applies a provider that is only `addAuthHeaders`. */
export function applyHeaders(
  provider: AuthProvider,
  request: AuthRequest,
  check = checkCredential,
): AuthRequest {
  provider.addAuthHeaders(request.headers)
  return checkReturned(provider, request, check)
}

/** @internal @throws AuthError `ERR_AUTH_PROVIDER` (build) when it is not a request, or `check` finds a fault */
export function checkReturned(
  provider: AuthProvider,
  applied: AuthRequest,
  check = checkCredential,
): AuthRequest {
  if (typeof applied?.url !== 'string' || typeof applied.headers?.has !== 'function')
    throw providerFault(provider.kind, 'returned no request with headers')
  check(provider, applied)
  return applied
}

/** A provider could only fail over any other value, and the caller would take that for a fault of the provider. */
function checkRequest(request: AuthRequest): void {
  const { url, headers } = Object(request) as Partial<AuthRequest>
  const isText = typeof url === 'string'
  const problem = isText ? 'headers must be a Headers or HeaderMap' : 'url must be a string'
  if (!isText || typeof headers?.get !== 'function' || typeof headers.set !== 'function')
    throw new TypeError(`applyAuth: request.${problem}, got ${typeInWords(isText ? headers : url)}`)
}

/** @internal Makes an `AuthError` of what a provider threw; the reason of an abort goes through. */
export function providerError(error: unknown, kind: string, signal: AbortSignal | undefined): unknown {
  if (AuthError.is(error) || (signal?.aborted && error === signal.reason)) return error
  return providerFault(kind, `threw ${describeThrown(error)}, not an AuthError`, error)
}
