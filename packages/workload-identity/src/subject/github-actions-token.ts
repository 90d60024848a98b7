import type { SourceOptions, TokenSource } from '@outbound-auth/core'
import {
  checkOptions,
  type Environment,
  invalidOption,
  isLoopback,
  isSendableToken,
  parseUrl,
  readEnvironment,
} from '@outbound-auth/core/provider'
import { buildError } from '../lib/workload-error.js'
import { askPlatform, checkPlatformResponse, checkPlatformToken } from './ask-platform.js'

/** Options of {@link githubActionsToken}. */
export interface GithubActionsOptions {
  /** The `aud` of the token, as the service that takes it wants it. */
  readonly audience: string
  /** @default the variable ACTIONS_ID_TOKEN_REQUEST_URL, at each call */
  readonly requestUrl?: string | undefined
  /** @default the variable ACTIONS_ID_TOKEN_REQUEST_TOKEN, at each call */
  readonly requestToken?: string | undefined
  /** Environment variables. @default process.env */
  readonly env?: Environment | undefined
  /** Time limit of one request in milliseconds. @default 10000 */
  readonly timeoutMs?: number | undefined
  /** @default the platform's fetch */
  readonly fetch?: typeof globalThis.fetch | undefined
}

const name = 'the token service of GitHub Actions'
const advice = 'The job needs the permission id-token: write'

/**
 * A subject token: the identity of a job of GitHub Actions. The service is asked anew for each exchange, since a token
 * lives for 5 minutes.
 *
 * The job needs `permissions: id-token: write`, without which GitHub sets no variables.
 *
 * @throws TypeError when an option is malformed
 * @throws AuthError from the source: `ERR_AUTH_WORKLOAD_SUBJECT` (both), `ERR_AUTH_REDIRECT` (build)
 * @see https://docs.github.com/actions/reference/security/oidc
 * @example
 * const subjectToken = githubActionsToken({ audience: 'https://api.anthropic.com' })
 */
export function githubActionsToken(options: GithubActionsOptions): TokenSource {
  const factory = 'githubActionsToken'
  const names = ['audience', 'requestUrl', 'requestToken', 'env', 'timeoutMs', 'fetch']
  const { audience, env, timeoutMs = 10_000, fetch, ...given } = checkOptions(factory, options, names)
  for (const [option, value] of Object.entries({ audience, ...given })) {
    const isMissing = value === undefined && option !== 'audience'
    if (!isMissing && (typeof value !== 'string' || value.trim() === ''))
      throw invalidOption(factory, option, 'a string that is not empty', value)
  }
  return async ({ signal }: SourceOptions) => {
    const url = requestUrl(given.requestUrl ?? variable('ACTIONS_ID_TOKEN_REQUEST_URL', env))
    const requestToken = (given.requestToken ?? variable('ACTIONS_ID_TOKEN_REQUEST_TOKEN', env)).trim()
    if (!isSendableToken(requestToken))
      throw buildError(
        'ERR_AUTH_WORKLOAD_SUBJECT',
        `Cannot ask ${name}: its request token has characters that no token has, or is empty`,
      )
    url.searchParams.set('audience', audience)
    const headers = { accept: 'application/json', authorization: `Bearer ${requestToken}` }
    const response = await askPlatform({ name, url, headers, timeoutMs, signal, fetch })
    checkPlatformResponse(name, response, advice)
    return checkPlatformToken(name, response.json?.['value'])
  }
}

function variable(variableName: string, env: Environment | undefined): string {
  const value = readEnvironment(variableName, env)
  if (value !== undefined) return value
  throw buildError(
    'ERR_AUTH_WORKLOAD_SUBJECT',
    `Cannot ask ${name}: the variable ${variableName} is not set. ${advice}`,
  )
}

/** The request token goes to this URL, so it is https, or on this machine. */
function requestUrl(text: string): URL {
  const url = parseUrl(text)
  if (url && (url.protocol === 'https:' || isLoopback(url.hostname))) return url
  throw buildError(
    'ERR_AUTH_WORKLOAD_SUBJECT',
    `Cannot ask ${name}: its URL must be an https URL without user name and password`,
  )
}
