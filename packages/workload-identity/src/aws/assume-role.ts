import type { SourceOptions } from '@outbound-auth/core'
import { isSendableToken } from '@outbound-auth/core/provider'
import { exchangeFailures } from '../exchange/exchange-failures.js'
import { sendRequest } from '../exchange/send-request.js'
import { form } from '../exchange/service-request.js'
import { subjectReader } from '../exchange/subject-reader.js'
import { lifetimeUntil } from '../lib/lifetime-until.js'
import { withinLimit } from '../lib/time-limit.js'
import type { CheckedExchange } from '../options/check-workload.js'
import type { WebIdentityKeys, WebIdentityOptions } from '../options/web-identity-options.js'
import { readSts } from './read-sts.js'

const action = 'AssumeRoleWithWebIdentity'
const advice = 'Compare iss, aud and sub of the subject token with the trust policy of roleArn'

/** @internal Makes the function that exchanges a new subject token for credentials at each call. */
export function roleAssumer(
  options: WebIdentityOptions & CheckedExchange,
): (call: Partial<SourceOptions>) => Promise<WebIdentityKeys> {
  const { endpoint, timeoutMs, now, singleUse, roleArn, sessionName = 'outbound-auth', lifetimeMs } = options
  const { origin } = endpoint
  const failures = exchangeFailures(now, singleUse, advice)
  const readSubject = subjectReader(options)
  const duration = lifetimeMs === undefined ? undefined : String(Math.round(lifetimeMs / 1000))

  return async ({ signal, observer }) => {
    signal?.throwIfAborted()
    failures.checkPause()
    const tooLate = () => failures.tooLate(origin, timeoutMs)
    return withinLimit(timeoutMs, signal, tooLate, async (limit) => {
      limit.begin(() => failures.noSubject(timeoutMs))
      const subject = await readSubject({ signal: limit.signal, observer })
      const { body } = form({
        RoleArn: roleArn,
        RoleSessionName: sessionName,
        WebIdentityToken: subject.token,
        DurationSeconds: duration,
        Action: action,
        Version: '2011-06-15',
      })
      const headers = { 'content-type': 'application/x-www-form-urlencoded' }
      const response = await sendRequest(options, failures, endpoint, { headers, body }, limit, subject)
      const fail = (what: string) => failures.from(origin, { kind: 'unusable', what }, response, subject)
      const textOf = readSts(response, action, (fault) => failures.from(origin, fault, response, subject))
      const part = (name: string) => {
        const value = textOf(`Credentials/${name}`)
        if (isSendableToken(value)) return value
        throw fail(`has no ${name} that can be used`)
      }
      const [accessKeyId, secretAccessKey, sessionToken] = [
        part('AccessKeyId'),
        part('SecretAccessKey'),
        part('SessionToken'),
      ]
      const at = now()
      const leftMs = lifetimeUntil(textOf('Credentials/Expiration'), response.headers, at)
      if (leftMs === undefined) throw fail('has no Expiration that can be read')
      return { accessKeyId, secretAccessKey, sessionToken, expiration: new Date(at.getTime() + leftMs) }
    })
  }
}
