import type { ApplyAuthOptions, AuthBinding, AuthProvider } from './auth-provider.js'
import { createExchange, type ExchangeOptions } from './exchange.js'
import type { HeaderMapInit } from './header-map.js'

/** A handshake to authenticate: a WebSocket's, or a request of a client that takes only a URL and headers. */
export interface HandshakeRequest {
  /** Absolute ws(s) or http(s) URL. ws is signed as http, wss as https. */
  readonly url: string
  /** @default 'GET' */
  readonly method?: string | undefined
  readonly headers?: HeaderMapInit | undefined
}

/** Options of {@link handshakeAuth}: where the credential may go, and how long this caller waits. */
export interface HandshakeOptions extends Omit<ExchangeOptions, 'otherOrigins'>, ApplyAuthOptions {}

/**
 * Authenticates a handshake with a provider of any kind, and returns the URL and headers to open it with. The URL may
 * differ from the given one (a key in the query). Call it again for each reconnect: what it returns is a snapshot.
 *
 * @throws AuthError `ERR_AUTH_ORIGIN` when the URL's origin (as http or https) is not allowed, and all that `applyAuth` throws
 * @throws TypeError when `auth` is a bare provider and `allowedOrigins` is missing
 * @example
 * const { url, headers } = await handshakeAuth(auth, { url: 'wss://api.example.com/v1/realtime' })
 * const socket = new WebSocket(url, { headers })
 */
export async function handshakeAuth(
  auth: AuthProvider | AuthBinding,
  handshake: HandshakeRequest,
  options: HandshakeOptions = {},
): Promise<{ url: string; headers: Record<string, string> }> {
  const { signal, minValidityMs } = options
  const { method = 'GET', headers = {} } = handshake
  const isSocket = /^wss?:/i.test(handshake.url)
  const url = isSocket ? handshake.url.replace(/^ws/i, 'http') : handshake.url
  const exchange = createExchange(auth, options)
  const applied = await exchange.prepare({ method, url, headers, signal, minValidityMs })
  return {
    url: isSocket ? applied.url.replace(/^http/, 'ws') : applied.url,
    headers: Object.fromEntries(applied.headers),
  }
}
