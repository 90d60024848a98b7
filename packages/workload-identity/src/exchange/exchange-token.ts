import type { AccessToken, SourceOptions } from '@outbound-auth/core'
import { jwtExpiresAt, readTokenResponse } from '@outbound-auth/core/provider'
import { type TimeLimit, withinLimit } from '../lib/time-limit.js'
import type { Workload } from '../options/check-workload.js'
import type { GcpAccessWorkload, GcpWorkload } from '../options/workload-options.js'
import { adviceFor } from './advice.js'
import { exchangeFailures } from './exchange-failures.js'
import { readImpersonation } from './read-impersonation.js'
import { sendRequest } from './send-request.js'
import { impersonatedScopes, serviceRequest } from './service-request.js'
import { type Subject, subjectReader } from './subject-reader.js'

const serviceAccounts = 'https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/'

/** @internal Exchanges a new subject token at each call. */
export type WorkloadExchanger = (call: Partial<SourceOptions>) => Promise<AccessToken>

/**
 * @internal Makes the exchanger of one workload. Its state is the pause after an outage and the digests.
 */
export function workloadExchanger(workload: Workload): WorkloadExchanger {
  const { endpoint, timeoutMs, now, singleUse } = workload
  const failures = exchangeFailures(now, singleUse, adviceFor(workload))
  const readSubject = subjectReader(workload)

  async function exchange(limit: TimeLimit, call: Partial<SourceOptions>): Promise<AccessToken> {
    const { signal } = limit
    limit.begin(() => failures.noSubject(timeoutMs))
    const subject = await readSubject({ signal, observer: call.observer })
    if (workload.service === 'gcp' && workload.subjectTokenType === 'access_token') {
      const { impersonate: account } = workload
      return account === undefined
        ? livingSubject(subject)
        : impersonate(workload, account, subject.token, limit)
    }
    const request = serviceRequest(workload, subject.token, call.claims)
    const response = await sendRequest(workload, failures, endpoint, request, limit, subject)
    const { accessToken, expiresAt } = readTokenResponse(response, {
      now: now(),
      fail: (fault) => failures.from(endpoint.origin, fault, response, subject),
    })
    if (workload.service === 'gcp' && workload.impersonate !== undefined)
      return impersonate(workload, workload.impersonate, accessToken, limit)
    return expiresAt
      ? { token: accessToken, lifetimeMs: Math.max(1, expiresAt.getTime() - now().getTime()) }
      : ofUnknownLife(accessToken)
  }

  function ofUnknownLife(token: string): AccessToken {
    return jwtExpiresAt(token) ? { token } : { token, lifetimeMs: Math.max(1, workload.defaultLifetimeMs) }
  }

  /** The subject token itself, with the life that its function says. */
  function livingSubject({ token, life }: Subject): AccessToken {
    return life.lifetimeMs === undefined && life.expiresAt === undefined
      ? ofUnknownLife(token)
      : { ...life, token }
  }

  async function impersonate(
    { scope, lifetimeMs = 3_600_000 }: GcpWorkload | GcpAccessWorkload,
    account: string,
    token: string,
    limit: TimeLimit,
  ): Promise<AccessToken> {
    const url = new URL(`${serviceAccounts}${encodeURIComponent(account)}:generateAccessToken`)
    const body = { scope: impersonatedScopes(scope), lifetime: `${Math.round(lifetimeMs / 1000)}s` }
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` }
    const request = { headers, body: JSON.stringify(body) }
    const response = await sendRequest(workload, failures, url, request, limit)
    return readImpersonation(response, now(), (fault) => failures.from(url.origin, fault, response))
  }

  return async (call) => {
    call.signal?.throwIfAborted()
    failures.checkPause()
    const tooLate = () => failures.tooLate(endpoint.origin, timeoutMs)
    return withinLimit(timeoutMs, call.signal, tooLate, (limit) => exchange(limit, call))
  }
}
