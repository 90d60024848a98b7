import {
  AuthError,
  type AuthObserver,
  type AuthProvider,
  createHeaderMap,
  type HeaderMap,
  type TokenSource,
} from '@outbound-auth/core'
import {
  cachedToken,
  checkOption,
  checkOptions,
  checkStaticHeader,
  checkToken,
  immediateApply,
  optionError,
} from '@outbound-auth/core/provider'

/** Options of {@link bearerAuth}. */
export interface BearerAuthOptions {
  /** The token, or a function that gets one; what a function gives is cached, renewed and recovered. */
  readonly token: string | TokenSource
  /**
   * Static headers that go wherever the token goes, such as an account id. Their values are treated like the token. A header
   * that the transport sets or drops (host, content-length …) is a TypeError.
   */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /**
   * How long a token of a function is kept, in milliseconds; 0 keeps it until it is refused.
   *
   * @default the source's own, else its expiry decides; without either nothing is kept
   */
  readonly refreshIntervalMs?: number | undefined
  /**
   * Time limit of one call of the function, in milliseconds.
   *
   * @default 30000
   */
  readonly timeoutMs?: number | undefined
  /**
   * Sends every string that a header may hold, also an obvious placeholder (`undefined`, `$TOKEN`, a value in quotes).
   *
   * @default false
   */
  readonly allowAnyText?: boolean | undefined
  /** @default () => new Date(), at each call */
  readonly now?: (() => Date) | undefined
  /**
   * Is called with the promise of a renewal that begins in the background, so that the runtime lets it end: `waitUntil` of
   * `cloudflare:workers` or of `@vercel/functions`.
   */
  readonly waitUntil?: ((promise: Promise<unknown>) => void) | undefined
  /** Is told when a new credential is fetched, and how that ended: kinds, codes and durations, never a value. */
  readonly observer?: AuthObserver | undefined
}

/** What {@link bearerAuth} makes. */
export interface BearerAuth extends AuthProvider {
  readonly kind: 'bearer'
}

const kind = 'bearer'
const optionNames = [
  'token',
  'headers',
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
 * A function is called once for any number of waiting requests, its token is kept until it expires (an `expiresAt`, or the
 * `exp` of a JWT), renewed in the background before that, and renewed once when a server answers 401.
 *
 * @throws TypeError when an option is malformed
 * @throws AuthError `ERR_AUTH_CREDENTIAL`, `ERR_AUTH_HEADER_VALUE` (build) when the token is not a legal one; a literal is checked at once
 * @see https://www.rfc-editor.org/rfc/rfc6750#section-2.1
 * @example
 * const auth = bearerAuth({ token: async () => vault.read('api-token') })
 */
export function bearerAuth(options: BearerAuthOptions): BearerAuth {
  const { token, headers = {}, ...cacheOptions } = checkOptions('bearerAuth', options, optionNames)
  const extra = [...createHeaderMap(headers, 'bearerAuth')]
  const headerNames = ['authorization', ...extra.map(([name]) => name)]
  if (headerNames.indexOf('authorization', 1) > 0)
    throw optionError('bearerAuth: headers must not hold authorization', 'headers')
  for (const [name] of extra) checkStaticHeader('bearerAuth: headers', name)
  const allowsAnyText =
    cacheOptions.allowAnyText ?? (typeof token === 'function' ? token.allowAnyText : undefined)
  /** The last token, which has been checked, and its header. */
  let known = ''
  let authorization = ''
  const add = (target: HeaderMap, credential: string) => {
    for (const [name, value] of extra) target.set(name, value)
    if (credential !== known) authorization = `Bearer ${checkBearer(credential, allowsAnyText)}`
    known = credential
    target.set('authorization', authorization)
  }
  if (token === undefined) throw optionError('bearerAuth: token is missing', 'token')
  if (typeof token !== 'function') {
    const literal = checkOption('token', () =>
      checkBearer(checkToken(token, kind, { allowAnyText: allowsAnyText }), allowsAnyText),
    )
    return { kind, headerNames, addAuthHeaders: (target) => add(target, literal) }
  }
  const cache = cachedToken({ ...cacheOptions, kind, source: token })
  return {
    kind,
    headerNames,
    expiresAt: cache.expiresAt,
    addAuthHeaders(target) {
      const credential = cache.peek()
      if (credential !== undefined) add(target, credential)
    },
    applyAuth: immediateApply(
      (request, applyOptions) => {
        const credential = cache.current(applyOptions)
        if (credential === undefined) return undefined
        add(request.headers, credential)
        return request
      },
      async (request, applyOptions) => {
        add(request.headers, await cache.get(applyOptions))
        return request
      },
    ),
    recover({ request, attempt, claims }, applyOptions) {
      const rejected = request.headers.get('authorization')?.slice('Bearer '.length)
      return cache.recover(rejected, attempt, { ...applyOptions, claims })
    },
  }
}

/** Whitespace ends a token, so a server would read another one than was meant. */
function checkBearer(token: string, allowsAnyText: boolean | undefined): string {
  // Bytes from 80 to FF are legal in a header, but programs disagree on the letters that they stand for.
  const isForeign = !allowsAnyText && /[\x80-\xff]/.test(token)
  if (!isForeign && !/[ \t]/.test(token)) return token
  const inside = /^bearer\s/i.test(token) ? 'begins with `Bearer `' : 'has a blank inside'
  const why = isForeign ? 'has a letter outside of ASCII: copy it again' : inside
  throw AuthError.build(`The bearer credential ${why}`, {
    code: 'ERR_AUTH_CREDENTIAL',
    provider: kind,
    option: 'token',
  })
}
