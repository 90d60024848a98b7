import { AuthError } from '@outbound-auth/core'

/** AWS credentials, in the shape that every AWS SDK provider resolves to. */
export interface AwsCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
  readonly expiration?: Date | undefined
}

/** @internal Refuses what cannot sign. @throws AuthError `ERR_AUTH_CREDENTIAL` (build); no part of it is in the error */
export function checkCredentials(credentials: AwsCredentials): void {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials ?? {}
  const isText = (value: unknown) => typeof value === 'string' && /^[\x21-\x7e]+$/.test(value)
  const wrong =
    (!isText(accessKeyId) && 'accessKeyId') ||
    (!isText(secretAccessKey) && 'secretAccessKey') ||
    (sessionToken !== undefined && !isText(sessionToken) && 'sessionToken')
  if (wrong) {
    throw AuthError.build(
      `Cannot sign request: ${wrong} of the AWS credentials is empty or has blanks or line breaks`,
      {
        code: 'ERR_AUTH_CREDENTIAL',
        provider: 'sigv4',
      },
    )
  }
}
