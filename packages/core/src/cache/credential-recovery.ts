import { AuthError } from '../contract/auth-error.js'
import type { ApplyAuthOptions } from '../contract/auth-provider.js'
import type { Entry } from './credential-receipt.js'
import type { CredentialRenewal } from './credential-renewal.js'
import { rejectionPause } from './rejection-pause.js'

/** What a rejection asks of a new credential. */
export interface RecoverCredentialOptions extends ApplyAuthOptions {
  /** The claims that the server wants in it, for the source. A credential that was fetched without them is renewed. */
  readonly claims?: string | undefined
}

/** @internal Renewal of a credential that may be valid: a server rejected it, or its owner wants another one. */
export interface CredentialRecovery<T> {
  /** @throws AuthError what the source threw */
  renew(options: RecoverCredentialOptions | undefined): Promise<Entry<T>>
  /** Renews a rejected credential. Returns whether there is another one now. */
  recover(rejected: string, attempt: number, options: RecoverCredentialOptions | undefined): Promise<boolean>
  /** To be called when the credential has changed for another reason than a rejection. */
  reset(): void
}

/** @internal @param clock milliseconds */
export function credentialRecovery<T>(
  renewal: CredentialRenewal<T>,
  clock: () => number,
): CredentialRecovery<T> {
  const rejections = rejectionPause(clock)

  async function renew(options: RecoverCredentialOptions = {}, rejected?: string) {
    const { signal, minValidityMs, claims } = options
    const request = { reason: 'rejected', minValidityMs, forceRefresh: true, rejected, claims } as const
    const outcome = await renewal.wait(request, signal)
    if (AuthError.is(outcome)) throw outcome
    return outcome
  }

  return {
    renew: (options) => renew(options),
    reset: rejections.reset,
    async recover(rejected, attempt, options) {
      const claims = options?.claims
      const isChanged = () => {
        const latest = renewal.latest()
        return latest !== undefined && latest.id !== rejected && (!claims || latest.claims === claims)
      }
      if (isChanged()) return true
      // The current credential was fetched because of a rejection, and the same request is rejected again. For a later
      // request the credential may have expired meanwhile, as every credential does.
      const isAgain = attempt > 0 && renewal.latest()?.answers !== undefined
      // Such a credential is not worth a third send.
      if (!rejections.allowsRenewal(renewal.latest(), isAgain) || isAgain) return false
      while (!isChanged()) {
        const outcome = await renew(options, rejected)
        // A renewal that began before the rejection may bring the rejected credential once more.
        if (outcome.id === rejected && outcome.answers === rejected) {
          rejections.noteRepeated(outcome)
          return false
        }
      }
      return true
    },
  }
}
