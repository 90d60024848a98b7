import type { TokenSource } from '@outbound-auth/core'
import { checkOptions, readTokenResponse } from '@outbound-auth/core/provider'
import { buildError, transientError } from '../lib/workload-error.js'
import { askGcpMetadata, gcpMetadataName } from './ask-gcp-metadata.js'
import { platformError } from './ask-platform.js'

/** Options of {@link gcpAccessToken}. */
export interface GcpAccessOptions {
  /** The e-mail address of a service account of the machine. @default 'default' */
  readonly serviceAccount?: string | undefined
  /**
   * Sends the request, for a test.
   *
   * @default a direct connection: no proxy, no redirect, at most 64 KiB
   */
  readonly fetch?: typeof globalThis.fetch | undefined
}

/**
 * The `token` of `bearerAuth` on Google Cloud: an access token of the machine's own service account, without an
 * exchange. The metadata service is asked at each call, for at most 2 s, directly and at a fixed host.
 *
 * @throws TypeError when an option is malformed
 * @throws AuthError from the source: `ERR_AUTH_WORKLOAD_SUBJECT` (both), `ERR_AUTH_REDIRECT` (build)
 * @see https://cloud.google.com/compute/docs/access/authenticate-workloads
 * @example
 * const auth = bearerAuth({ token: gcpAccessToken() })
 * const fetch = authFetch(auth, { allowedOrigins: ['https://aiplatform.googleapis.com'] })
 */
export function gcpAccessToken(options: GcpAccessOptions = {}): TokenSource {
  const { serviceAccount, fetch } = checkOptions('gcpAccessToken', options, ['serviceAccount', 'fetch'])
  const ask = askGcpMetadata('gcpAccessToken', serviceAccount, 'token', fetch)
  const source: TokenSource = async ({ signal }) => {
    const response = await ask(signal)
    const now = new Date()
    const { accessToken, expiresAt } = readTokenResponse(response, {
      now,
      fail: ({ kind, what }) => {
        const message = `${gcpMetadataName} ${what}`
        if (kind === 'outage') return transientError('ERR_AUTH_WORKLOAD_SUBJECT', message)
        return /^unusable|^token-type/.test(kind)
          ? platformError(gcpMetadataName, kind, what)
          : buildError('ERR_AUTH_WORKLOAD_SUBJECT', message)
      },
    })
    if (!expiresAt) return accessToken
    return { token: accessToken, lifetimeMs: Math.max(1, expiresAt.getTime() - now.getTime()) }
  }
  return Object.assign(source, { allowAnyText: true })
}
