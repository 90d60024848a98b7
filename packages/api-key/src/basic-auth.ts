import {
  type AccessToken,
  AuthError,
  type AuthObserver,
  type AuthProvider,
  type TokenSource,
} from '@outbound-auth/core'
import {
  applyCached,
  cachedToken,
  checkOption,
  checkOptions,
  invalidOption,
} from '@outbound-auth/core/provider'

/** Options of {@link basicAuth}. */
export interface BasicAuthOptions {
  /** The user name, a string without a colon, because the first colon ends the name. It may be empty. */
  readonly user: string
  /**
   * The password, or a function that gets the password. It may be empty. The password of a function is cached, renewed
   * and recovered like a token.
   */
  readonly password: string | TokenSource
  /**
   * How long the password of a function is kept, in milliseconds. 0 keeps the password until a server rejects it.
   *
   * @default the `refreshIntervalMs` of the function; without it the function is called for each request
   */
  readonly refreshIntervalMs?: number | undefined
  /**
   * Time limit of one call of the function, in milliseconds.
   *
   * @default 30000
   */
  readonly timeoutMs?: number | undefined
  /** @default () => new Date(), at each call */
  readonly now?: (() => Date) | undefined
  /**
   * Gets the promise of a renewal in the background, so that the runtime waits for it: `waitUntil` of
   * `cloudflare:workers` or of `@vercel/functions`.
   */
  readonly waitUntil?: ((promise: Promise<unknown>) => void) | undefined
  /** Gets an event when a new password is fetched, and when that ends: kinds, codes and durations, never a value. */
  readonly observer?: AuthObserver | undefined
}

/** The provider that {@link basicAuth} returns. */
export interface BasicAuth extends AuthProvider {
  readonly kind: 'basic'
}

const kind = 'basic'
const scheme = 'Basic '
const optionNames = ['user', 'password', 'refreshIntervalMs', 'timeoutMs', 'now', 'waitUntil', 'observer']

/**
 * Authenticates with a user name and a password: `Authorization: Basic …`, in UTF-8.
 *
 * Everybody who reads the header has the password, so it goes over https only, like every credential.
 *
 * @throws TypeError when an option is malformed; its property `option` names the option
 * @throws AuthError `ERR_AUTH_CREDENTIAL` (build) when `user` has a colon, or a part has a control character. A literal
 * password is checked at once
 * @see https://www.rfc-editor.org/rfc/rfc7617#section-2
 * @example
 * const auth = basicAuth({ user: 'ci', password: () => vault.read('registry') })
 */
export function basicAuth(options: BasicAuthOptions): BasicAuth {
  const { user, password, ...cacheOptions } = checkOptions('basicAuth', options, optionNames)
  if (typeof user !== 'string') throw invalidOption('basicAuth', 'user', 'a string', user)
  checkOption('user', () => {
    checkText('user name', user)
    if (user.includes(':')) throw invalid('user name has a colon, which would end it. Remove the colon')
  })
  if (typeof password !== 'string' && typeof password !== 'function')
    throw invalidOption('basicAuth', 'password', 'a string or a function that gets one', password)
  const headerNames = ['authorization']
  if (typeof password === 'string') {
    const authorization = scheme + checkOption('password', () => encode(user, password))
    return { kind, headerNames, addAuthHeaders: (headers) => headers.set('authorization', authorization) }
  }
  const cache = cachedToken({ ...cacheOptions, kind, source: credentialSource(user, password) })
  return {
    kind,
    headerNames,
    expiresAt: cache.expiresAt,
    addAuthHeaders(headers) {
      const cached = cache.peek()
      if (cached !== undefined) headers.set('authorization', scheme + cached)
    },
    applyAuth: applyCached(cache, (request, pair) => {
      request.headers.set('authorization', scheme + pair)
      return request
    }),
    recover({ request, attempt, claims }, applyOptions) {
      const sent = request.headers.get('authorization')?.slice(scheme.length)
      return cache.recover(sent, attempt, { ...applyOptions, claims })
    },
  }
}

/** The source of the encoded pair. The source of the password sees a rejected password, not a rejected pair. */
function credentialSource(user: string, password: TokenSource): TokenSource {
  let latest: { readonly pair: string; readonly password: string } | undefined
  const source: TokenSource = async ({ rejected, ...options }) => {
    const isLatest = rejected !== undefined && rejected === latest?.pair
    const output: AccessToken | string = await password(
      isLatest ? { ...options, rejected: latest?.password as string } : options,
    )
    const given = typeof output === 'object' && output !== null ? output : { token: output }
    const pair = encode(user, given.token)
    latest = { pair, password: given.token }
    return { ...given, token: pair }
  }
  // The pair has only characters of base64, so nothing in it looks like a placeholder.
  return Object.assign(source, password, { allowAnyText: true })
}

/** @see https://www.rfc-editor.org/rfc/rfc7617#section-2.1 */
function encode(user: string, password: unknown): string {
  if (typeof password !== 'string')
    throw invalid(`password must be a string, got ${password === null ? 'null' : typeof password}`)
  checkText('password', password)
  if (user + password === '') throw invalid('user name and password are both empty. Set one of them')
  return btoa(String.fromCharCode(...new TextEncoder().encode(`${user}:${password}`)))
}

/** RFC 7617 forbids control characters. Half of a surrogate pair has no UTF-8. */
function checkText(what: string, text: string): void {
  if (/[\p{Cc}\p{Cs}]/u.test(text))
    throw invalid(`${what} has a control character, such as a line break, or half a character. Remove it`)
}

function invalid(problem: string): AuthError {
  return AuthError.build(`basicAuth: the ${problem}`, { code: 'ERR_AUTH_CREDENTIAL', provider: kind })
}
