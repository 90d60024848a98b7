import type { Fetch } from '@outbound-auth/fetch'
import { proxyVariables } from './proxy-variables.js'

/** What decides how a request reaches its server. */
export interface NetworkOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  /** `--cacert` */
  readonly cacert: string | undefined
  /** `--insecure` */
  readonly insecure: boolean
}

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
