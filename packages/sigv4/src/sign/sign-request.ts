import { checkSigningOptions, type SigningOptions } from '../options/signing-options.js'
import { type SignableRequest, sign } from './signing.js'

/** A signed request. Send it unchanged. */
export interface SignedRequest {
  readonly method: string
  readonly url: string
  /** Headers by lower-case name. `host` is among them only if the caller set it. */
  readonly headers: Record<string, string>
  readonly body: string | Uint8Array | undefined
}

/**
 * Signs one request with AWS Signature Version 4, synchronously.
 *
 * Send the returned URL and headers, not the given ones. In the returned URL a raw `+` of the query is `%20`,
 * characters that no URL may hold are escaped, and an S3 path is in canonical form. Signing again replaces an earlier
 * signature. Dot segments in the path are signed unchanged, so send such a URL with a client that keeps them (`fetch`
 * resolves them).
 *
 * @throws TypeError when an option is malformed
 * @throws AuthError `ERR_AUTH_URL`, `ERR_AUTH_CREDENTIAL` (build)
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 * @example
 * const { url, headers } = signRequest({ method: 'GET', url }, { service: 's3', region: 'us-east-1', credentials })
 */
export function signRequest(request: SignableRequest, options: SigningOptions): SignedRequest {
  checkSigningOptions('signRequest', options)
  const { method, url, headers } = sign(request, options)
  return { method, url, headers, body: request.body }
}

/** The canonical request of {@link signRequest}. Compare it with that in a `SignatureDoesNotMatch` response. */
export function canonicalRequest(request: SignableRequest, options: SigningOptions): string {
  checkSigningOptions('canonicalRequest', options)
  return sign(request, options).canonicalRequest
}

/** The string to sign of {@link signRequest}: algorithm, time, scope and the hash of the canonical request. */
export function stringToSign(request: SignableRequest, options: SigningOptions): string {
  checkSigningOptions('stringToSign', options)
  return sign(request, options).stringToSign
}
