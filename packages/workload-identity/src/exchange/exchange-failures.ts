import { AuthError } from '@outbound-auth/core'
import { outagePause, type ServerResponse, type TokenFault } from '@outbound-auth/core/provider'
import { buildError, transientError } from '../lib/workload-error.js'
import type { Subject } from './subject-reader.js'

/** @internal Why a service gives no token. */
export type ExchangeFault = Pick<TokenFault, 'kind' | 'what'>

/** @internal The failures of one exchange. */
export interface ExchangeFailures {
  /** @throws AuthError the last outage, while the service's `Retry-After` says that it is not to be asked again */
  checkPause(): void
  /**
   * The error for a response without a token.
   *
   * @param subject what was sent; undefined in a step that sends no subject token
   */
  from(origin: string, fault: ExchangeFault, response: ServerResponse, subject?: Subject): AuthError
  unreachable(origin: string, cause: unknown, subject?: Subject): AuthError
  tooLate(origin: string, timeoutMs: number): AuthError
  /** The error for a function of the caller that takes too long. */
  noSubject(timeoutMs: number): AuthError
}

/** @internal @param advice what helps against a rejection */
export function exchangeFailures(now: () => Date, singleUse: boolean, advice: string): ExchangeFailures {
  const pause = outagePause(now)
  const text = (origin: string, what: string) => `The token endpoint of ${origin} ${what}`

  return {
    checkPause: pause.check,
    from(origin, { kind, what }, { retryAfterMs }, subject) {
      const message = text(origin, what)
      if (kind === 'outage')
        return pause.begin(transientError('ERR_AUTH_WORKLOAD_UNAVAILABLE', message), retryAfterMs)
      if (kind === 'redirect') return buildError('ERR_AUTH_REDIRECT', message)
      if (kind === 'grant' || kind === 'request')
        return buildError('ERR_AUTH_WORKLOAD_REFUSED', `${message}. ${advice}${usedBefore(subject)}`)
      return buildError(
        'ERR_AUTH_WORKLOAD_RESPONSE',
        `The response of the token endpoint of ${origin} ${what}`,
      )
    },
    unreachable(origin, cause, subject) {
      if (wasNotSent(cause)) subject?.forget()
      // The caller's own fetch may say more: that a proxy wants another credential, say.
      if (AuthError.is(cause)) return cause
      return transientError('ERR_AUTH_WORKLOAD_UNAVAILABLE', text(origin, 'could not be reached'), cause)
    },
    tooLate: (origin, timeoutMs) =>
      transientError('ERR_AUTH_TIMEOUT', text(origin, `did not respond within ${timeoutMs} ms`)),
    noSubject: (timeoutMs) =>
      transientError(
        'ERR_AUTH_TIMEOUT',
        `subjectToken gave no token within ${timeoutMs} ms. See what its function waits for`,
      ),
  }

  function usedBefore(subject: Subject | undefined): string {
    if (!subject) return ''
    if (subject.isRepeated)
      return '. The same token was sent in an earlier exchange, so it may have been used before'
    return singleUse ? '. The service accepts each token once, so the token may have been used before' : ''
  }
}

/** Codes of connections that were not made, and of certificates that were rejected before anything was sent. */
const unconnected =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|E(HOST|NET)UNREACH|UND_ERR_CONNECT_TIMEOUT|ERR_TLS_CERT_ALTNAME_INVALID)$|CERT_|_CERT$/

/** Without a connection nothing was sent. */
function wasNotSent(cause: unknown): boolean {
  return unconnected.test(String(Object(cause)['code']))
}
