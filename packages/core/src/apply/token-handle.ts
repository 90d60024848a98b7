import type { AccessToken } from '../cache/cached-token.js'
import { jwtExpiresAt } from '../cache/jwt-dates.js'
import { AuthError } from '../contract/auth-error.js'
import type { AuthBinding, AuthProvider, AuthRequest } from '../contract/auth-provider.js'
import { createHeaderMap, type HeaderMap } from '../contract/header-map.js'
import { checkOptions, ownCopy } from '../lib/check-options.js'
import { checkProvider } from '../lib/check-provider.js'
import { checkOption, invalidOption } from '../lib/option-error.js'
import { originGuard, parseUrl } from '../lib/origin-guard.js'
import { untilAborted } from '../lib/until-aborted.js'
import { applyAuth, providerError } from './apply-auth.js'
import { statusesOf } from './combine-auth.js'

/** Options of {@link tokenHandle}. */
export interface TokenHandleOptions {
  /** The origin that the SDK sends the token to: `https://api.example.com`. A binding must allow it. */
  readonly origin: string
  /**
   * Allows a plain http origin on another machine: everybody on the way can read the token.
   *
   * @default false
   */
  readonly allowInsecureTransport?: boolean | undefined
}

/** Options of {@link TokenHandle.get}. */
export interface TokenRequest {
  /**
   * Renews the token although it may be valid. Calls at the same time share one renewal. With `rejected`, only a token
   * that was really rejected is renewed.
   *
   * @default false
   */
  readonly forceRefresh?: boolean | undefined
  /** The token that a server rejected. If it is not the present one, the present one is returned. */
  readonly rejected?: string | undefined
  /**
   * The claims that the server wants in the token, as JSON text. They imply `forceRefresh`, and reach the token source.
   */
  readonly claims?: string | undefined
  /** How long the token should stay valid, in milliseconds. @default 0 */
  readonly minValidityMs?: number | undefined
  /** Ends the wait of this caller; work that others wait for goes on. */
  readonly signal?: AbortSignal | undefined
}

/** The token of a provider, for a client that asks for it. Made by {@link tokenHandle}. */
export interface TokenHandle {
  /** The name of the header that carries the token, in lower case. */
  readonly headerName: string
  /**
   * The present token, or a new one. Its `expiresAt` is what the provider says, else the `exp` of a JWT; undefined when
   * the expiry is unknown.
   *
   * @throws AuthError all that `applyAuth` throws
   * @throws the reason of `signal`, unchanged
   */
  get(request?: TokenRequest): Promise<AccessToken>
}

const optionNames = ['origin', 'allowInsecureTransport']
const requestNames = ['forceRefresh', 'rejected', 'claims', 'minValidityMs', 'signal']

/**
 * Gives the token of a bearer or API-key provider to a client that wants the token itself, with its expiry and with
 * renewal after a rejection: what `asTokenSupplier` cannot do. `@outbound-auth/core/shapes` has it in the shapes of
 * well-known SDKs.
 *
 * The client decides where the token goes, so `origin` is a promise of the caller. Only the origin is checked; static
 * headers of a binding are not part of a token.
 *
 * Any number of calls with one `rejected` token cost one call of the token source.
 *
 * @throws TypeError when `auth` is neither a provider nor a binding, or an option is malformed
 * @throws AuthError build: `ERR_AUTH_NEEDS_REQUEST` when the credential is not a single header, `ERR_AUTH_ORIGIN` when
 * a binding does not allow `origin`, `ERR_AUTH_INSECURE_TRANSPORT`
 * @example
 * const handle = tokenHandle(auth, { origin: 'https://api.example.com' })
 * const { token, expiresAt } = await handle.get()
 * const renewed = await handle.get({ rejected: token })
 */
export function tokenHandle(auth: AuthProvider | AuthBinding, options: TokenHandleOptions): TokenHandle {
  return openTokenHandle('tokenHandle', auth, options)
}

/** @internal `tokenHandle` for the function `taker`, which errors name. */
export function openTokenHandle(
  taker: string,
  auth: AuthProvider | AuthBinding,
  options: TokenHandleOptions,
): TokenHandle {
  const checked = checkOptions(taker, options, optionNames)
  const binding: Partial<AuthBinding> = ownCopy<object>(Object(auth))
  const provider = binding.provider ?? (auth as AuthProvider)
  checkProvider(taker, provider)
  const { kind, headerNames, queryNames = [], requiresBody, requiresRequest } = provider
  const url = checkOption('origin', () => targetUrl(taker, checked, binding, kind))
  const [headerName = ''] = headerNames
  const [status = 401] = statusesOf(provider).includes(401) ? [] : statusesOf(provider)
  if (headerNames.length !== 1 || queryNames.length > 0 || requiresBody || requiresRequest)
    throw notOneToken(taker, kind)
  const read = (headers: HeaderMap) => tokenIn(headers, headerName)

  async function apply(request: TokenRequest): Promise<AccessToken> {
    const { signal, minValidityMs } = request
    const bare = { method: 'GET', url, headers: createHeaderMap() }
    const token = read((await applyAuth(provider, bare, { signal, minValidityMs })).headers)
    if (!token) throw notOneToken(taker, kind)
    return { token, expiresAt: expiryOf(token) }
  }

  /** The provider speaks of its present token, which another caller may have renewed meanwhile. */
  function expiryOf(token: string): Date | undefined {
    const present = createHeaderMap()
    provider.addAuthHeaders(present)
    const known = read(present) === token ? provider.expiresAt?.() : undefined
    return known ?? jwtExpiresAt(token)
  }

  async function renew(rejected: string, { claims, signal, minValidityMs }: TokenRequest): Promise<void> {
    const headers = createHeaderMap()
    headers.set(headerName, headerName === 'authorization' ? `Bearer ${rejected}` : rejected)
    const request: AuthRequest = { method: 'GET', url, headers }
    const rejection = { request, status, headers: createHeaderMap(), readBody: async () => '' }
    const recover = async () =>
      provider.recover?.({ ...rejection, attempt: 0, claims }, { signal, minValidityMs })
    try {
      await untilAborted(recover(), signal)
    } catch (error) {
      throw providerError(error, kind, signal)
    }
  }

  return {
    headerName,
    async get(request = {}) {
      const asked = checkOptions(`${taker}: get`, request, requestNames)
      const { forceRefresh, rejected, claims, signal } = asked
      signal?.throwIfAborted()
      if (!forceRefresh && rejected === undefined && claims === undefined) return apply(asked)
      await renew(rejected ?? (await apply(asked)).token, asked)
      return apply(asked)
    },
  }
}

/** The URL that the token is for. @throws TypeError or AuthError when the token may not go there */
function targetUrl(
  taker: string,
  { origin, allowInsecureTransport }: TokenHandleOptions,
  binding: Partial<AuthBinding>,
  kind: string,
): string {
  const parsed = parseUrl(origin)
  if (parsed?.href !== `${parsed?.origin}/`)
    throw invalidOption(
      taker,
      'origin',
      "the origin that the token is sent to, such as 'https://api.example.com'",
      origin,
    )
  const allowsInsecure = allowInsecureTransport ?? binding.allowInsecureTransport
  const guard = originGuard(taker, kind, binding.allowedOrigins ?? [origin], allowsInsecure)
  const target = guard.parse(origin)
  guard.check(target)
  return target.href
}

/** @internal The token in a header; undefined when the header is missing or has another scheme than `Bearer`. */
export function tokenIn(headers: HeaderMap, name: string): string | undefined {
  const value = headers.get(name) ?? ''
  return (name === 'authorization' ? /^Bearer (.+)$/i.exec(value)?.[1] : value) || undefined
}

/** @internal */
export function notOneToken(name: string, kind: string): AuthError {
  const problem = `the ${kind} credential is not one token that a header carries as it is`
  return AuthError.build(`${name}: ${problem}. Use authFetch`, {
    code: 'ERR_AUTH_NEEDS_REQUEST',
    provider: kind,
  })
}
