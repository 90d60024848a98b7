import {
  type AuthObserver,
  type AuthProvider,
  type AuthRequest,
  cachedToken,
  checkHeaderName,
  checkHeaderValue,
  checkOptions,
  checkToken,
  getQueryParameter,
  setQueryParameter,
  type TokenSource,
} from '@outbound-auth/core'

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
  /** @default () => new Date(), at each call */
  readonly now?: (() => Date) | undefined
  readonly observer?: AuthObserver | undefined
}

/** The key goes into a header. */
export interface HeaderKeyOptions extends ApiKeyOptions {
  /** Header name: `x-api-key`, `api-key`, `x-goog-api-key`, … */
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
const optionNames = ['key', 'header', 'prefix', 'query', 'refreshIntervalMs', 'timeoutMs', 'now', 'observer']

/**
 * Authenticates with an API key in one header, or in one query parameter (percent-encoded; a parameter of that name in the
 * URL is replaced).
 *
 * @throws TypeError when an option is malformed
 * @throws AuthError `ERR_AUTH_CREDENTIAL`, `ERR_AUTH_HEADER_VALUE` (build) when the key is none; a literal is checked at once
 * @example
 * const auth = apiKeyAuth({ key: () => vault.read('anthropic'), header: 'x-api-key' })
 */
export function apiKeyAuth(options: ApiKeyAuthOptions): ApiKeyAuth {
  checkOptions('apiKeyAuth', options, optionNames)
  const { key, header, prefix = '', query, refreshIntervalMs, timeoutMs, now, observer } = options
  if ((header === undefined) === (query === undefined) || query === '') {
    throw new TypeError('apiKeyAuth: name either the header or the query parameter that carries the key')
  }
  if (header !== undefined) {
    checkHeaderName(header)
    checkHeaderValue(header, prefix, kind)
  }
  const cache =
    typeof key === 'function'
      ? cachedToken({ kind, source: key, refreshIntervalMs, timeoutMs, now, observer })
      : undefined
  const literal = typeof key === 'function' ? undefined : checkToken(key, kind)
  const name = header?.toLowerCase() ?? ''
  const add = (request: AuthRequest, credential: string): AuthRequest => {
    if (query === undefined) request.headers.set(name, prefix + credential)
    else request.url = setQueryParameter(request.url, query, credential)
    return request
  }
  const provider: ApiKeyAuth = {
    kind,
    headerNames: query === undefined ? [name] : [],
    queryNames: query === undefined ? [] : [query],
    addAuthHeaders(headers) {
      const credential = literal ?? cache?.peek()
      if (query === undefined && credential !== undefined) headers.set(name, prefix + credential)
    },
  }
  if (cache === undefined) {
    if (query === undefined) return provider
    return { ...provider, applyAuth: async (request) => add(request, literal ?? '') }
  }
  return {
    ...provider,
    applyAuth: async (request, applyOptions) => add(request, await cache.get(applyOptions)),
    recover({ request, attempt }, applyOptions) {
      const sent =
        query === undefined
          ? request.headers.get(name)?.slice(prefix.length)
          : getQueryParameter(request.url, query)
      return cache.recover(sent, attempt, applyOptions)
    },
  }
}
