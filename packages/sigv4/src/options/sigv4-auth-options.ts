import type { AuthObserver, SourceOptions } from '@outbound-auth/core'
import type { AwsCredentials } from '../credentials/aws-credentials.js'
import type { SigningPolicy } from './signing-options.js'

/** Options of `sigV4Auth`. */
export interface SigV4AuthOptions extends SigningPolicy {
  /**
   * Credentials, a function that gets them, or `'anonymous'` for requests that are sent unsigned on purpose. A session
   * token is used only if it is part of the credentials: the environment is not read.
   */
  readonly credentials:
    | AwsCredentials
    | ((options: SourceOptions) => AwsCredentials | Promise<AwsCredentials>)
    | 'anonymous'
  /**
   * How long credentials of a function are kept, in milliseconds; 0 keeps them until they are rejected.
   *
   * @default until their expiration; without an expiration the function is called for each request
   */
  readonly refreshIntervalMs?: number | undefined
  /**
   * Time limit of one call of the function, in milliseconds.
   *
   * @default 30000
   */
  readonly timeoutMs?: number | undefined
  /**
   * Gets the promise of a renewal in the background, so that the runtime waits for it: `waitUntil` of
   * `cloudflare:workers` or of `@vercel/functions`.
   */
  readonly waitUntil?: ((promise: Promise<unknown>) => void) | undefined
  /** Gets an event when new credentials are fetched, and when that ends: kinds, codes and durations, never a value. */
  readonly observer?: AuthObserver | undefined
}
