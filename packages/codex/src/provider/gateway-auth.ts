import {
  type ApplyAuthOptions,
  AuthError,
  type AuthObserver,
  type AuthProvider,
  type HeaderMap,
  type SourceOptions,
  type TokenSource,
} from '@outbound-auth/core'
import {
  cachedToken,
  checkCredentialHeader,
  checkHeaderName,
  checkOptions,
} from '@outbound-auth/core/provider'

/** Options of {@link gatewayAuth}. */
export interface GatewayAuthOptions {
  /** Gets the gateway's token. */
  readonly token: TokenSource
  /** Name of the header that carries it; `cookie` for a cookie. */
  readonly header: string
  /** A string before the token: `Bearer `, or the name of the cookie with an equals sign. */
  readonly prefix: string
  readonly observer?: AuthObserver | undefined
}

/** @internal The provider that {@link gatewayAuth} returns. */
export interface GatewayAuth extends AuthProvider {
  readonly kind: 'gateway'
}

const kind = 'gateway'

/**
 * @internal Sends the token that a gateway wants beside the credential of the model provider.
 *
 * @throws TypeError when an option is malformed
 */
export function gatewayAuth(options: GatewayAuthOptions): GatewayAuth {
  const { token, header, prefix, observer } = checkOptions('gatewayAuth', options, [
    'token',
    'header',
    'prefix',
    'observer',
  ])
  checkHeaderName(header)
  checkCredentialHeader('gateway_oauth: delivery.name', header)
  const name = header.toLowerCase()
  const cache = cachedToken({ kind, source: checkedSource(token), observer, allowAnyText: true })
  const add = (headers: HeaderMap, value: string) => headers.set(name, prefix + value)
  return {
    kind,
    headerNames: [name],
    expiresAt: cache.expiresAt,
    addAuthHeaders(headers) {
      const value = cache.peek()
      if (value !== undefined) add(headers, value)
    },
    async applyAuth(request, applyOptions?: ApplyAuthOptions) {
      add(request.headers, await cache.get(applyOptions))
      return request
    },
    recover({ request, attempt, claims }, applyOptions) {
      const sent = request.headers.get(name)?.slice(prefix.length)
      return cache.recover(sent, attempt, { ...applyOptions, claims })
    },
  }
}

/** Codex accepts only one word of ASCII as a token. */
function checkedSource(source: TokenSource): TokenSource {
  const checked = async (options: SourceOptions) => {
    const given = await source(options)
    if (/^[\x21-\x7e]+$/.test(typeof given === 'string' ? given : given.token)) return given
    throw AuthError.build(
      'gateway_oauth.credential_export must print one token of ASCII characters without whitespace, and no scheme before it',
      { code: 'ERR_AUTH_CREDENTIAL', provider: kind },
    )
  }
  return Object.assign(checked, { ...source })
}
