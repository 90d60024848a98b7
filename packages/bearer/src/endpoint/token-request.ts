import { invalidOption } from '@outbound-auth/core/provider'
/** The client of a token endpoint, and the scope that it asks for. */
export interface TokenClient {
  readonly clientId: string
  readonly clientSecret?: string | undefined
  readonly clientAuth?: 'basic' | 'post' | undefined
  readonly scope?: string | undefined
}

/** The part of a request that depends on the refresh token. */
export interface TokenRequest {
  readonly method: 'POST'
  readonly headers: Record<string, string>
  readonly body: string
}

/**
 * Makes refresh requests of one client.
 *
 * @throws TypeError when an option is malformed
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-6
 * @see https://learn.microsoft.com/entra/identity-platform/claims-challenge for `claims`
 */
export function tokenRequest(
  client: TokenClient,
): (refreshToken: string, claims?: string | undefined) => TokenRequest {
  const { clientId, clientSecret, clientAuth = 'basic', scope } = client
  for (const [name, value] of Object.entries({ clientId, clientSecret, scope })) {
    if ((value !== undefined || name === 'clientId') && (typeof value !== 'string' || value === '')) {
      throw invalidOption('oauthRefresh', name, 'a string that is not empty', value)
    }
  }
  if (clientAuth !== 'basic' && clientAuth !== 'post') {
    throw invalidOption('oauthRefresh', 'clientAuth', "'basic' or 'post'", clientAuth)
  }
  const isBasic = clientSecret !== undefined && clientAuth === 'basic'
  const headers = {
    accept: 'application/json',
    'content-type': 'application/x-www-form-urlencoded',
    ...(isBasic && { authorization: `Basic ${btoa(`${formEncode(clientId)}:${formEncode(clientSecret)}`)}` }),
  }
  const credentials = isBasic
    ? {}
    : { client_id: clientId, ...(clientSecret !== undefined && { client_secret: clientSecret }) }
  return (refreshToken, claims) => ({
    method: 'POST',
    headers: { ...headers },
    body: new URLSearchParams({
      grant_type: 'refresh_token',
      refresh_token: refreshToken,
      ...(scope !== undefined && { scope }),
      ...(claims !== undefined && { claims }),
      ...credentials,
    }).toString(),
  })
}

/** @see https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1 */
function formEncode(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1)
}
