import type { AccessToken, AuthError } from '@outbound-auth/core'
import { isErrorValue, isSendableToken, type ServerResponse } from '@outbound-auth/core/provider'
import { lifetimeUntil } from '../lib/lifetime-until.js'
import type { ExchangeFault } from './exchange-failures.js'

/**
 * @internal Reads the token of a service account, trusting nothing in the response.
 *
 * @throws AuthError what `fail` makes
 * @see https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateAccessToken
 */
export function readImpersonation(
  response: ServerResponse,
  now: Date,
  fail: (fault: ExchangeFault) => AuthError,
): AccessToken {
  const { json, status, fault } = response
  if (response.isRedirect)
    throw fail({
      kind: 'redirect',
      what: 'responded with a redirect, which would take the credential elsewhere',
    })
  if (response.isOutage) throw fail({ kind: 'outage', what: `responded with status ${status}` })
  if (fault === 'too-long') throw fail({ kind: 'unusable', what: 'is longer than 1 MiB' })
  if (fault === 'not-utf-8') throw fail({ kind: 'unusable', what: 'is not UTF-8' })
  if (!response.ok || isErrorValue(json?.['error']))
    throw fail({ kind: 'request', what: `rejected the request: status ${status}` })
  const { accessToken, expireTime } = json ?? {}
  if (!isSendableToken(accessToken))
    throw fail({ kind: 'unusable', what: 'has no accessToken that a header can hold' })
  const lifetimeMs = lifetimeUntil(expireTime, response.headers, now)
  if (lifetimeMs === undefined) throw fail({ kind: 'unusable', what: 'has no expireTime that can be read' })
  return { token: accessToken, lifetimeMs }
}
