import type { AuthError } from '@outbound-auth/core'
import { askServer } from '@outbound-auth/core/provider'
import { buildError, transientError } from '../lib/oauth-error.js'

/** @internal How documents of a server are fetched. */
export interface MetadataCall {
  readonly fetch?: typeof globalThis.fetch | undefined
  readonly signal?: AbortSignal | undefined
  readonly timeoutMs: number
  readonly now?: (() => Date) | undefined
}

type JsonObject = Readonly<Record<string, unknown>>

/**
 * @internal Fetches the first document that is there. Redirects are not followed, and at most 1 MiB is read.
 *
 * @param what the document, for messages
 * @throws AuthError `ERR_AUTH_OAUTH_METADATA`, `ERR_AUTH_REDIRECT` (build), `ERR_AUTH_OAUTH_UNAVAILABLE`,
 * `ERR_AUTH_TIMEOUT` (transient)
 */
export async function readMetadata(
  what: string,
  urls: readonly URL[],
  call: MetadataCall,
): Promise<{ readonly url: URL; readonly json: JsonObject }> {
  const deadlineMs = performance.now() + call.timeoutMs
  let failure: AuthError | undefined
  let outage: AuthError | undefined
  for (const url of urls) {
    const where = `${what} of ${url.origin}`
    const { status, ok, json, isRedirect, isOutage, fault } = await askServer({
      ...call,
      url,
      method: 'GET',
      headers: { accept: 'application/json' },
      timeoutMs: Math.max(1, deadlineMs - performance.now()),
      unreachable: (cause) =>
        transientError('ERR_AUTH_OAUTH_UNAVAILABLE', `${where} could not be reached`, cause),
      tooLate: () => transientError('ERR_AUTH_TIMEOUT', `${where} did not come within ${call.timeoutMs} ms`),
    })
    if (ok && json && fault === undefined) return { url, json }
    // Some servers have an error page of status 500 at a path that they do not know.
    if (isOutage)
      outage ??= transientError('ERR_AUTH_OAUTH_UNAVAILABLE', `${where} came with status ${status}`)
    const redirect = 'came with a redirect, which would let another URL name the endpoints'
    const problem = ok ? 'is not a JSON object of at most 1 MiB' : `came with status ${status}`
    failure ??= isRedirect
      ? buildError('ERR_AUTH_REDIRECT', `${where} ${redirect}`)
      : buildError('ERR_AUTH_OAUTH_METADATA', `${where} ${problem}`)
  }
  throw outage ?? failure ?? buildError('ERR_AUTH_OAUTH_METADATA', `${what} has no URL`)
}
