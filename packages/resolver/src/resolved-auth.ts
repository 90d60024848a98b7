import type { AuthBinding, HeaderMap } from '@outbound-auth/core'

/** A provider with all that its requests need. The adapters take it whole; printing it shows no secret. */
export interface ResolvedAuth extends AuthBinding {
  /** The provider's kind. */
  readonly kind: string
  /** Which credential this is and where it comes from, in words; never the credential. */
  readonly reason: string
  /** Absolute URL that paths are appended to, if the definition has one. */
  readonly baseUrl: string | undefined
  readonly headers: HeaderMap
  readonly query: Readonly<Record<string, string>>
  readonly secretHeaderNames: readonly string[]
}
