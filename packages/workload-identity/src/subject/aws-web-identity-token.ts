import {
  type AuthProvider,
  type AuthRequest,
  applyAuth,
  createHeaderMap,
  type TokenSource,
} from '@outbound-auth/core'
import { checkOptions, invalidOption, type ServerResponse } from '@outbound-auth/core/provider'
import { readSts } from '../aws/read-sts.js'
import { stsEndpoint } from '../aws/sts-endpoint.js'
import { type TimeLimit, withinLimit } from '../lib/time-limit.js'
import { buildError, transientError } from '../lib/workload-error.js'
import { checkLifetime } from '../options/check-lifetime.js'
import { askPlatform, checkPlatformToken, platformError } from './ask-platform.js'

/** Options of {@link awsWebIdentityToken}. */
export interface AwsWebIdentityOptions {
  /** The `aud` of the token, or several. */
  readonly audience: string | readonly string[]
  /** The region whose AWS STS is asked: there is no global endpoint for it. */
  readonly region: string
  /** Signs the request: `sigV4Auth` for the service `sts` and the same region. */
  readonly auth: AuthProvider
  /** @default 'RS256' */
  readonly signingAlgorithm?: 'RS256' | 'ES384' | undefined
  /** How long the token lives, in milliseconds: 60000 to 3600000. @default 300000 */
  readonly lifetimeMs?: number | undefined
  /** Time limit of one call in milliseconds. @default 10000 */
  readonly timeoutMs?: number | undefined
  /** @default the platform's fetch */
  readonly fetch?: typeof globalThis.fetch | undefined
}

const name = 'AWS STS'
const action = 'GetWebIdentityToken'
const advice =
  'The account must have outbound identity federation enabled, and the role the permission sts:GetWebIdentityToken'
const algorithms = ['RS256', 'ES384']

/**
 * A subject token: the identity of an AWS role, as a JWT for another service (`GetWebIdentityToken`). AWS STS is asked
 * anew for each exchange.
 *
 * @throws TypeError when an option is malformed
 * @throws AuthError from the source: `ERR_AUTH_WORKLOAD_SUBJECT` (both), `ERR_AUTH_REDIRECT` (build), and those of
 * `auth`
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_GetWebIdentityToken.html
 * @example
 * const auth = sigV4Auth({ service: 'sts', region: 'us-east-1', credentials: awsCredentials() })
 * const subjectToken = awsWebIdentityToken({ audience: 'https://api.openai.com/v1', region: 'us-east-1', auth })
 */
export function awsWebIdentityToken(options: AwsWebIdentityOptions): TokenSource {
  const factory = 'awsWebIdentityToken'
  const names = ['audience', 'region', 'auth', 'signingAlgorithm', 'lifetimeMs', 'timeoutMs', 'fetch']
  const checked = checkOptions(factory, options, names)
  const { auth, signingAlgorithm = 'RS256', lifetimeMs = 300_000, timeoutMs = 10_000, fetch } = checked
  const audiences: readonly unknown[] = [checked.audience].flat()
  if (audiences.length === 0 || audiences.some((entry) => typeof entry !== 'string' || entry.trim() === ''))
    throw invalidOption(factory, 'audience', 'a string or a list of strings', checked.audience)
  if (typeof auth?.addAuthHeaders !== 'function')
    throw invalidOption(factory, 'auth', 'a provider, such as sigV4Auth', auth)
  if (!algorithms.includes(signingAlgorithm))
    throw invalidOption(factory, 'signingAlgorithm', "'RS256' or 'ES384'", signingAlgorithm)
  checkLifetime(factory, lifetimeMs, 60_000, 3_600_000)
  const url = new URL(stsEndpoint(factory, String(checked.region)))
  const pairs = [
    ...audiences.map((audience, index) => [`Audience.member.${index + 1}`, String(audience)]),
    ['DurationSeconds', String(Math.round(lifetimeMs / 1000))],
    ['SigningAlgorithm', signingAlgorithm],
    ['Action', action],
    ['Version', '2011-06-15'],
  ]
  const body = new URLSearchParams(pairs).toString()

  async function send({ signal, leftMs }: TimeLimit) {
    const headers = createHeaderMap({ 'content-type': 'application/x-www-form-urlencoded' })
    const unsigned: AuthRequest = { method: 'POST', url: url.href, headers, body }
    const request = await applyAuth(auth, unsigned, { signal })
    const call = { name, url, headers: Object.fromEntries(request.headers), body, signal, fetch }
    return { request, response: await askPlatform({ ...call, method: 'POST', timeoutMs: leftMs() }) }
  }

  async function ask(limit: TimeLimit): Promise<ServerResponse> {
    const { request, response } = await send(limit)
    const { status, headers, text } = response
    const isRejected = (auth.recoverStatuses ?? [401]).includes(status)
    const rejection = { request, status, headers, readBody: async () => text, attempt: 0 }
    const isRecovered = isRejected && (await auth.recover?.(rejection, { signal: limit.signal }))
    return isRecovered ? (await send(limit)).response : response
  }

  const code = 'ERR_AUTH_WORKLOAD_SUBJECT'
  const tooLate = () => transientError(code, `${name} did not respond within ${timeoutMs} ms`)
  return async ({ signal }) => {
    const response = await withinLimit(timeoutMs, signal, tooLate, ask)
    const textOf = readSts(response, action, ({ kind, what }) => {
      if (kind === 'outage') return transientError(code, `${name} ${what}`)
      if (kind === 'request') return buildError(code, `${name} ${what}. ${advice}`)
      return platformError(name, kind, what)
    })
    return checkPlatformToken(name, textOf('WebIdentityToken'))
  }
}
