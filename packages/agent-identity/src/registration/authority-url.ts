import { isLoopback, valueInWords } from '@outbound-auth/core/provider'
import { buildError } from '../lib/agent-error.js'

/**
 * @internal The URL of a path below a base URL. A trailing slash of the base URL is ignored.
 *
 * @throws TypeError when the base URL is not an http(s) URL, or has a user name, query or fragment
 * @throws AuthError `ERR_AUTH_INSECURE_TRANSPORT` (build) when the base URL is http and leads to another machine
 */
export function authorityUrl(option: string, baseUrl: string, path: string): string {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined
  if (!url || !/^https?:$/.test(url.protocol) || url.href !== url.origin + url.pathname) {
    throw new TypeError(
      `${option} must be an http(s) URL without user name, query and fragment, got ${valueInWords(baseUrl)}`,
    )
  }
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    throw buildError(`${option} must be https, got ${url.origin}`, 'ERR_AUTH_INSECURE_TRANSPORT')
  }
  return url.href.replace(/\/+$/, '') + path
}
