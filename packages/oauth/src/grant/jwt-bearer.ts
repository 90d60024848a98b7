import type { TokenSource } from '@outbound-auth/core'
import { optionError } from '@outbound-auth/core/provider'
import { checkClient, type OauthClient, type OauthClientOptions } from '../client/oauth-options.js'
import { readSource } from '../client/read-source.js'
import { tokenExchanger } from '../server/token-exchanger.js'
import { type Grant, grantSource, targetPairs } from './token-grant.js'

/** Options of {@link jwtBearer}. */
export interface JwtBearerOptions extends OauthClientOptions {
  /**
   * The JWT that is exchanged, or a function that gets it. The function is called for each request, since many JWTs
   * are good for one.
   */
  readonly assertion: string | TokenSource
}

/** @internal */
export const jwtBearerNames = ['assertion'] as const

/**
 * A token source: exchanges a JWT that says who the user or the workload is (JWT bearer grant).
 *
 * @throws TypeError when an option is malformed
 * @throws AuthError from the source: those of `clientCredentials`, and what `assertion` throws
 * @see https://www.rfc-editor.org/rfc/rfc7523#section-2.1
 * @example
 * const token = jwtBearer({ tokenEndpoint, clientId: 'agent', assertion: () => readPlatformToken() })
 */
export function jwtBearer(options: JwtBearerOptions): TokenSource {
  const client = checkClient('jwtBearer', options, jwtBearerNames)
  return grantSource(client, tokenExchanger(client), jwtBearerGrant(client, client.assertion))
}

/** @internal @throws TypeError when the assertion is missing */
export function jwtBearerGrant(client: OauthClient, assertion: string | TokenSource): Grant {
  checkGiven(client, 'assertion', assertion)
  return async (call) => [
    ['grant_type', 'urn:ietf:params:oauth:grant-type:jwt-bearer'],
    ['assertion', await readSource('assertion', assertion, call)],
    ...targetPairs(client),
  ]
}

/** @internal @throws TypeError when it is neither a function nor a string with something in it */
export function checkGiven({ factory }: OauthClient, option: string, value: unknown): void {
  if (typeof value === 'function' || (typeof value === 'string' && value.trim() !== '')) return
  throw optionError(`${factory}: ${option} must be a function or a string that is not empty`, option)
}
