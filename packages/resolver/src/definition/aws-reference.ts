import type { SecretReference } from './secret-reference.js'

/** AWS credentials, each part the literal or a reference. */
export interface AwsKeysReference {
  readonly accessKeyId: string | SecretReference
  readonly secretAccessKey: string | SecretReference
  /** Without it none is used, whatever the environment has. */
  readonly sessionToken?: string | SecretReference | undefined
  readonly awsChain?: undefined
}

/** The AWS credentials of this machine, found as the AWS SDKs find them; see `awsCredentials` of `@outbound-auth/sigv4/node`. */
export interface AwsChainReference {
  readonly awsChain: true
  /** Name of a profile. It beats keys in the environment. */
  readonly profile?: string | undefined
  readonly accessKeyId?: undefined
}

/** Where AWS credentials are. */
export type AwsReference = AwsKeysReference | AwsChainReference
