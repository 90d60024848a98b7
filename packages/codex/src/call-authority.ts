import { AuthError, type AuthErrorCode } from '@outbound-auth/core'
import { isLoopback, parseUrl } from '@outbound-auth/core/exchange'

/** @internal One call of a server that gives credentials. */
export interface AuthorityCall {
  /** What cannot be done without it: `Cannot refresh the ChatGPT access token`. */
  readonly purpose: string
  readonly url: string
  readonly method: 'GET' | 'POST'
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | undefined
  /** Code of a network failure, a time-out and an endless answer. */
  readonly unavailable: AuthErrorCode
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
  readonly fetch?: typeof globalThis.fetch | undefined
}

/** @internal */
export interface AuthorityAnswer {
  readonly status: number
  /** Undefined when the answer is no JSON object. */
  readonly json: Readonly<Record<string, unknown>> | undefined
}

const maxAnswerBytes = 1024 * 1024

/**
 * @internal Calls a server that gives credentials: https, or http on this machine; no redirect is followed, one time limit
 * covers everything, and at most 1 MiB is read.
 *
 * @throws AuthError `ERR_AUTH_INSECURE_TRANSPORT` (build), `unavailable` (transient); nothing of the answer is in it
 */
export async function callAuthority(call: AuthorityCall): Promise<AuthorityAnswer> {
  const { purpose, method, headers, body = null, unavailable: code, timeoutMs, signal } = call
  const { fetch = globalThis.fetch } = call
  const url = parseUrl(call.url)
  if (!url) throw new TypeError(`${purpose}: the URL of its server is no http(s) URL`)
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    const message = `${purpose}: ${url.origin} would get a credential unencrypted; use https`
    throw AuthError.build(message, { code: 'ERR_AUTH_INSECURE_TRANSPORT' })
  }
  const limit = AbortSignal.timeout(timeoutMs)
  const whole = signal ? AbortSignal.any([signal, limit]) : limit
  try {
    const init = { method, headers: { ...headers }, body, redirect: 'manual', signal: whole } as const
    const response = await fetch(url.href, init)
    return { status: response.status, json: parseObject(await readText(response)) }
  } catch (cause) {
    signal?.throwIfAborted()
    const what = limit.aborted ? `did not answer within ${timeoutMs} ms` : 'could not be reached'
    throw AuthError.transient(`${purpose}: ${url.origin} ${what}`, { code, cause })
  }
}

async function readText({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body ?? []) {
    size += chunk.length
    if (size > maxAnswerBytes) return ''
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const parsed: unknown = JSON.parse(text)
    const isObject = typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
    // Without a prototype, so that only the answer's own members are seen.
    return isObject ? Object.assign(Object.create(null), parsed) : undefined
  } catch {
    return undefined
  }
}
