import type { BoundAuth } from '@outbound-auth/core'

/** A provider with all that its requests need. The adapters take it whole; printing it shows no secret.
 * A variable of the definition that changes is followed at the next request, by credential and headers at once; what was set in
 * `headers` by hand is lost then, if variables have their place in them. */
export interface ResolvedAuth extends BoundAuth {
  /** The provider's kind. */
  readonly kind: string
  /** Which credential this is and where it comes from, in words; never the credential. */
  readonly reason: string
}
