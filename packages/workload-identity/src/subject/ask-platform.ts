import { AuthError } from '@outbound-auth/core'
import {
  askServer,
  isSendableToken,
  type ServerCall,
  type ServerResponse,
} from '@outbound-auth/core/provider'
import { buildError, transientError } from '../lib/workload-error.js'

const code = 'ERR_AUTH_WORKLOAD_SUBJECT'

/** @internal One request to the service of a platform. */
export interface PlatformCall
  extends Pick<ServerCall, 'url' | 'headers' | 'timeoutMs' | 'signal' | 'fetch' | 'body'> {
  /** The name of the service, for messages: `The metadata service of Google Cloud`. */
  readonly name: string
  /** @default 'GET' */
  readonly method?: ServerCall['method']
}

/**
 * @internal Asks the service of a platform for something, once.
 *
 * @throws AuthError `ERR_AUTH_WORKLOAD_SUBJECT` (transient) when the service cannot be reached in time
 */
export function askPlatform({ name, ...call }: PlatformCall): Promise<ServerResponse> {
  return askServer({
    method: 'GET',
    ...call,
    unreachable: (cause) =>
      AuthError.is(cause) ? cause : transientError(code, `${name} could not be reached`, cause),
    tooLate: (limitMs) => transientError(code, `${name} did not respond within ${limitMs} ms`),
  })
}

/**
 * @internal Rejects a response without a token.
 *
 * @param advice what helps when the service rejects the request
 * @param passingStatuses further statuses after which a later try may succeed
 * @throws AuthError `ERR_AUTH_WORKLOAD_SUBJECT` (both), `ERR_AUTH_REDIRECT` (build)
 */
export function checkPlatformResponse(
  name: string,
  { ok, status, isRedirect, isOutage, fault }: ServerResponse,
  advice: string,
  passingStatuses: readonly number[] = [],
): void {
  if (isRedirect) throw platformError(name, 'redirect', 'responded with a redirect')
  if (isOutage || passingStatuses.includes(status))
    throw transientError(code, `${name} responded with status ${status}`)
  if (!ok) throw buildError(code, `${name} rejected the request: status ${status}. ${advice}`)
  if (fault) throw platformError(name, 'unusable', 'is too long, or not UTF-8')
}

/** @internal The error for a redirect, or for a response that cannot be used. */
export function platformError(name: string, kind: string, what: string): AuthError {
  return kind === 'redirect'
    ? buildError('ERR_AUTH_REDIRECT', `${name} ${what}`)
    : buildError(code, `The response of ${name} ${what}`)
}

/** @internal @throws AuthError `ERR_AUTH_WORKLOAD_SUBJECT` (build) when the value cannot be a token */
export function checkPlatformToken(name: string, value: unknown): string {
  const token = typeof value === 'string' ? value.trim() : value
  if (isSendableToken(token)) return token
  throw platformError(name, 'unusable', 'has no token')
}
