import { AuthError, type AuthErrorCode, type SourceOptions } from '@outbound-auth/core'
import { placeholderProblem } from '@outbound-auth/core/provider'

/** AWS credentials, in the shape that every AWS SDK provider resolves to. */
export interface AwsCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
  readonly expiration?: Date | undefined
}

/** The same as the AWS SDK has it: a property that is not known is absent, not undefined. */
export interface AwsCredentialIdentity {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
  readonly expiration?: Date
}

/**
 * Gets AWS credentials. Every credential provider of the AWS SDK is one, and each of these is one for the AWS SDK: pass it as
 * `credentials` of a client. Give `expiration` where it is known.
 */
export type AwsCredentialsSource = (options?: Partial<SourceOptions>) => Promise<AwsCredentialIdentity>

/** @internal Rejects what cannot sign. @throws AuthError `ERR_AUTH_CREDENTIAL` (build); no part of it is in the error */
export function checkCredentials(credentials: AwsCredentials): void {
  if (typeof credentials === 'function')
    throwInvalid('', 'credentials is a function: await it, credentials: await source()')
  if (typeof (credentials as { then?: unknown } | undefined)?.then === 'function')
    throwInvalid('', 'credentials is a promise: await it')
  const { accessKeyId, secretAccessKey, sessionToken, expiration } = credentials ?? {}
  const isText = (value: unknown) => typeof value === 'string' && /^[\x21-\x7e]+$/.test(value)
  const wrong =
    (!isText(accessKeyId) && 'accessKeyId') ||
    (!isText(secretAccessKey) && 'secretAccessKey') ||
    (sessionToken !== undefined && !isText(sessionToken) && 'sessionToken')
  for (const [name, value] of Object.entries({ accessKeyId, secretAccessKey, sessionToken })) {
    const problem = typeof value === 'string' ? placeholderProblem(value.trim()) : undefined
    if (problem) throwInvalid(name, `${name} of the AWS credentials ${problem}`)
  }
  if (wrong) throwInvalid(wrong, `${wrong} of the AWS credentials is empty or has blanks or line breaks`)
  // Not instanceof: a Date of another realm is one, too.
  if (expiration !== undefined && !Number.isFinite(expiration?.getTime?.()))
    throwInvalid('expiration', 'expiration of the AWS credentials is no valid Date')
}

/** @internal Refuses credentials whose life is over. @throws AuthError `ERR_AUTH_EXPIRED` (build) */
export function checkExpiration({ expiration }: AwsCredentials, now: Date): void {
  if (expiration !== undefined && expiration <= now)
    throwInvalid('expiration', 'the AWS credentials have expired', 'ERR_AUTH_EXPIRED')
}

/** @param part the property of the credentials that is wrong; empty for the credentials as a whole */
function throwInvalid(part: string, why: string, code: AuthErrorCode = 'ERR_AUTH_CREDENTIAL'): never {
  const option = part ? `credentials.${part}` : 'credentials'
  throw AuthError.build(`Cannot sign request: ${why}`, { code, provider: 'sigv4', option })
}
