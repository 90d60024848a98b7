import { AuthError } from '@outbound-auth/core'
import { outagePause, type ServerResponse, type TokenFault } from '@outbound-auth/core/provider'
import { buildError, transientError } from '../lib/oauth-error.js'

const rejectedGrant: unique symbol = Symbol('rejectedGrant')

/** @internal The failures of one token endpoint. */
export interface EndpointFailures {
  /** @throws AuthError the last outage, while the server's `Retry-After` says that it is not to be asked again */
  checkPause(): void
  /**
   * The error for a response that grants nothing.
   *
   * @param advice what else may help, for a rejected client
   */
  from(origin: string, fault: TokenFault, response: ServerResponse, advice: string): AuthError
  unreachable(origin: string, cause: unknown): AuthError
  tooLate(origin: string, timeoutMs: number): AuthError
}

/** @internal */
export function endpointFailures(now: () => Date): EndpointFailures {
  const pause = outagePause(now)
  const text = (origin: string, what: string) => `The token endpoint of ${origin} ${what}`

  return {
    checkPause: pause.check,
    from(origin, fault, response, advice) {
      const { kind, what, error } = fault
      const { retryAfterMs } = response
      const message = text(origin, what)
      if (kind === 'outage')
        return pause.begin(transientError('ERR_AUTH_OAUTH_UNAVAILABLE', message), retryAfterMs)
      if (kind === 'redirect') return buildError('ERR_AUTH_REDIRECT', message)
      const isClient = isRejectedClient(fault, response) || error === 'unauthorized_client'
      if (kind === 'grant' || kind === 'request') {
        const refusal = buildError('ERR_AUTH_OAUTH_REFUSED', message + (isClient ? `. ${advice}` : ''))
        return kind === 'grant' ? Object.defineProperty(refusal, rejectedGrant, { value: true }) : refusal
      }
      return buildError('ERR_AUTH_OAUTH_RESPONSE', `The response of the token endpoint of ${origin} ${what}`)
    },
    // The caller's own fetch may say more: that a proxy wants another credential, say.
    unreachable: (origin, cause) =>
      AuthError.is(cause)
        ? cause
        : transientError('ERR_AUTH_OAUTH_UNAVAILABLE', text(origin, 'could not be reached'), cause),
    tooLate: (origin, timeoutMs) =>
      transientError('ERR_AUTH_TIMEOUT', text(origin, `did not respond within ${timeoutMs} ms`)),
  }
}

/** @internal Whether a server has rejected what was exchanged, and not the request. */
export function isRejectedGrant(error: AuthError): boolean {
  return (error as { [rejectedGrant]?: unknown })[rejectedGrant] === true
}

/**
 * @internal Whether a server has rejected the client's credential. Keycloak says `unauthorized_client` with status 401,
 * and GitHub a code of its own with status 200.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-5.2
 */
export function isRejectedClient(
  { kind, error }: Pick<TokenFault, 'kind' | 'error'>,
  { status }: Pick<ServerResponse, 'status'>,
): boolean {
  if (kind !== 'request' || error.includes('dpop')) return false
  return status === 401 || error === 'invalid_client' || error === 'incorrect_client_credentials'
}
