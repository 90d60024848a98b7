import { AuthError } from '@outbound-auth/core'
import { invalidOption, isLoopback } from '@outbound-auth/core/provider'

/**
 * Checks the URL of a token endpoint.
 *
 * @throws TypeError when the URL is malformed
 * @throws AuthError `ERR_AUTH_INSECURE_TRANSPORT` (build) when the URL is plain http to another machine
 */
export function checkEndpoint(text: string, allowInsecureTransport: boolean): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password || url.hash) {
    const needed = 'an absolute http(s) URL without user name, password and fragment'
    throw invalidOption('oauthRefresh', 'tokenEndpoint', needed, text)
  }
  if (url.protocol === 'http:' && !allowInsecureTransport && !isLoopback(url.hostname)) {
    const message = `A refresh token may not go to ${url.origin} unencrypted; use https`
    throw AuthError.build(message, { code: 'ERR_AUTH_INSECURE_TRANSPORT', provider: 'bearer' })
  }
  return url
}
