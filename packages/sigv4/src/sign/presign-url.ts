import { checkCredentials, checkExpiration } from '../credentials/aws-credentials.js'
import { checkSigningOptions, type SigningOptions } from '../options/signing-options.js'
import { type SignableRequest, sign } from './signing.js'

const maxExpiresInMs = 7 * 24 * 3_600_000

/** Options of {@link presignUrl}. */
export interface PresignOptions extends SigningOptions {
  /** How long the URL is good, in milliseconds: a multiple of 1000, from 1000 to 604800000 (7 days). */
  readonly expiresInMs: number
}

/** A URL that authenticates whoever holds it: treat it as a secret. */
export interface PresignedUrl {
  readonly method: string
  readonly url: string
  /** Headers that were signed, so its user must send them just so. */
  readonly headers: Record<string, string>
  /** When it ends: after `expiresInMs`, or with the credentials, whichever comes first. */
  readonly expiresAt: Date
}

/**
 * Signs a URL instead of a request: whoever holds it can send the request until it ends.
 *
 * @throws TypeError when an option is malformed, `expiresInMs` for one
 * @throws AuthError `ERR_AUTH_URL`, `ERR_AUTH_CREDENTIAL`, `ERR_AUTH_EXPIRED` (build)
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
 * @example
 * const { url } = presignUrl({ method: 'GET', url: objectUrl }, { service: 's3', region, credentials, expiresInMs: 3_600_000 })
 */
export function presignUrl(request: SignableRequest, options: PresignOptions): PresignedUrl {
  checkSigningOptions('presignUrl', options)
  const { expiresInMs, credentials } = options
  const expiresInSeconds = expiresInMs / 1000
  // A number of seconds passed by mistake is hardly ever a multiple of 1000.
  if (
    !(
      Number.isInteger(expiresInMs) &&
      expiresInMs % 1000 === 0 &&
      expiresInMs > 0 &&
      expiresInMs <= maxExpiresInMs
    )
  ) {
    throw new TypeError(
      `Cannot presign URL: expiresInMs must be a multiple of 1000 from 1000 to ${maxExpiresInMs}`,
    )
  }
  const now = options.now?.() ?? new Date()
  checkCredentials(credentials)
  checkExpiration(credentials, now)
  const { expiration } = credentials
  const { method, url, headers } = sign(request, { ...options, now: () => now }, { expiresInSeconds })
  // The time in the URL has whole seconds, so its life is counted from there.
  const urlEndsMs = 1000 * (Math.floor(now.getTime() / 1000) + expiresInSeconds)
  const expiresAt = new Date(Math.min(urlEndsMs, expiration?.getTime() ?? urlEndsMs))
  return { method, url, headers, expiresAt }
}
