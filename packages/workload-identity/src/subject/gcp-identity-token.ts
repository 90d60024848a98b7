import type { TokenSource } from '@outbound-auth/core'
import { checkOptions, invalidOption } from '@outbound-auth/core/provider'
import { askPlatform, checkPlatformResponse, checkPlatformToken, platformError } from './ask-platform.js'
import { directFetch } from './direct-fetch.js'

/** Options of {@link gcpIdentityToken}. */
export interface GcpIdentityOptions {
  /** The `aud` of the token, as the service that takes it wants it. */
  readonly audience: string
  /** The e-mail address of a service account of the machine. @default 'default' */
  readonly serviceAccount?: string | undefined
  /**
   * Sends the request, for a test.
   *
   * @default a direct connection: no proxy, no redirect, at most 64 KiB
   */
  readonly fetch?: typeof globalThis.fetch | undefined
}

const name = 'the metadata service of Google Cloud'
const advice = 'The machine needs a service account'
const base = 'http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/'
/** The service is on the same machine. */
const timeoutMs = 2000

/**
 * A subject token: the identity of the service account of a machine on Google Cloud (an id token). The metadata service
 * is asked anew for each exchange, for at most 2 s, directly and at a fixed host.
 *
 * @throws TypeError when an option is malformed
 * @throws AuthError from the source: `ERR_AUTH_WORKLOAD_SUBJECT` (both), `ERR_AUTH_REDIRECT` (build)
 * @see https://cloud.google.com/compute/docs/instances/verifying-instance-identity
 * @example
 * const subjectToken = gcpIdentityToken({ audience: 'https://api.openai.com/v1' })
 */
export function gcpIdentityToken(options: GcpIdentityOptions): TokenSource {
  const checked = checkOptions('gcpIdentityToken', options, ['audience', 'serviceAccount', 'fetch'])
  const { audience, serviceAccount = 'default', fetch = directFetch as typeof globalThis.fetch } = checked
  for (const [option, value] of Object.entries({ audience, serviceAccount }))
    if (typeof value !== 'string' || value.trim() === '')
      throw invalidOption('gcpIdentityToken', option, 'a string that is not empty', value)
  const url = new URL(`${base}${encodeURIComponent(serviceAccount)}/identity`)
  url.searchParams.set('audience', audience)
  const headers = { 'metadata-flavor': 'Google' }
  return async ({ signal }) => {
    const response = await askPlatform({ name, url, headers, timeoutMs, signal, fetch })
    // A network that responds to any name in its stead does not have this header.
    if (response.headers.get('metadata-flavor') !== 'Google')
      throw platformError(name, 'unusable', 'is not of Google Cloud: it has no header Metadata-Flavor')
    checkPlatformResponse(name, response, advice)
    return checkPlatformToken(name, response.text)
  }
}
