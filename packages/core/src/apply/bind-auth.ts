import type { AuthBinding, AuthProvider } from '../contract/auth-provider.js'
import { createHeaderMap, type HeaderMap, type HeaderMapInit } from '../contract/header-map.js'
import { valueInWords } from '../contract/type-in-words.js'
import { checkOptions } from '../lib/check-options.js'
import { checkSendable } from '../lib/check-provider.js'
import { checkOption, optionError } from '../lib/option-error.js'
import { originGuard, parseUrl } from '../lib/origin-guard.js'
import { checkStaticHeader } from '../lib/transport-header.js'

/** Options of {@link bindAuth}: at least one of `baseUrl` and `allowedOrigins`. */
export interface BindAuthOptions {
  /** Absolute http(s) URL that paths are appended to. */
  readonly baseUrl?: string | undefined
  /**
   * Origins that may see the credential; an empty list allows nothing.
   *
   * @default the origin of baseUrl
   */
  readonly allowedOrigins?: readonly string[] | undefined
  /** Static headers, placed where the caller has none of that name, and below auth. */
  readonly headers?: HeaderMapInit | undefined
  /** Static query parameters, placed where the URL has none of that name. URLs end up in logs: put no secret here. */
  readonly query?: Readonly<Record<string, string>> | undefined
  /** Names of those static headers whose values are secret: redacted wherever headers are shown. */
  readonly secretHeaderNames?: readonly string[] | undefined
  /**
   * Lets adapters send the credential over plain http to hosts other than this machine: everybody on the way can read
   * it. An adapter's own option of this name goes before.
   *
   * @default false
   */
  readonly allowInsecureTransport?: boolean | undefined
}

/** What {@link bindAuth} makes: a binding of which every member is there. */
export interface BoundAuth extends AuthBinding {
  /** Absolute URL that paths are appended to, if there is one. */
  readonly baseUrl: string | undefined
  readonly headers: HeaderMap
  readonly query: Readonly<Record<string, string>>
  readonly secretHeaderNames: readonly string[]
  readonly allowInsecureTransport: boolean
}

const optionNames = [
  'baseUrl',
  'allowedOrigins',
  'headers',
  'query',
  'secretHeaderNames',
  'allowInsecureTransport',
]

/**
 * Binds a provider to where its credential belongs, and to what else its requests carry; the adapters take the result
 * whole.
 *
 * Nothing is read or sent. Plain http to another machine is left to the adapter, which refuses it unless told
 * otherwise.
 *
 * @throws TypeError when `provider` is not a provider, an option is malformed, a static header or parameter is one
 * that the credential sets, or a header is one that the transport sets or drops; its property `option` names what is
 * wrong
 * @throws AuthError build: `ERR_AUTH_ORIGIN` (`baseUrl` is outside `allowedOrigins`), `ERR_AUTH_HEADER_VALUE`
 * @example
 * const auth = bindAuth(apiKeyAuth({ key, header: 'x-api-key' }), {
 *   baseUrl: 'https://api.anthropic.com',
 *   headers: { 'anthropic-version': '2023-06-01' },
 * })
 * const fetch = authFetch(auth)
 */
export function bindAuth(provider: AuthProvider, options: BindAuthOptions): BoundAuth {
  checkSendable('bindAuth', provider)
  const checked = checkOptions('bindAuth', options, optionNames)
  const {
    baseUrl,
    headers = {},
    query = {},
    secretHeaderNames = [],
    allowInsecureTransport = false,
  } = checked
  const { kind, headerNames, queryNames = [] } = provider
  const throwInvalid = (option: string, why: string): never => {
    throw optionError(`Cannot bind the ${kind} credential: ${why}`, option)
  }
  const url = parseUrl(baseUrl)
  if (baseUrl !== undefined && url?.href !== `${url?.origin}${url?.pathname}`)
    throwInvalid(
      'baseUrl',
      `baseUrl must be an http(s) URL without user name, query and fragment, got ${valueInWords(baseUrl)}`,
    )
  const allowedOrigins =
    checked.allowedOrigins ??
    (url ? [url.origin] : throwInvalid('baseUrl', 'baseUrl or allowedOrigins must say where it may go'))
  const guard = checkOption('allowedOrigins', () =>
    originGuard(`Cannot bind the ${kind} credential`, kind, allowedOrigins, true),
  )
  if (url) checkOption('baseUrl', () => guard.check(url))

  const isQuery = Object(query) === query && !(Symbol.iterator in query)
  if (!isQuery || Object(headers) !== headers)
    throwInvalid(
      isQuery ? 'headers' : 'query',
      `headers and query must be objects, got ${valueInWords(isQuery ? headers : query)}`,
    )
  for (const [name, value] of Object.entries(query))
    if (typeof value !== 'string')
      throwInvalid(`query.${name}`, `query ${name} must be a string, got ${valueInWords(value)}`)
  const map = checkOption('headers', () => createHeaderMap(headers, 'bindAuth'))
  if (!Array.isArray(secretHeaderNames) || secretHeaderNames.some((name) => typeof name !== 'string'))
    throwInvalid(
      'secretHeaderNames',
      `secretHeaderNames must be a list of header names, got ${valueInWords(secretHeaderNames)}`,
    )
  const secret = secretHeaderNames.map((name) => name.toLowerCase())
  const place = `Cannot bind the ${kind} credential: headers`
  for (const name of [...[...map].map(([name]) => name), ...secret])
    checkOption(`headers.${name}`, () => checkStaticHeader(place, name))
  const header = headerNames.find((name) => map.has(name) || secret.includes(name))
  if (header !== undefined)
    throwInvalid(`headers.${header}`, `header ${header} is set by the credential. Remove it from headers`)
  const parameter = queryNames.find((name) => Object.hasOwn(query, name))
  if (parameter !== undefined)
    throwInvalid(`query.${parameter}`, `query ${parameter} is set by the credential. Remove it from query`)

  return {
    provider,
    baseUrl,
    allowedOrigins: Object.freeze([...allowedOrigins]),
    headers: map,
    query: Object.freeze({ ...query }),
    secretHeaderNames: Object.freeze(secret),
    allowInsecureTransport,
    get agentIdentity() {
      return provider.agentIdentity
    },
  }
}
