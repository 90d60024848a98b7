import type { AuthObserver } from '../contract/auth-observer.js'

/** What a credential source is told. */
export interface SourceOptions {
  /** The flight's own signal (its time limit), never a caller's: a caller that gives up leaves the others waiting. */
  readonly signal: AbortSignal
  /** True after a rejection: do not serve from a cache. */
  readonly forceRefresh: boolean
  /** The credential that was rejected. */
  readonly rejected?: string | undefined
  /**
   * The claims that the server wants in the new token, as JSON text, after a challenge that named some. Pass them to the
   * token endpoint (`claims` of Microsoft Entra ID). `forceRefresh` is true then.
   */
  readonly claims?: string | undefined
  /** How long the credential should stay valid, in milliseconds, when a caller asked for that. */
  readonly minValidityMs?: number | undefined
  /** The observer of the provider. Tell it (`warned`) of what works, but not as it should. */
  readonly observer?: AuthObserver | undefined
}

/** A credential as the cache keeps it. */
export interface Credential<T> {
  /** What callers get. */
  readonly value: T
  /** Tells credentials apart and is compared with the rejected one; usually the secret itself. It is never printed. */
  readonly id: string
  /** When it expires, if that is known. */
  readonly expiresAt?: Date | undefined
  /**
   * How long it lives from now on, in milliseconds, as `expires_in` of a token endpoint says. It is measured on the
   * monotonic clock and goes before `expiresAt`, so a wrong clock does no harm. Give it only for a credential that has
   * just been issued.
   */
  readonly lifetimeMs?: number | undefined
  /**
   * When its issuer made it, by the issuer's clock. With `expiresAt` it tells the whole life, which counts where this
   * machine's clock contradicts.
   */
  readonly issuedAt?: Date | undefined
}
