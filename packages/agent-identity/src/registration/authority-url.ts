import { isLoopback, valueInWords } from '@outbound-auth/core/provider'
import { buildError } from '../lib/agent-error.js'

/**
 * @internal The URL of a path below a base. A trailing slash of the base does not count.
 *
 * @throws TypeError when the base is no http(s) URL without user name, query and fragment
 * @throws AuthError `ERR_AUTH_INSECURE_TRANSPORT` (build) when it is neither https nor this machine
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
