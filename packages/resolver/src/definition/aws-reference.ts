import type { EnvReference, PlatformReference, SecretReference } from './secret-reference.js'

/** AWS credentials. Each part is a literal or a reference. */
export interface AwsKeysReference {
  readonly accessKeyId: string | SecretReference
  readonly secretAccessKey: string | SecretReference
  /** @default no session token, even if the environment has one */
  readonly sessionToken?: string | SecretReference | undefined
  readonly awsChain?: undefined
  readonly roleArn?: undefined
}

/** The AWS credentials that the AWS SDKs find on this machine; see `awsCredentials` of `@outbound-auth/sigv4/node`. */
export interface AwsChainReference {
  readonly awsChain: true
  /** The name of a profile. A profile beats keys in the environment. */
  readonly profile?: string | undefined
  readonly accessKeyId?: undefined
  readonly roleArn?: undefined
}

/**
 * Temporary credentials of an AWS role, for which the platform's own token is exchanged; see
 * `webIdentityCredentials` of `@outbound-auth/workload-identity`.
 */
export interface AwsRoleReference {
  /** `arn:aws:iam::123456789012:role/ROLE`, or the variable that holds it, such as `AWS_ROLE_ARN`. */
  readonly roleArn: string | EnvReference
  /** The platform's own token: a literal, a reference, or one that the platform issues. */
  readonly subjectToken: string | SecretReference | PlatformReference
  /** The region whose AWS STS is asked. @default the region of the definition */
  readonly region?: string | undefined
  /** The name of the session in the logs of AWS. @default 'outbound-auth' */
  readonly sessionName?: string | undefined
  /** How long the credentials live, in milliseconds: 900000 to the limit of the role. @default one hour, by AWS */
  readonly lifetimeMs?: number | undefined
  /** URL of AWS STS, for a private endpoint. @default that of the region */
  readonly tokenEndpoint?: string | undefined
  /** Time limit of one exchange in milliseconds. @default 10000 */
  readonly timeoutMs?: number | undefined
  readonly awsChain?: undefined
  readonly accessKeyId?: undefined
}

/** The place of AWS credentials. */
export type AwsReference = AwsKeysReference | AwsChainReference | AwsRoleReference
