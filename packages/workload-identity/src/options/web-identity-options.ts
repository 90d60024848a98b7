import type { SourceOptions } from '@outbound-auth/core'
import type { ExchangeOptions } from './workload-options.js'

/** Options of `webIdentityCredentials`. */
export interface WebIdentityOptions extends ExchangeOptions {
  /** `arn:aws:iam::123456789012:role/ROLE`. Its trust policy names the issuer of the subject token. */
  readonly roleArn: string
  /** The region whose AWS STS is asked. */
  readonly region: string
  /**
   * The name of the session in the logs of AWS: 2 to 64 letters, digits and `_+=,.@-`.
   *
   * @default 'outbound-auth'
   */
  readonly sessionName?: string | undefined
  /**
   * How long the credentials live, in milliseconds: 900000 to the limit of the role, at most 43200000.
   *
   * @default one hour, by AWS
   */
  readonly lifetimeMs?: number | undefined
}

/** Temporary AWS credentials. */
export interface WebIdentityKeys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string
  /** By this machine's clock, even if that is wrong. */
  readonly expiration: Date
}

/** Gets temporary AWS credentials. It is also a credential provider of the AWS SDK. */
export type WebIdentitySource = (options?: Partial<SourceOptions>) => Promise<WebIdentityKeys>
