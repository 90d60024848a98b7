import type { SecretReference } from './secret-reference.js'

/** AWS credentials. Each part is a literal or a reference. */
export interface AwsKeysReference {
  readonly accessKeyId: string | SecretReference
  readonly secretAccessKey: string | SecretReference
  /** @default no session token, even if the environment has one */
  readonly sessionToken?: string | SecretReference | undefined
  readonly awsChain?: undefined
}

/** The AWS credentials that the AWS SDKs find on this machine; see `awsCredentials` of `@outbound-auth/sigv4/node`. */
export interface AwsChainReference {
  readonly awsChain: true
  /** The name of a profile. A profile beats keys in the environment. */
  readonly profile?: string | undefined
  readonly accessKeyId?: undefined
}

/** The place of AWS credentials. */
export type AwsReference = AwsKeysReference | AwsChainReference
