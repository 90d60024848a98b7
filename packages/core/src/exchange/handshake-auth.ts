import { AuthError } from '../contract/auth-error.js'
import type { ApplyAuthOptions, AuthBinding, AuthBody, AuthProvider } from '../contract/auth-provider.js'
import { createHeaderMap, type HeaderMapInit } from '../contract/header-map.js'
import { typeInWords } from '../contract/type-in-words.js'
import { checkOptions } from '../lib/check-options.js'
import { parseUrl } from '../lib/origin-guard.js'
import { createExchange, type ExchangeOptions, exchangeOptionNames } from './index.js'

/** A handshake to authenticate: a WebSocket's, or a request of a client that takes only a URL and headers. */
export interface HandshakeRequest {
  /** Absolute ws(s) or http(s) URL. ws is signed as http, wss as https. */
  readonly url: string
  /** @default 'GET' */
  readonly method?: string | undefined
  readonly headers?: HeaderMapInit | undefined
  /**
   * The body that will be sent. A provider that signs the body needs it for every method that usually has one; `null`
   * or `''` says that the body is empty on purpose.
   */
  readonly body?: AuthBody | null | undefined
}

/** The URL and headers to open the handshake with, unchanged, because they may be signed. */
export interface OpenedHandshake {
  /**
   * As `URL.href` has it: the host that was checked is the one that every client connects to. ws(s) where a ws(s) URL
   * was given.
   */
  readonly url: string
  readonly headers: Record<string, string>
  /**
   * Present when a body was given. For a provider that signs the body, a form or `Blob` is the bytes that were signed.
   */
  readonly body?: AuthBody | undefined
}

/**
 * Options of {@link handshakeAuth}: where the credential may go, and how long this caller waits. Origins may be ws(s),
 * too.
 */
export interface HandshakeOptions extends Omit<ExchangeOptions, 'otherOrigins'>, ApplyAuthOptions {}

/** Options of {@link handshakeAuth} with a bare provider. */
export interface HandshakeProviderOptions extends HandshakeOptions {
  /** Origins that may see the credential, such as `https://api.example.com`. An empty list allows nothing. */
  readonly allowedOrigins: readonly string[]
}

const optionNames: readonly string[] = /* @__PURE__ */ ['signal', 'minValidityMs'].concat(
  /* @__PURE__ */ exchangeOptionNames.filter((name) => name !== 'otherOrigins'),
)

/** Methods whose requests usually have no body. */
const bodilessMethods = /^(GET|HEAD|DELETE|OPTIONS|TRACE|CONNECT)$/i

/**
 * Authenticates a handshake, or a request, of a client that must not follow redirects: `maxRedirects: 0` in axios,
 * `redirects(0)` in superagent, `followRedirects: false` in ws. With redirects, an API key, a session token or an
 * account id goes to every origin that the server names, because clients drop only `authorization` by themselves.
 *
 * Takes a provider of any kind, and returns what to open with: the URL, the headers, and the body if one was given.
 * The URL may differ from the given one: a key is in the query, or a parser would have read the URL in another way.
 * Call `handshakeAuth` again for each reconnect, since the result is a snapshot. Tell `recoverHandshake` of a
 * rejection.
 *
 * @throws AuthError `ERR_AUTH_ORIGIN` when the URL's origin (as http or https) is not allowed; `ERR_AUTH_BODY` when
 * the provider signs the body and it is a stream, or is missing for a method that usually has one; and all that
 * `applyAuth` throws
 * @throws TypeError when an option is malformed, or `auth` is a bare provider and `allowedOrigins` is missing
 * @example
 * const allowedOrigins = ['https://api.example.com']
 * const { url, headers } = await handshakeAuth(auth, { url: 'wss://api.example.com/v1/realtime' }, { allowedOrigins })
 * const socket = new WebSocket(url, { headers })
 */
export function handshakeAuth<A extends AuthProvider | AuthBinding>(
  auth: A,
  handshake: HandshakeRequest,
  ...rest: [A] extends [AuthBinding] ? [options?: HandshakeOptions] : [options: HandshakeProviderOptions]
): Promise<OpenedHandshake>
export async function handshakeAuth(
  auth: AuthProvider | AuthBinding,
  handshake: HandshakeRequest,
  options: HandshakeOptions = {},
): Promise<OpenedHandshake> {
  return openHandshake('handshakeAuth', auth, handshake, options)
}

const requestNames = ['url', 'method', 'headers', 'body']

/** @internal `handshakeAuth` for the function `taker`, which errors name. */
export async function openHandshake(
  taker: string,
  auth: AuthProvider | AuthBinding,
  handshake: HandshakeRequest,
  options: HandshakeOptions,
): Promise<OpenedHandshake> {
  const { signal, minValidityMs, allowedOrigins, ...others } = checkOptions(taker, options, optionNames)
  if (typeof handshake !== 'object' || handshake === null)
    throw new TypeError(`${taker} takes { url, method, headers, body }, got ${typeInWords(handshake)}`)
  const {
    method = 'GET',
    headers: given = {},
    url: opened,
    body: sent,
  } = checkOptions(`${taker}: request`, handshake, requestNames)
  if (typeof method !== 'string')
    throw new TypeError(`${taker}: method must be a string, got ${typeInWords(method)}`)
  if (typeof opened !== 'string')
    throw AuthError.build(`${taker}: url must be a string, got ${typeInWords(opened)}`, {
      code: 'ERR_AUTH_URL',
    })
  const headers = createHeaderMap(given, taker)
  const url = toHttp(opened)
  const origins = Array.isArray(allowedOrigins) ? allowedOrigins.map(toHttp) : allowedOrigins
  const exchange = createExchange(auth, { ...others, allowedOrigins: origins }, taker)
  const { kind, requiresBody } = exchange.provider
  if (requiresBody && sent === undefined && !bodilessMethods.test(method)) {
    const shown = /^[A-Z-]{1,20}$/i.test(method) ? ` of a ${method.toUpperCase()} request` : ''
    throw AuthError.build(
      `${taker}: the ${kind} provider signs the body${shown}: pass body to ${taker}, or null when it is empty`,
      { code: 'ERR_AUTH_BODY', provider: kind },
    )
  }
  const body = sent ?? undefined
  const applied = await exchange.prepare({ method, url, headers, body, signal, minValidityMs })
  const { href } = new URL(applied.url)
  return {
    url: isSocketUrl(opened) ? href.replace(/^http/, 'ws') : href,
    headers: Object.fromEntries(applied.headers),
    ...(applied.body !== undefined && { body: applied.body }),
  }
}

/**
 * @internal The `href` of a URL, `wss:` as `https:`. Parsers disagree about backslashes, tabs, dot segments and
 * missing slashes, so only what was parsed is checked and opened. A value that is no such URL stays, for the check
 * that rejects it.
 */
export function toHttp<T>(url: T): T | string {
  if (!isSocketUrl(url)) return parseUrl(url)?.href ?? url
  return new URL(url).href.replace(/^ws/, 'http')
}

function isSocketUrl(url: unknown): url is string {
  return typeof url === 'string' && URL.canParse(url) && /^wss?:$/.test(new URL(url).protocol)
}
