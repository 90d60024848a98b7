import { isLoopback, optionError, parseUrl } from '@outbound-auth/core/provider'
import { buildError } from '../lib/oauth-error.js'

/**
 * @internal A URL to which credentials go: https, or http on this machine.
 *
 * @param name the option or metadata property, for messages
 * @throws AuthError `ERR_AUTH_INSECURE_TRANSPORT`, `ERR_AUTH_OAUTH_METADATA` (build)
 */
export function endpointUrl(name: string, text: unknown, allowInsecureTransport = false): URL {
  const url = parseUrl(text)
  if (!url || url.hash)
    throw buildError(
      'ERR_AUTH_OAUTH_METADATA',
      `${name} must be an absolute http(s) URL without user name, password and fragment`,
    )
  if (url.protocol === 'http:' && !allowInsecureTransport && !isLoopback(url.hostname))
    throw buildError(
      'ERR_AUTH_INSECURE_TRANSPORT',
      `A credential may not go to ${url.origin} unencrypted; use https`,
    )
  return url
}

/**
 * @internal An option that is the URL of a server.
 *
 * @throws TypeError when it is malformed
 * @throws AuthError `ERR_AUTH_INSECURE_TRANSPORT` (build)
 */
export function checkUrlOption(
  factory: string,
  option: string,
  text: unknown,
  allowInsecureTransport: boolean | undefined,
): URL {
  try {
    const url = endpointUrl(`${factory}: ${option}`, text, allowInsecureTransport)
    if (option === 'issuer' && url.search) throw optionError(`${factory}: issuer must be a URL without a query`, option)
    return url
  } catch (error) {
    const { code, message } = error as { code?: string; message: string }
    throw code === 'ERR_AUTH_OAUTH_METADATA' ? optionError(message, option) : error
  }
}
