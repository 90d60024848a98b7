import { AuthError } from '@outbound-auth/core'
import { passingFailure } from '@outbound-auth/core/provider'
import { checkClient, type OauthClientOptions } from '../client/oauth-options.js'
import { isRejectedGrant } from '../server/endpoint-failures.js'
import { tokenExchanger } from '../server/token-exchanger.js'
import { targetPairs } from './token-grant.js'

/** The tokens of a refresh, as `rotatingToken` of `@outbound-auth/bearer` takes them. */
export interface RefreshedGrant {
  readonly accessToken: string
  /** Absent if the server keeps the refresh token that it was shown. */
  readonly refreshToken?: string | undefined
  readonly expiresAt?: Date | undefined
}

/** The parameters of a refresh besides the refresh token. */
export interface RefreshGrantCall {
  readonly signal: AbortSignal
  /** The claims that an API wants in the new token, as JSON text; they are sent as `claims`. */
  readonly claims?: string | undefined
  /** Takes the new refresh token of a response, before anything else of the response is checked. */
  readonly keep?: ((refreshToken: string) => void) | undefined
}

/**
 * The `refresh` of `rotatingToken`, with every kind of client authentication and with discovery; `oauthRefresh` of
 * `@outbound-auth/bearer` is the smaller one for a known token endpoint and a secret.
 *
 * Only a rejected refresh token is remembered. Any other failure says nothing about it.
 *
 * @throws TypeError when an option is malformed
 * @throws AuthError from the function: those of `clientCredentials`
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-6
 * @example
 * const refresh = refreshGrant({ issuer: 'https://login.example.com', clientId: 'cli' })
 * const auth = bearerAuth({ token: rotatingToken({ store, refresh }) })
 */
export function refreshGrant(
  options: OauthClientOptions,
): (refreshToken: string, call: RefreshGrantCall) => Promise<RefreshedGrant> {
  const client = checkClient('refreshGrant', options)
  const exchanger = tokenExchanger(client)
  return async (refreshToken, { signal, keep, claims }) => {
    const grant = [
      ['grant_type', 'refresh_token'],
      ['refresh_token', refreshToken],
      ...targetPairs(client),
    ] as const
    try {
      return await exchanger.exchange({ signal, keep, claims, grant: () => grant })
    } catch (error) {
      const isPassing = AuthError.is(error) && !error.retryable && !isRejectedGrant(error)
      throw isPassing ? passingFailure(error) : error
    }
  }
}
