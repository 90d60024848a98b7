import type { ApplyAuthOptions, AuthBinding, AuthProvider } from './auth-provider.js'
import { checkOptions, ownCopy } from './check-options.js'
import { createExchange, type ExchangeOptions, exchangeOptionNames } from './exchange.js'
import type { HeaderMapInit } from './header-map.js'

/** A handshake to authenticate: a WebSocket's, or a request of a client that takes only a URL and headers. */
export interface HandshakeRequest {
  /** Absolute ws(s) or http(s) URL. ws is signed as http, wss as https. */
  readonly url: string
  /** @default 'GET' */
  readonly method?: string | undefined
  readonly headers?: HeaderMapInit | undefined
}

/** Options of {@link handshakeAuth}: where the credential may go, and how long this caller waits. Origins may be ws(s), too. */
export interface HandshakeOptions extends Omit<ExchangeOptions, 'otherOrigins'>, ApplyAuthOptions {}

const optionNames = [
  ...exchangeOptionNames.filter((name) => name !== 'otherOrigins'),
  'signal',
  'minValidityMs',
]

/**
 * Authenticates a handshake with a provider of any kind, and returns the URL and headers to open it with. The URL may
 * differ from the given one (a key in the query). Call it again for each reconnect: what it returns is a snapshot. Tell
 * `recoverHandshake` of a refusal.
 *
 * @throws AuthError `ERR_AUTH_ORIGIN` when the URL's origin (as http or https) is not allowed, and all that `applyAuth` throws
 * @throws TypeError when an option is malformed, or `auth` is a bare provider and `allowedOrigins` is missing
 * @example
 * const allowedOrigins = ['https://api.example.com']
 * const { url, headers } = await handshakeAuth(auth, { url: 'wss://api.example.com/v1/realtime' }, { allowedOrigins })
 * const socket = new WebSocket(url, { headers })
 */
export async function handshakeAuth(
  auth: AuthProvider | AuthBinding,
  handshake: HandshakeRequest,
  options: HandshakeOptions = {},
): Promise<{ url: string; headers: Record<string, string> }> {
  const { signal, minValidityMs, allowedOrigins, ...others } = checkOptions(
    'handshakeAuth',
    options,
    optionNames,
  )
  const { method = 'GET', headers = {}, url: opened } = ownCopy(handshake)
  const isSocket = /^wss?:/i.test(opened)
  const url = toHttp(opened)
  const origins = Array.isArray(allowedOrigins) ? allowedOrigins.map(toHttp) : allowedOrigins
  const exchange = createExchange(auth, { ...others, allowedOrigins: origins })
  const applied = await exchange.prepare({ method, url, headers, signal, minValidityMs })
  return {
    url: isSocket ? applied.url.replace(/^http/, 'ws') : applied.url,
    headers: Object.fromEntries(applied.headers),
  }
}

/** @internal `wss:` as `https:`. A value that is not a string stays, for the check that refuses it. */
export function toHttp<T>(url: T): T | string {
  return typeof url === 'string' ? url.replace(/^ws(s?:)/i, 'http$1') : url
}
