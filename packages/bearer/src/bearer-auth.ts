import {
  AuthError,
  type AuthObserver,
  type AuthProvider,
  createHeaderMap,
  type HeaderMap,
  type TokenSource,
} from '@outbound-auth/core'
import {
  addListMember,
  applyCached,
  cachedToken,
  checkMergedHeader,
  checkOption,
  checkOptions,
  checkStaticHeader,
  checkToken,
  optionError,
} from '@outbound-auth/core/provider'

/** Options of {@link bearerAuth}. */
export interface BearerAuthOptions {
  /** The token, or a function that gets one. The token of a function is cached, renewed and recovered. */
  readonly token: string | TokenSource
  /**
   * Static headers that go wherever the token goes, such as an account id. Their values are treated like the token. A
   * header that the transport sets or drops (host, content-length …) is a TypeError.
   */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /**
   * Members for list headers, such as `{ 'anthropic-beta': 'oauth-2025-04-20' }`. Each member is added once to the
   * members that the caller has set. A header that may hold a credential is a TypeError.
   */
  readonly mergedHeaders?: Readonly<Record<string, string>> | undefined
  /**
   * How long a token of a function is kept, in milliseconds; 0 keeps it until it is rejected.
   *
   * @default the `refreshIntervalMs` of the function. Without it the expiry of the token decides; without an expiry the
   * function is called for each request
   */
  readonly refreshIntervalMs?: number | undefined
  /**
   * Time limit of one call of the function, in milliseconds.
   *
   * @default 30000
   */
  readonly timeoutMs?: number | undefined
  /**
   * Accepts every string that a header may hold, also an obvious placeholder (`undefined`, `$TOKEN`, a value in
   * quotes).
   *
   * @default false
   */
  readonly allowAnyText?: boolean | undefined
  /** @default () => new Date(), at each call */
  readonly now?: (() => Date) | undefined
  /**
   * Gets the promise of a renewal in the background, so that the runtime waits for it: `waitUntil` of
   * `cloudflare:workers` or of `@vercel/functions`.
   */
  readonly waitUntil?: ((promise: Promise<unknown>) => void) | undefined
  /** Gets an event when a new token is fetched, and when that ends: kinds, codes and durations, never a value. */
  readonly observer?: AuthObserver | undefined
}

/** The provider that {@link bearerAuth} returns. */
export interface BearerAuth extends AuthProvider {
  readonly kind: 'bearer'
}

const kind = 'bearer'
const optionNames = [
  'token',
  'headers',
  'mergedHeaders',
  'refreshIntervalMs',
  'timeoutMs',
  'allowAnyText',
  'now',
  'waitUntil',
  'observer',
]

/**
 * Authenticates with `Authorization: Bearer …`.
 *
 * A function is called once for any number of waiting requests. Its token is kept until it expires (`expiresAt`, or the
 * `exp` of a JWT), renewed in the background before that, and renewed once after a 401.
 *
 * @throws TypeError when an option is malformed
 * @throws AuthError `ERR_AUTH_CREDENTIAL`, `ERR_AUTH_HEADER_VALUE` (build) when the token is malformed. A literal
 * token is checked at once
 * @see https://www.rfc-editor.org/rfc/rfc6750#section-2.1
 * @example
 * const auth = bearerAuth({ token: async () => vault.read('api-token') })
 */
export function bearerAuth(options: BearerAuthOptions): BearerAuth {
  const {
    token,
    headers = {},
    mergedHeaders = {},
    ...cacheOptions
  } = checkOptions('bearerAuth', options, optionNames)
  const extra = [...createHeaderMap(headers, 'bearerAuth')]
  const headerNames = ['authorization', ...extra.map(([name]) => name)]
  if (headerNames.indexOf('authorization', 1) > 0)
    throw optionError(
      'bearerAuth: headers must not hold authorization, which holds the token. Remove it',
      'headers',
    )
  for (const [name] of extra) checkStaticHeader('bearerAuth: headers', name)
  const merged = [...createHeaderMap(mergedHeaders, 'bearerAuth')]
  for (const [name] of merged) checkMergedHeader('bearerAuth: mergedHeaders', name, headerNames)
  const names = { headerNames, ...(merged.length > 0 && { mergedHeaderNames: merged.map(([name]) => name) }) }
  const allowsAnyText =
    cacheOptions.allowAnyText ?? (typeof token === 'function' ? token.allowAnyText : undefined)
  /** The last token that was checked; `authorization` is its header. */
  let checkedToken = ''
  let authorization = ''
  const add = (target: HeaderMap, credential: string) => {
    for (const [name, value] of extra) target.set(name, value)
    for (const [name, members] of merged) addListMember(target, name, members)
    if (credential !== checkedToken) authorization = `Bearer ${checkBearer(credential, allowsAnyText)}`
    checkedToken = credential
    target.set('authorization', authorization)
  }
  if (token === undefined) throw optionError('bearerAuth: token is missing', 'token')
  if (typeof token !== 'function') {
    const literal = checkOption('token', () =>
      checkBearer(checkToken(token, kind, { allowAnyText: allowsAnyText }), allowsAnyText),
    )
    return { kind, ...names, addAuthHeaders: (target) => add(target, literal) }
  }
  const cache = cachedToken({ ...cacheOptions, kind, source: token })
  return {
    kind,
    ...names,
    expiresAt: cache.expiresAt,
    addAuthHeaders(target) {
      const credential = cache.peek()
      if (credential !== undefined) add(target, credential)
    },
    applyAuth: applyCached(cache, (request, credential) => {
      add(request.headers, credential)
      return request
    }),
    recover({ request, attempt, claims }, applyOptions) {
      const rejected = request.headers.get('authorization')?.slice('Bearer '.length)
      return cache.recover(rejected, attempt, { ...applyOptions, claims })
    },
  }
}

/** Whitespace ends a token, so a server would read only the part before it. */
function checkBearer(token: string, allowsAnyText: boolean | undefined): string {
  // Bytes from 80 to FF are legal in a header, but programs disagree on their encoding.
  const isForeign = !allowsAnyText && /[\x80-\xff]/.test(token)
  if (!isForeign && !/[ \t]/.test(token)) return token
  const inside = /^bearer\s/i.test(token) ? 'begins with `Bearer `' : 'has whitespace inside'
  const why = isForeign ? 'has a letter outside of ASCII: copy it again' : inside
  throw AuthError.build(`The bearer credential ${why}`, {
    code: 'ERR_AUTH_CREDENTIAL',
    provider: kind,
    option: 'token',
  })
}
