import type { SourceOptions } from '@outbound-auth/core'

/** AWS credentials with the names that the AWS SDKs and `@outbound-auth/sigv4` use. */
export interface AwsKeys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
  readonly expiration?: Date | undefined
}

/** Gets AWS credentials. In a definition, an option of this type also takes an {@link AwsReference}. */
export type AwsKeysSource = (options: SourceOptions) => AwsKeys | Promise<AwsKeys>
