import type { TokenSource } from '@outbound-auth/core'
import { checkOptions, invalidOption } from '@outbound-auth/core/provider'
import { askGcpMetadata, gcpMetadataName } from './ask-gcp-metadata.js'
import { checkPlatformToken, platformError } from './ask-platform.js'
import type { GcpAccessOptions } from './gcp-access-token.js'

/** Options of {@link gcpIdentityToken}. */
export interface GcpIdentityOptions extends GcpAccessOptions {
  /** The `aud` of the token, as the service that takes it wants it. */
  readonly audience: string
}

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
  const factory = 'gcpIdentityToken'
  const names = ['audience', 'serviceAccount', 'fetch']
  const { audience, serviceAccount, fetch } = checkOptions(factory, options, names)
  if (typeof audience !== 'string' || audience.trim() === '')
    throw invalidOption(factory, 'audience', 'a string that is not empty', audience)
  const path = `identity?${new URLSearchParams({ audience })}`
  const ask = askGcpMetadata(factory, serviceAccount, path, fetch)
  return async ({ signal }) => {
    const token = checkPlatformToken(gcpMetadataName, (await ask(signal)).text)
    if (/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)) return token
    throw platformError(gcpMetadataName, 'unusable', 'is not a JWT')
  }
}
