import { AuthError } from '@outbound-auth/core'
import { untilAborted } from '@outbound-auth/core/provider'
import { buildError, transientError } from '../lib/agent-error.js'
import { errorCodeOf } from '../lib/error-code.js'
import { retryAfterMs } from './retry-after.js'

/** How this package reaches an authority. */
export interface AuthorityAccess {
  /** @default the platform's fetch, at each call */
  readonly fetch?: typeof globalThis.fetch | undefined
  /** Ends the call at once. */
  readonly signal?: AbortSignal | undefined
}

/** @internal One call of an authority. */
export interface AuthorityRequest extends AuthorityAccess {
  /** What could not be done, for errors: `register the agent`. */
  readonly task: string
  readonly url: string
  readonly method: 'GET' | 'POST'
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Made anew for each attempt. */
  readonly body?: (() => unknown) | undefined
  /** Time limit of one attempt, from the connection to the last byte. */
  readonly timeoutMs: number
  /** What a failure's code is about; it ends with `_UNAVAILABLE`, `_REFUSED` or `_ANSWER`. */
  readonly subject: 'REGISTRATION' | 'JWKS'
  readonly attempts: number
}

/** An agent that its authority has deleted. */
const deletedCode = 'deleted_agent_runtime_id'
const maxBodyBytes = 1024 * 1024

/**
 * @internal Calls an authority and returns the JSON object that it answers. Redirects are refused, since what is sent belongs
 * to this authority; nothing of an answer gets into an error.
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
  const { task, subject, timeoutMs, signal, url, method, headers, body } = request
  const failed = `Cannot ${task}: the authority`
  const tries = attempt === 1 ? '' : ` (attempt ${attempt})`
  const unavailable = (why: string, cause?: unknown) =>
    transientError(`${failed} ${why}${tries}`, `ERR_AUTH_${subject}_UNAVAILABLE`, cause)
  const limit = new AbortController()
  const timer = setTimeout(
    () => limit.abort(transientError(`${failed} took over ${timeoutMs} ms${tries}`, 'ERR_AUTH_TIMEOUT')),
    timeoutMs,
  )
  const abort = () => limit.abort(signal?.reason)
  signal?.addEventListener('abort', abort)
  try {
    const { fetch = globalThis.fetch } = request
    const sent = fetch(url, {
      method,
      headers: {
        accept: 'application/json',
        ...(body && { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body ? JSON.stringify(await body()) : null,
      redirect: 'manual',
      signal: limit.signal,
    })
    const response = await untilAborted(sent, limit.signal)
    const { status } = response
    if (response.type === 'opaqueredirect' || (status >= 300 && status < 400)) {
      end(response)
      return { error: buildError(`${failed} answered with a redirect`, 'ERR_AUTH_REDIRECT') }
    }
    if (status === 429 || status >= 500) {
      end(response)
      return { error: unavailable(`answered ${status}`), retryAfterMs: retryAfterMs(response.headers) }
    }
    const json = parseObject(await untilAborted(readText(response), limit.signal))
    if (!response.ok) {
      return json && errorCodeOf(json) === deletedCode
        ? { error: buildError(`${failed} has deleted this agent`, 'ERR_AUTH_AGENT_DELETED') }
        : { error: buildError(`${failed} answered ${status}`, `ERR_AUTH_${subject}_REFUSED`) }
    }
    return json
      ? { json }
      : { error: buildError(`${failed} answered no JSON object`, `ERR_AUTH_${subject}_ANSWER`) }
  } catch (error) {
    signal?.throwIfAborted()
    return { error: AuthError.is(error) ? error : unavailable('could not be reached', error) }
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', abort)
    limit.abort()
  }
}

/** Ends an answer that nobody reads, so that its connection is free again. */
function end(response: Response): void {
  response.body?.cancel().catch(() => {})
}

/** The text of an answer; empty when it is too long to be one. */
async function readText({ body }: Response): Promise<string> {
  const reader = body?.getReader()
  if (!reader) return ''
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return text + decoder.decode()
    bytes += value.byteLength
    if (bytes > maxBodyBytes) {
      reader.cancel().catch(() => {})
      return ''
    }
    text += decoder.decode(value, { stream: true })
  }
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    // Without a prototype, so that only the answer's own members are seen.
    return isObject(value) && !Array.isArray(value) ? Object.assign(Object.create(null), value) : undefined
  } catch {
    return undefined
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const paused = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  await untilAborted(paused, signal).finally(() => clearTimeout(timer))
}
