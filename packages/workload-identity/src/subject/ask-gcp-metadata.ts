import { invalidOption, type ServerResponse } from '@outbound-auth/core/provider'
import { pathSegment } from '../options/check-workload.js'
import { askPlatform, checkPlatformResponse, platformError } from './ask-platform.js'
import { directFetch } from './direct-fetch.js'

/** @internal For messages. */
export const gcpMetadataName = 'the metadata service of Google Cloud'

const advice = 'The machine needs a service account'
const base = 'http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/'
/** The service is on the same machine. */
const timeoutMs = 2000

/**
 * @internal Makes the function that asks the metadata service for something of a service account.
 *
 * @param path `token`, or `identity?audience=…`
 * @throws TypeError when the service account is malformed
 * @throws AuthError from the function: `ERR_AUTH_WORKLOAD_SUBJECT` (both), `ERR_AUTH_REDIRECT` (build)
 */
export function askGcpMetadata(
  factory: string,
  serviceAccount: string = 'default',
  path: string,
  fetch: typeof globalThis.fetch = directFetch as typeof globalThis.fetch,
): (signal: AbortSignal) => Promise<ServerResponse> {
  if (typeof serviceAccount !== 'string' || serviceAccount.trim() === '')
    throw invalidOption(factory, 'serviceAccount', 'a string that is not empty', serviceAccount)
  const url = new URL(`${base}${pathSegment(factory, 'serviceAccount', serviceAccount)}/${path}`)
  const headers = { 'metadata-flavor': 'Google' }
  return async (signal) => {
    const response = await askPlatform({ name: gcpMetadataName, url, headers, timeoutMs, signal, fetch })
    // A network that responds to any name in its stead does not have this header.
    if (response.headers.get('metadata-flavor') !== 'Google')
      throw platformError(
        gcpMetadataName,
        'unusable',
        'is not of Google Cloud, because it has no header Metadata-Flavor',
      )
    checkPlatformResponse(gcpMetadataName, response, advice)
    return response
  }
}
