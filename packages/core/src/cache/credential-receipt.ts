import { AuthError, type AuthErrorCode } from '../contract/auth-error.js'
import { type AuthObserver, notify } from '../contract/auth-observer.js'
import type { Credential } from './credential-source.js'
import { freshness, type Instant, type Lifespan } from './freshness.js'
import { lifespanOf } from './lifespan.js'

/** @internal A credential, and how long it is used. */
export interface Entry<T> extends Credential<T> {
  readonly lifespan: Lifespan
  /** The credential whose rejection it answers. */
  readonly answers: string | undefined
}

/** @internal */
export interface CredentialReceiptOptions {
  readonly kind: string
  readonly intervalMs: number
  readonly refreshAheadMs: number
  readonly observer: AuthObserver | undefined
}

/**
 * @internal Makes entries of the credentials that a source gives.
 *
 * @param earlier the entry before
 * @param rejected the credential whose rejection was the reason
 * @throws AuthError `ERR_AUTH_CREDENTIAL` (build), `ERR_AUTH_EXPIRED` (transient)
 */
export type CredentialReceipt<T> = (
  credential: Credential<T>,
  arrival: Instant,
  earlier: Entry<T> | undefined,
  rejected: string | undefined,
) => Entry<T>

/** @internal */
export function credentialReceipt<T>(options: CredentialReceiptOptions): CredentialReceipt<T> {
  const { kind, observer } = options
  const jitter = 0.9 + Math.random() / 5
  /** Credentials in a row that looked expired when they arrived, and did not say how long they live. */
  let doubts = 0

  return (credential, arrival, earlier, rejected) => {
    checkDates(kind, credential)
    const leastMs = Math.min(5000 * 2 ** doubts, 60_000)
    const { lifespan, expiredSinceMs } = lifespanOf(credential, arrival, { ...options, jitter, leastMs })
    doubts = expiredSinceMs === undefined || lifespan.lifeMs > 0 ? 0 : doubts + 1
    if (expiredSinceMs !== undefined) {
      if (rejected === undefined && credential.lifetimeMs === undefined && isValidByClock(earlier, arrival))
        throw sourceError(kind, 'gave an expired credential', 'ERR_AUTH_EXPIRED')
      const message = clockMessage(kind, expiredSinceMs)
      notify(observer, { type: 'warned', kind, code: 'ERR_AUTH_CLOCK', message })
    }
    // A credential that is not kept is fetched for each request, so the next one says nothing new about a rejection.
    const answers = rejected ?? (isKept(lifespan) ? undefined : earlier?.answers)
    return { ...credential, lifespan, answers }
  }
}

/** @internal Whether the credential is used more than once. */
export function isKept({ end }: Lifespan): boolean {
  return !Number.isNaN(end.wallMs)
}

/** @internal @param cause a foreign error, of which only labels are kept */
export function sourceError(kind: string, how: string, code: AuthErrorCode, cause?: unknown): AuthError {
  return AuthError.transient(`The ${kind} credential source ${how}`, { code, provider: kind, cause })
}

/** Whether the clock that calls a new credential expired calls the earlier one valid: then the source is behind, and not the clock ahead. */
function isValidByClock(earlier: Entry<unknown> | undefined, instant: Instant): boolean {
  if (!earlier || earlier.lifetimeMs !== undefined || !Number.isFinite(earlier.lifespan.end.wallMs))
    return false
  return freshness(earlier.lifespan, instant, 0) !== 'expired'
}

function clockMessage(kind: string, expiredSinceMs: number): string {
  const seconds = Math.ceil(expiredSinceMs / 1000)
  return `The ${kind} credential that has just been fetched looks expired for ${seconds} s. It is sent, and the server decides: check this machine's clock, and whether the source is behind`
}

/** @throws AuthError `ERR_AUTH_CREDENTIAL` (build): only the source can be corrected */
function checkDates(kind: string, { expiresAt, issuedAt, lifetimeMs }: Credential<unknown>): void {
  const refuse = (what: string) =>
    AuthError.build(`The ${kind} credential source gave ${what}`, {
      code: 'ERR_AUTH_CREDENTIAL',
      provider: kind,
    })
  for (const [name, date] of Object.entries({ expiresAt, issuedAt })) {
    // Not instanceof: a Date of another realm is one, too.
    const isDate = Object.prototype.toString.call(date) === '[object Date]'
    if (date !== undefined && !(isDate && !Number.isNaN(Number(date))))
      throw refuse(`an ${name} that is no valid Date`)
  }
  if (lifetimeMs !== undefined && !(typeof lifetimeMs === 'number' && lifetimeMs > 0))
    throw refuse('a lifetimeMs that is not a number above 0')
}
