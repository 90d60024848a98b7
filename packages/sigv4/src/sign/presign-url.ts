import { invalidOption } from '@outbound-auth/core/provider'
import { checkCredentials, checkExpiration } from '../credentials/aws-credentials.js'
import { checkSigningOptions, type SigningOptions } from '../options/signing-options.js'
import { queryForm } from './query-form.js'
import { type SignableRequest, sign } from './signing.js'

const maxExpiresInMs = 7 * 24 * 3_600_000

/** Options of {@link presignUrl}. */
export interface PresignOptions extends SigningOptions {
  /** How long the URL is valid, in milliseconds: a multiple of 1000, from 1000 to 604800000 (7 days). */
  readonly expiresInMs: number
}

/** A URL with a signature. Everyone who has the URL can send the request, so treat it as a secret. */
export interface PresignedUrl {
  readonly method: string
  readonly url: string
  /** The signed headers. The user of the URL must send them unchanged. */
  readonly headers: Record<string, string>
  /** The URL expires after `expiresInMs`, or when the credentials expire, if that is earlier. */
  readonly expiresAt: Date
}

/**
 * Signs a URL instead of a request. Everyone who has the URL can send the request until the URL expires.
 *
 * @throws TypeError when an option is malformed, for example `expiresInMs`
 * @throws AuthError `ERR_AUTH_URL`, `ERR_AUTH_CREDENTIAL`, `ERR_AUTH_NO_RENEWAL` (build)
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
 * @example
 * const options = { service: 's3', region, credentials, expiresInMs: 3_600_000 }
 * const { url } = presignUrl({ method: 'GET', url: objectUrl }, options)
 */
export function presignUrl(request: SignableRequest, options: PresignOptions): PresignedUrl {
  checkSigningOptions('presignUrl', options)
  const { expiresInMs, credentials } = options
  const expiresInSeconds = expiresInMs / 1000
  // A number of seconds, passed by mistake, is hardly ever a multiple of 1000.
  if (
    !(
      Number.isInteger(expiresInMs) &&
      expiresInMs % 1000 === 0 &&
      expiresInMs > 0 &&
      expiresInMs <= maxExpiresInMs
    )
  ) {
    throw invalidOption(
      'Cannot presign URL',
      'expiresInMs',
      `a multiple of 1000 from 1000 to ${maxExpiresInMs}`,
      expiresInMs,
    )
  }
  const now = options.now?.() ?? new Date()
  checkCredentials(credentials)
  checkExpiration(credentials, now)
  const { expiration } = credentials
  const { method, url, headers } = sign(request, { ...options, now: () => now }, queryForm(expiresInSeconds))
  // The URL has whole seconds, so it expires that much earlier.
  const urlExpiresMs = 1000 * (Math.floor(now.getTime() / 1000) + expiresInSeconds)
  const expiresAt = new Date(Math.min(urlExpiresMs, expiration?.getTime() ?? urlExpiresMs))
  return { method, url, headers, expiresAt }
}
