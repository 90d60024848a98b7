import { AuthError } from '../contract/auth-error.js'
import { type AuthObserver, notify } from '../contract/auth-observer.js'
import type { Credential } from './credential-source.js'
import { jwtDates } from './jwt-dates.js'
import { type Instant, type Lifespan, lifespanOf } from './lifespan.js'

/** @internal A credential, and how long it is used. */
export interface Entry<T> extends Credential<T>, Lifespan {
  /** The credential whose rejection it answers. */
  readonly answers: string | undefined
  /** The claims that its source was asked for. */
  readonly claims: string | undefined
}

/** @internal */
export interface CredentialReceiptOptions {
  readonly kind: string
  readonly refreshIntervalMs?: number | undefined
  readonly refreshAheadMs?: number | undefined
  readonly observer?: AuthObserver | undefined
}

/**
 * @internal Makes entries of the credentials that a source gives.
 *
 * @param earlier the entry before
 * @param rejected the credential whose rejection was the reason
 * @param claims what its source was asked for
 * @throws AuthError `ERR_AUTH_CREDENTIAL` (build), `ERR_AUTH_EXPIRED` (transient)
 */
export type CredentialReceipt<T> = (
  credential: Credential<T>,
  arrival: Instant,
  earlier: Entry<T> | undefined,
  rejected: string | undefined,
  claims: string | undefined,
) => Entry<T>

/** @internal */
export function credentialReceipt<T>(options: CredentialReceiptOptions): CredentialReceipt<T> {
  const { kind, observer, refreshIntervalMs, refreshAheadMs = 120_000 } = options
  const intervalMs = refreshIntervalMs === 0 ? Infinity : Number(refreshIntervalMs)
  /** Credentials in a row that looked expired when they arrived, and did not say how long they live. */
  let doubts = 0

  return (given, arrival, earlier, rejected, claims) => {
    const credential = withJwtDates(given)
    checkDates(kind, credential)
    const leastMs = Math.min(5000 * 2 ** doubts, 60_000)
    const jitter = 0.9 + Math.random() / 5
    const lifespan = lifespanOf(credential, arrival, { intervalMs, refreshAheadMs, jitter, leastMs })
    const { expiredSinceMs } = lifespan
    doubts = expiredSinceMs === undefined || lifespan.lifeMs > 0 ? 0 : doubts + 1
    if (expiredSinceMs !== undefined) {
      if (rejected === undefined && credential.lifetimeMs === undefined && isValidByClock(earlier, arrival))
        throw AuthError.transient(`The ${kind} credential source gave an expired credential`, {
          code: 'ERR_AUTH_EXPIRED',
          provider: kind,
        })
      const sinceSeconds = Math.ceil(expiredSinceMs / 1000)
      notify(observer, {
        type: 'warned',
        kind,
        code: 'ERR_AUTH_CLOCK',
        message: `The ${kind} credential that has just been fetched looks expired for ${sinceSeconds} s. It is sent: check this machine's clock, and whether the source is behind`,
      })
    }
    // A credential that is not kept is fetched for each request, so the next one says nothing new about a rejection.
    const isKept = !Number.isNaN(lifespan.endMs)
    const answers = rejected ?? (isKept ? undefined : earlier?.answers)
    return { ...credential, ...lifespan, answers, claims }
  }
}

/** Where the source of a token gave no date, the claims of the token count, if it is a JWT. */
function withJwtDates<T>(credential: Credential<T> & { readonly isToken?: boolean }): Credential<T> {
  if (!Object.hasOwn(credential, 'isToken')) return credential
  const { isToken, ...given } = credential
  const { expiresAt, issuedAt } = jwtDates(given.id)
  return { ...given, expiresAt: given.expiresAt ?? expiresAt, issuedAt: given.issuedAt ?? issuedAt }
}

/**
 * Whether the clock that calls a new credential expired calls the earlier one valid: then the source is behind, and
 * not the clock ahead.
 */
function isValidByClock(earlier: Entry<unknown> | undefined, instant: Instant): boolean {
  return (
    earlier !== undefined &&
    earlier.lifetimeMs === undefined &&
    Number.isFinite(earlier.endMs) &&
    earlier.freshness(instant, 0) !== 'expired'
  )
}

/** @throws AuthError `ERR_AUTH_CREDENTIAL` (build): only the source can be corrected */
function checkDates(kind: string, { expiresAt, issuedAt, lifetimeMs }: Credential<unknown>): void {
  // Not instanceof: a Date of another realm is one, too.
  const isDate = (value: unknown) =>
    Object.prototype.toString.call(value) === '[object Date]' && !Number.isNaN(Number(value))
  for (const [name, value] of Object.entries({ expiresAt, issuedAt, lifetimeMs })) {
    const isDuration = name === 'lifetimeMs'
    if (value === undefined || (isDuration ? typeof value === 'number' && value > 0 : isDate(value))) continue
    throw AuthError.build(
      `The ${kind} credential source gave ${name} that is not ${isDuration ? 'a number above 0' : 'a valid Date'}`,
      { code: 'ERR_AUTH_CREDENTIAL', provider: kind },
    )
  }
}
