import type { SourceOptions } from '@outbound-auth/core'

/** AWS credentials as the AWS SDKs and `@outbound-auth/sigv4` name them. */
export interface AwsKeys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
  readonly expiration?: Date | undefined
}

/** Gets AWS credentials. An option that takes one takes an {@link AwsReference} in a definition. */
export type AwsKeysSource = (options: SourceOptions) => AwsKeys | Promise<AwsKeys>
