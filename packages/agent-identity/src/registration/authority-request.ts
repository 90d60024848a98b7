import { AuthError } from '@outbound-auth/core'
import { askServer, pause } from '@outbound-auth/core/provider'
import { buildError, transientError } from '../lib/agent-error.js'
import { errorCodeOf } from '../lib/error-code.js'

/** How this package reaches an authority. */
export interface AuthorityAccess {
  /** @default the platform's fetch, at each call */
  readonly fetch?: typeof globalThis.fetch | undefined
  /** Ends the call at once. */
  readonly signal?: AbortSignal | undefined
}

/** @internal One call of an authority. */
export interface AuthorityRequest extends AuthorityAccess {
  /** The task, for error messages: `register the agent`. */
  readonly task: string
  readonly url: string
  readonly method: 'GET' | 'POST'
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Made anew for each attempt. */
  readonly body?: (() => unknown) | undefined
  /** Time limit of one attempt, from the connection to the last byte. */
  readonly timeoutMs: number
  /** The subject of error codes, which end with `_UNAVAILABLE`, `_REFUSED` or `_RESPONSE`. */
  readonly subject: 'REGISTRATION' | 'JWKS'
  readonly attempts: number
}

/** The error code for an agent that its authority has deleted. */
const deletedCode = 'deleted_agent_runtime_id'
/** A server may ask for a pause, but for no longer than this. */
const longestPauseMs = 10_000

/**
 * @internal Calls an authority and returns the JSON object of its response. Redirects are rejected, because the request
 * belongs to this authority. Errors contain nothing of a response.
 *
 * @throws AuthError
 * @throws the reason of `signal`, unchanged
 */
export async function askAuthority(request: AuthorityRequest): Promise<Readonly<Record<string, unknown>>> {
  const { signal, attempts } = request
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted()
    const outcome = await attemptOnce(request, attempt)
    if (!('error' in outcome)) return outcome.json
    if (!outcome.error.retryable || attempt === attempts) throw outcome.error
    const pauseMs = outcome.retryAfterMs ?? 250 * 2 ** (attempt - 1) * (0.5 + Math.random() / 2)
    await pause(pauseMs, signal)
  }
}

type Outcome =
  | { readonly json: Readonly<Record<string, unknown>> }
  | { readonly error: AuthError; readonly retryAfterMs?: number | undefined }

async function attemptOnce(request: AuthorityRequest, attempt: number): Promise<Outcome> {
  const { task, subject, timeoutMs, signal, url, method, headers, body, fetch } = request
  const failed = `Cannot ${task}: the authority`
  const tries = attempt === 1 ? '' : ` (attempt ${attempt})`
  const unavailable = (why: string, cause?: unknown) =>
    transientError(`${failed} ${why}${tries}`, `ERR_AUTH_${subject}_UNAVAILABLE`, cause)
  try {
    const response = await askServer({
      url: new URL(url),
      method,
      headers: {
        accept: 'application/json',
        ...(body && { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body && JSON.stringify(await body()),
      timeoutMs,
      signal,
      fetch,
      unreachable: (cause) => unavailable('could not be reached', cause),
      tooLate: (limitMs) => transientError(`${failed} took over ${limitMs} ms${tries}`, 'ERR_AUTH_TIMEOUT'),
    })
    const { status, ok, json } = response
    if (response.isRedirect)
      return { error: buildError(`${failed} responded with a redirect`, 'ERR_AUTH_REDIRECT') }
    if (response.isOutage) {
      const retryAfterMs = response.retryAfterMs && Math.min(response.retryAfterMs, longestPauseMs)
      return { error: unavailable(`responded with status ${status}`), retryAfterMs }
    }
    if (ok && json) return { json }
    if (ok)
      return { error: buildError(`${failed} responded with no JSON object`, `ERR_AUTH_${subject}_RESPONSE`) }
    return json && errorCodeOf(json) === deletedCode
      ? { error: buildError(`${failed} has deleted this agent`, 'ERR_AUTH_AGENT_DELETED') }
      : { error: buildError(`${failed} responded with status ${status}`, `ERR_AUTH_${subject}_REFUSED`) }
  } catch (error) {
    signal?.throwIfAborted()
    return { error: AuthError.is(error) ? error : unavailable('could not be reached', error) }
  }
}
