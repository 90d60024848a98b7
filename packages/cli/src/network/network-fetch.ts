import type { Fetch } from '@outbound-auth/fetch'
import { type NetworkOptions, proxyVariables } from './proxy-variables.js'

/**
 * A fetch that goes through the proxies of the environment and trusts what the options say. Undefined if the fetch of
 * the platform does: undici is loaded only for the others, at their first request.
 */
export function networkFetch(options: NetworkOptions): Fetch | undefined {
  const proxies = proxyVariables(options.env)
  if (!proxies.http && !proxies.https && options.cacert === undefined && !options.insecure) return undefined
  let opening: Promise<Fetch> | undefined
  return async (input, init) => {
    opening ??= import('./open-fetch.js').then(({ openFetch }) => openFetch(options, proxies))
    return (await opening)(input, init)
  }
}
