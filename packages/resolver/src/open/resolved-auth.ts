import type { BoundAuth } from '@outbound-auth/core'

/**
 * A provider with everything that its requests need. The adapters take it whole. Printing it shows no secret.
 *
 * When a variable of the definition changes, the next request uses the new credential and the new headers together. If
 * a header is a variable, changes that were made to `headers` by hand are then lost.
 */
export interface ResolvedAuth extends BoundAuth {
  /** The kind of the provider. */
  readonly kind: string
  /** Which credential this is and where it comes from, in words. The credential is not in it. */
  readonly reason: string
}
