import { AuthError, type AuthErrorCode, type SourceOptions } from '@outbound-auth/core'
import { placeholderProblem } from '@outbound-auth/core/provider'

/** AWS credentials in the shape of the AWS SDK. */
export interface AwsCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
  readonly expiration?: Date | undefined
}

/** The same type as in the AWS SDK: an unknown property is absent, not undefined. */
export interface AwsCredentialIdentity {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
  readonly expiration?: Date
}

/**
 * Gets AWS credentials. Every credential provider of the AWS SDK is such a function. This type is also a credential
 * provider of the AWS SDK, so pass it as `credentials` of a client. Return `expiration` if it is known.
 */
export type AwsCredentialsSource = (options?: Partial<SourceOptions>) => Promise<AwsCredentialIdentity>

/**
 * @internal Rejects malformed credentials.
 *
 * @throws AuthError `ERR_AUTH_CREDENTIAL` (build) without the value of any part
 */
export function checkCredentials(credentials: AwsCredentials): void {
  if (typeof credentials === 'function')
    throwInvalid('', 'credentials is a function: await it, credentials: await source()')
  if (typeof (credentials as { then?: unknown } | undefined)?.then === 'function')
    throwInvalid('', 'credentials is a promise: await it')
  const { accessKeyId, secretAccessKey, sessionToken, expiration } = credentials ?? {}
  const isPlain = (value: unknown) => typeof value === 'string' && /^[\x21-\x7e]+$/.test(value)
  const wrong: keyof AwsCredentials | false =
    (!isPlain(accessKeyId) && 'accessKeyId') ||
    (!isPlain(secretAccessKey) && 'secretAccessKey') ||
    (sessionToken !== undefined && !isPlain(sessionToken) && 'sessionToken')
  for (const [name, value] of Object.entries({ accessKeyId, secretAccessKey, sessionToken })) {
    const problem = typeof value === 'string' ? placeholderProblem(value.trim()) : undefined
    if (problem) throwInvalid(name, `${name} of the AWS credentials ${problem}`)
  }
  if (wrong)
    throwInvalid(
      wrong,
      credentials?.[wrong] === undefined
        ? `${wrong} of the AWS credentials is missing`
        : `${wrong} of the AWS credentials is empty, or has whitespace or other characters that no key has`,
    )
  // Not instanceof, because a Date may come from another realm.
  if (expiration !== undefined && !Number.isFinite(expiration?.getTime?.()))
    throwInvalid('expiration', 'expiration of the AWS credentials must be a valid Date')
}

/** @internal Rejects expired credentials. @throws AuthError `ERR_AUTH_NO_RENEWAL` (build) */
export function checkExpiration({ expiration }: AwsCredentials, now: Date): void {
  if (expiration !== undefined && expiration <= now)
    throwInvalid('expiration', 'the AWS credentials have expired', 'ERR_AUTH_NO_RENEWAL')
}

/** @param part the property of the credentials that is wrong; empty for the credentials as a whole */
function throwInvalid(part: string, why: string, code: AuthErrorCode = 'ERR_AUTH_CREDENTIAL'): never {
  const option = part ? `credentials.${part}` : 'credentials'
  throw AuthError.build(`Cannot sign request: ${why}`, { code, provider: 'sigv4', option })
}
