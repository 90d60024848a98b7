import {
  type AuthObserver,
  type AuthProvider,
  type AuthRequest,
  cachedToken,
  checkOptions,
  checkToken,
  immediateApply,
  type TokenSource,
} from '@outbound-auth/core'
import { inHeader, inQuery } from './key-place.js'

/** Options of {@link apiKeyAuth} wherever the key goes. */
export interface ApiKeyOptions {
  /** The key, or a function that gets one; what a function gives is cached, renewed and recovered like a token. */
  readonly key: string | TokenSource
  /**
   * How long a key of a function is kept, in milliseconds; 0 keeps it until it is refused.
   *
   * @default the source's own; without one nothing is kept
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

/** The key goes into a header. */
export interface HeaderKeyOptions extends ApiKeyOptions {
  /**
   * Header name: `x-api-key`, `api-key`, `x-goog-api-key`, … A header that the transport sets or drops (host, connection,
   * content-type …) is a TypeError. Browsers drop `cookie` and `proxy-authorization` too.
   */
  readonly header: string
  /**
   * What precedes the key in the header, verbatim: `'Bearer '`, `'Token '`.
   *
   * @default ''
   */
  readonly prefix?: string | undefined
  readonly query?: undefined
}

/** The key goes into the URL: only for services that take it nowhere else, since URLs end up in logs. */
export interface QueryKeyOptions extends ApiKeyOptions {
  /** Name of the query parameter. */
  readonly query: string
  readonly header?: undefined
  readonly prefix?: undefined
}

/** Options of {@link apiKeyAuth}. */
export type ApiKeyAuthOptions = HeaderKeyOptions | QueryKeyOptions

/** What {@link apiKeyAuth} makes. */
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
 * Authenticates with an API key in one header, or in one query parameter (percent-encoded; a parameter of that name in the
 * URL is replaced).
 *
 * @throws TypeError when an option is malformed
 * @throws AuthError `ERR_AUTH_CREDENTIAL`, `ERR_AUTH_HEADER_VALUE` (build) when the key is not a legal one; a literal is checked at once
 * @example
 * const auth = apiKeyAuth({ key: () => vault.read('anthropic'), header: 'x-api-key' })
 */
export function apiKeyAuth(options: ApiKeyAuthOptions): ApiKeyAuth {
  const checked = checkOptions('apiKeyAuth', options, optionNames)
  const { key, header, prefix, query, ...cacheOptions } = checked
  for (const [name, value] of Object.entries({ header, prefix, query })) {
    if (value !== undefined && typeof value !== 'string')
      throw new TypeError(`apiKeyAuth: ${name} must be a string`)
  }
  if ((header === undefined) === (query === undefined) || query === '')
    throw new TypeError('apiKeyAuth: name either the header or the query parameter that carries the key')
  if (query !== undefined && prefix !== undefined)
    throw new TypeError('apiKeyAuth: prefix is for a header; a query parameter holds the key alone')
  const { names, add, put, read } =
    checked.query === undefined ? inHeader(checked.header, checked.prefix) : inQuery(checked.query)
  if (key === undefined) throw new TypeError('apiKeyAuth: key is missing')
  if (typeof key !== 'function') {
    const literal = checkToken(key, kind, { allowAnyText: cacheOptions.allowAnyText })
    const provider: ApiKeyAuth = { kind, ...names, addAuthHeaders: (headers) => add(headers, literal) }
    if (query === undefined) return provider
    const putLiteral = (request: AuthRequest) => put(request, literal)
    return { ...provider, applyAuth: immediateApply(putLiteral, async (request) => putLiteral(request)) }
  }
  const cache = cachedToken({ ...cacheOptions, kind, source: key })
  return {
    kind,
    ...names,
    addAuthHeaders(headers) {
      const cached = cache.peek()
      if (cached !== undefined) add(headers, cached)
    },
    applyAuth: immediateApply(
      (request, applyOptions) => {
        const current = cache.current(applyOptions)
        return current === undefined ? undefined : put(request, current)
      },
      async (request, applyOptions) => put(request, await cache.get(applyOptions)),
    ),
    recover: ({ request, attempt }, applyOptions) => cache.recover(read(request), attempt, applyOptions),
  }
}
