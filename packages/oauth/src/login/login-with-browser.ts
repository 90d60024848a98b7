import { optionError, untilAborted } from '@outbound-auth/core/provider'
import { checkClient, type OauthClient } from '../client/oauth-options.js'
import { targetPairs } from '../grant/token-grant.js'
import { encodeBase64Url } from '../lib/base64url.js'
import { buildError, transientError } from '../lib/oauth-error.js'
import { endpointUrl } from '../server/endpoint-url.js'
import type { KnownServer } from '../server/exchange.js'
import { tokenExchanger } from '../server/token-exchanger.js'
import { type LoginOptions, type LoginResult, loginError, loginResult } from './login-result.js'
import { listenForRedirect, redirectHosts } from './redirect-listener.js'

/** Options of {@link loginWithBrowser}. */
export interface LoginWithBrowserOptions extends LoginOptions {
  /** Opens a URL in the user's browser, or shows it. */
  readonly openUrl: (url: string) => void | Promise<void>
  /**
   * The host of the redirect URI, as the server has registered it. With `'localhost'` the same port is used on IPv4
   * and IPv6.
   *
   * @default '127.0.0.1'
   */
  readonly redirectHost?: '127.0.0.1' | 'localhost' | '[::1]' | undefined
  /** @default 0, a free port */
  readonly redirectPort?: number | undefined
  /** @default '/callback' */
  readonly redirectPath?: string | undefined
  /** How long the user may take, in milliseconds. @default 300000 */
  readonly loginTimeoutMs?: number | undefined
  /** Needed with `tokenEndpoint` and without discovery. @default that of the metadata */
  readonly authorizationEndpoint?: string | undefined
}

const names = [
  'signal',
  'openUrl',
  'redirectHost',
  'redirectPort',
  'redirectPath',
  'loginTimeoutMs',
  'authorizationEndpoint',
]

/** All that may be said of an error. @see https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2.1 */
const knownErrors = [
  'access_denied',
  'invalid_request',
  'invalid_scope',
  'invalid_target',
  'unauthorized_client',
  'unsupported_response_type',
  'login_required',
  'consent_required',
  'interaction_required',
  'server_error',
  'temporarily_unavailable',
]

/**
 * Logs a user in with a browser on this machine: authorization code with PKCE, and a redirect to a port of this
 * machine.
 *
 * The listener takes one request, with the right host and path, and is gone afterwards. `state` and `iss` are
 * checked, and nothing that the browser brings is printed.
 *
 * @throws TypeError when an option is malformed
 * @throws AuthError `ERR_AUTH_OAUTH_LOGIN` (build) when the user says no, the response is forged or the port is
 * taken, `ERR_AUTH_TIMEOUT` (transient) when the user takes too long, and those of `clientCredentials`; an abort
 * rejects with `signal.reason`
 * @see https://www.rfc-editor.org/rfc/rfc8252
 * @example
 * const login = await loginWithBrowser({ issuer: 'https://login.example.com', clientId: 'cli', openUrl: open })
 * await store.update(() => login)
 */
export async function loginWithBrowser(options: LoginWithBrowserOptions): Promise<LoginResult> {
  const client = checkClient('loginWithBrowser', options, names)
  checkRedirect(client)
  const {
    openUrl,
    redirectHost: host = '127.0.0.1',
    redirectPort: port = 0,
    redirectPath: path = '/callback',
    loginTimeoutMs = 300_000,
    signal,
  } = client
  signal?.throwIfAborted()
  const limit = new AbortController()
  const tooLate = transientError('ERR_AUTH_TIMEOUT', `The user did not log in within ${loginTimeoutMs} ms`)
  // setTimeout fires immediately for delays above 2^31-1.
  const timer = setTimeout(() => limit.abort(tooLate), Math.min(loginTimeoutMs, 2 ** 31 - 1))
  const abort = () => limit.abort(signal?.reason)
  signal?.addEventListener('abort', abort)
  const exchanger = tokenExchanger(client)
  let close = () => {}
  try {
    const server = await exchanger.server(limit.signal)
    const listener = await listenForRedirect({ host, port, path })
    close = listener.close
    const { redirectUri } = listener
    const verifier = randomText()
    const state = randomText()
    const url = await authorizationUrl(client, server, { redirectUri, state, verifier })
    // Some functions that open a browser return when the user closes the browser.
    const opened = Promise.resolve(openUrl(url)).then(() => listener.parameters)
    const returned = await untilAborted(Promise.race([listener.parameters, opened]), limit.signal)
    const code = codeIn(returned, state, server)
    const pairs = [
      ['grant_type', 'authorization_code'],
      ['code', code],
      ['redirect_uri', redirectUri],
      ['code_verifier', verifier],
      ...targetPairs({ ...client, scope: undefined }),
    ] as const
    const granted = await exchanger.exchange({ signal: limit.signal, grant: () => pairs })
    return loginResult(granted, server.issuer)
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', abort)
    close()
  }
}

function checkRedirect({ openUrl, redirectHost, redirectPort, redirectPath }: LoginWithBrowserOptions): void {
  const invalid = (option: string, what: string) => optionError(`loginWithBrowser: ${option} ${what}`, option)
  if (typeof openUrl !== 'function') throw invalid('openUrl', 'must be a function')
  if (redirectHost !== undefined && !redirectHosts.includes(redirectHost))
    throw invalid('redirectHost', `must be one of ${redirectHosts.join(', ')}`)
  const isPort =
    Number.isInteger(redirectPort ?? 0) &&
    Number(redirectPort ?? 0) >= 0 &&
    Number(redirectPort ?? 0) < 65_536
  if (!isPort) throw invalid('redirectPort', 'must be an integer from 0 to 65535')
  const isPath = (path: string) =>
    /^\/[\w./-]*$/.test(path) && new URL(path, 'http://localhost').href === `http://localhost${path}`
  if (redirectPath !== undefined && !isPath(redirectPath))
    throw invalid('redirectPath', 'must begin with one slash and be of letters, digits and . _ - /, without ..')
}

async function authorizationUrl(
  client: OauthClient & LoginWithBrowserOptions,
  server: KnownServer,
  { redirectUri, state, verifier }: Readonly<Record<'redirectUri' | 'state' | 'verifier', string>>,
): Promise<string> {
  const { challengeMethods } = server
  if (challengeMethods.length > 0 && !challengeMethods.includes('S256'))
    throw buildError(
      'ERR_AUTH_OAUTH_METADATA',
      'The server does not take PKCE with S256, without which a code could be stolen',
    )
  const given = client.authorizationEndpoint ?? server.authorizationEndpoint
  const url = endpointUrl('authorizationEndpoint', given, client.allowInsecureTransport)
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier))
  const pairs = [
    ['response_type', 'code'],
    ['client_id', client.clientId],
    ['redirect_uri', redirectUri],
    ['state', state],
    ['code_challenge', encodeBase64Url(digest)],
    ['code_challenge_method', 'S256'],
    ...targetPairs(client),
    ...Object.entries(client.parameters),
  ] as const
  for (const [name, value] of pairs) url.searchParams.append(name, value)
  return url.href
}

/** @throws AuthError `ERR_AUTH_OAUTH_LOGIN` (build) */
function codeIn(returned: URLSearchParams, state: string, { issuer, namesIssuer }: KnownServer): string {
  if (returned.get('state') !== state || returned.getAll('state').length !== 1)
    throw loginError('the browser came back with another state, so it may be the login of somebody else')
  const isRepeated = ['code', 'iss', 'error'].some((name) => returned.getAll(name).length > 1)
  if (isRepeated) throw loginError('the browser came back with a parameter twice')
  const iss = returned.get('iss')
  if (iss === null ? namesIssuer : issuer !== undefined && iss !== issuer)
    throw loginError('the browser came back from another server (iss)')
  const error = returned.get('error')
  if (error !== null) {
    const isKnown = knownErrors.includes(error)
    throw loginError(isKnown ? `the server said ${error}` : 'the server said no')
  }
  const code = returned.get('code') ?? ''
  if (code === '') throw loginError('the browser came back without a code')
  return code
}

/** 256 random bits: a state, or a code verifier. @see https://www.rfc-editor.org/rfc/rfc7636#section-4.1 */
function randomText(): string {
  return encodeBase64Url(crypto.getRandomValues(new Uint8Array(32)))
}
