import { checkClient } from '../client/oauth-options.js'
import { buildError } from '../lib/oauth-error.js'
import { tokenExchanger } from '../server/token-exchanger.js'
import { askAsClient, errorOf } from './ask-as-client.js'
import type { LoginOptions, LoginResult } from './login-result.js'

/** Options of {@link revokeLogin}. */
export interface RevokeLoginOptions extends LoginOptions {
  /** The tokens of the login. */
  readonly login: Pick<LoginResult, 'accessToken' | 'refreshToken'>
  /** Needed with `tokenEndpoint` and without discovery. @default that of the metadata */
  readonly revocationEndpoint?: string | undefined
}

/**
 * Ends a login at the server: revokes the refresh token, and then the access token, so that nobody can use a copy of
 * them. Remove the tokens from your store first: a failure here leaves them valid at the server until they expire.
 *
 * A token that the server does not know any more counts as revoked, as does an access token of a server that revokes
 * refresh tokens only.
 *
 * @returns whether the server has revoked the tokens; false if it names no revocation endpoint, and nothing was sent
 * @throws TypeError when an option is malformed
 * @throws AuthError `ERR_AUTH_OAUTH_REFUSED` (build) when the server rejects the request, `ERR_AUTH_OAUTH_METADATA`,
 * `ERR_AUTH_REDIRECT`, `ERR_AUTH_OAUTH_KEY` (build), `ERR_AUTH_OAUTH_UNAVAILABLE`, `ERR_AUTH_TIMEOUT` (transient); an
 * abort rejects with `signal.reason`
 * @see https://www.rfc-editor.org/rfc/rfc7009
 * @example
 * const login = await store.read()
 * await store.update(() => ({}))
 * await revokeLogin({ issuer: 'https://login.example.com', clientId: 'cli', login })
 */
export async function revokeLogin(options: RevokeLoginOptions): Promise<boolean> {
  const client = checkClient('revokeLogin', options, ['signal', 'login', 'revocationEndpoint'])
  const { login, signal = new AbortController().signal } = client
  const { accessToken, refreshToken } = checkLogin(login)
  signal.throwIfAborted()
  const server = await tokenExchanger(client).server(signal)
  const alias = client.clientAuth === 'mtls' ? server.mtlsRevocationEndpoint : undefined
  const endpoint = client.revocationEndpoint ?? alias ?? server.revocationEndpoint
  if (endpoint === undefined) return false
  const tokens = [
    ['refresh_token', refreshToken],
    ['access_token', accessToken],
  ] as const
  for (const [hint, token] of tokens) {
    if (token === undefined) continue
    const response = await askAsClient(client, server, {
      name: 'revocationEndpoint',
      words: 'revocation',
      endpoint,
      pairs: [
        ['token', token],
        ['token_type_hint', hint],
      ],
      signal,
    })
    const { ok, status } = response
    if (!ok && !isGone(errorOf(response), hint))
      throw buildError(
        'ERR_AUTH_OAUTH_REFUSED',
        `The revocation endpoint of ${new URL(endpoint).origin} rejected the request: status ${status}`,
      )
  }
  return true
}

/** @see https://www.rfc-editor.org/rfc/rfc7009#section-2.2.1 */
function isGone(error: string, hint: 'refresh_token' | 'access_token'): boolean {
  // Google says `invalid_token` of an access token whose refresh token has been revoked.
  return error === 'invalid_token' || (hint === 'access_token' && error === 'unsupported_token_type')
}

function checkLogin(login: RevokeLoginOptions['login']): RevokeLoginOptions['login'] {
  const { accessToken, refreshToken }: { accessToken?: unknown; refreshToken?: unknown } = login ?? {}
  const isToken = (token: unknown) => typeof token === 'string' && token !== ''
  if (isToken(accessToken) && (refreshToken === undefined || isToken(refreshToken))) return login
  throw new TypeError('revokeLogin: login must have an accessToken, and may have a refreshToken, as strings')
}
