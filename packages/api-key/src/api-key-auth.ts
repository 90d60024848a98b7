import type { AuthObserver, AuthProvider, AuthRequest, TokenSource } from '@outbound-auth/core'
import {
  applyCached,
  cachedToken,
  checkOption,
  checkOptions,
  checkToken,
  immediateApply,
  invalidOption,
  optionError,
} from '@outbound-auth/core/provider'
import { inHeader, inQuery } from './key-place.js'

/** Options of {@link apiKeyAuth} for a header and for a query parameter. */
export interface ApiKeyOptions {
  /** The key, or a function that gets the key. The key of a function is cached, renewed and recovered like a token. */
  readonly key: string | TokenSource
  /**
   * How long the key of a function is kept, in milliseconds. 0 keeps the key until a server rejects it.
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
  /** Gets an event when a new key is fetched, and when that ends: kinds, codes and durations, never a value. */
  readonly observer?: AuthObserver | undefined
}

/** Options for a key in the URL. URLs end up in logs, so use a header if the service takes one. */
export interface QueryKeyOptions extends ApiKeyOptions {
  /** The name of the query parameter. */
  readonly query: string
  readonly header?: undefined
  readonly prefix?: undefined
}

/** Options for a key in a header. */
export interface HeaderKeyOptions extends ApiKeyOptions {
  /**
   * The name of the header: `x-api-key`, `api-key`, `x-goog-api-key`, … A header that the transport sets or drops
   * (host, connection, content-type …) is a TypeError. Browsers also drop `cookie` and `proxy-authorization`.
   */
  readonly header: string
  /**
   * A string before the key in the header, with its space: `'Bearer '`, `'Token '`.
   *
   * @default ''
   */
  readonly prefix?: string | undefined
}

// Compilers report what is missing in the last type of a union, and an intersection is the last one for each of them.
// Most keys belong in a header, so that is the type that must be last.
/** Options of {@link apiKeyAuth}. */
export type ApiKeyAuthOptions = QueryKeyOptions | (HeaderKeyOptions & { readonly query?: undefined })

/** The provider that {@link apiKeyAuth} returns. */
export interface ApiKeyAuth extends AuthProvider {
  readonly kind: 'api-key'
}

const kind = 'api-key'
const optionNames = [
  'key',
  'header',
  'prefix',
  'query',
  'refreshIntervalMs',
  'timeoutMs',
  'allowAnyText',
  'now',
  'waitUntil',
  'observer',
]

/**
 * Authenticates with an API key in one header, or in one query parameter. The query parameter is percent-encoded, and
 * replaces a parameter of the same name in the URL.
 *
 * @throws TypeError when an option is malformed; its property `option` names the option
 * @throws AuthError `ERR_AUTH_CREDENTIAL`, `ERR_AUTH_HEADER_VALUE` (build) when the key is malformed. A literal key is
 * checked at once
 * @example
 * const auth = apiKeyAuth({ key: () => vault.read('anthropic'), header: 'x-api-key' })
 */
export function apiKeyAuth(options: ApiKeyAuthOptions): ApiKeyAuth {
  const checked = checkOptions('apiKeyAuth', options, optionNames)
  const { key, header, prefix, query, ...cacheOptions } = checked
  for (const [name, value] of Object.entries({ header, prefix, query })) {
    if (value !== undefined && typeof value !== 'string')
      throw invalidOption('apiKeyAuth', name, 'a string', value)
  }
  if ((header === undefined) === (query === undefined) || query === '') {
    const option = query === undefined ? 'header' : 'query'
    const came = header === undefined ? 'neither' : 'both'
    throw optionError(
      `apiKeyAuth: name either the header or the query parameter that carries the key, got ${came}`,
      option,
    )
  }
  if (query !== undefined && prefix !== undefined)
    throw optionError(
      'apiKeyAuth: prefix is for a header. Remove prefix, because a query parameter holds the key alone',
      'prefix',
    )
  const { names, add, put, read } =
    checked.query === undefined ? inHeader(checked.header, checked.prefix) : inQuery(checked.query)
  if (key === undefined) throw optionError('apiKeyAuth: key is missing', 'key')
  if (typeof key !== 'function') {
    const literal = checkOption('key', () =>
      checkToken(key, kind, { allowAnyText: cacheOptions.allowAnyText }),
    )
    const provider: ApiKeyAuth = { kind, ...names, addAuthHeaders: (headers) => add(headers, literal) }
    if (query === undefined) return provider
    const putLiteral = (request: AuthRequest) => put(request, literal)
    return { ...provider, applyAuth: immediateApply(putLiteral, async (request) => putLiteral(request)) }
  }
  const cache = cachedToken({ ...cacheOptions, kind, source: key })
  return {
    kind,
    ...names,
    expiresAt: cache.expiresAt,
    addAuthHeaders(headers) {
      const cached = cache.peek()
      if (cached !== undefined) add(headers, cached)
    },
    applyAuth: applyCached(cache, put),
    recover: ({ request, attempt, claims }, applyOptions) =>
      cache.recover(read(request), attempt, { ...applyOptions, claims }),
  }
}
