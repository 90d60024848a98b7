import { authFetch, type Fetch } from '@outbound-auth/fetch'
import type { ResolvedAuth } from '@outbound-auth/resolver'
import { networkError } from '../network/network-error.js'
import type { OutgoingRequest } from './outgoing-request.js'
import { redactHeaders, redactUrl } from './redact-request.js'

/** One authenticated request to send. */
export interface RequestToSend extends OutgoingRequest {
  readonly method: string
  readonly url: string
  readonly resolved: ResolvedAuth
  /** `--allow-insecure-transport`; without it the definition decides. */
  readonly allowInsecureTransport?: boolean | undefined
  readonly signal?: AbortSignal | undefined
  readonly fetch?: Fetch | undefined
  /** The variable whose proxy the request goes through. */
  readonly proxy?: string | undefined
  /** Takes lines about each step, without a secret. */
  readonly log?: ((line: string) => void) | undefined
}

/** A response, and the number of requests that it took. */
export interface SentRequest {
  readonly response: Response
  readonly attempts: number
}

/**
 * Sends through `authFetch`, the way of every command.
 *
 * @throws AuthError when the request was not authenticated; CommandError of class `network`
 */
export async function sendRequest(request: RequestToSend): Promise<SentRequest> {
  const { method, url, headers, body, resolved, allowInsecureTransport, signal, log } = request
  let attempts = 0
  const underlying: Fetch = async (input, init) => {
    attempts += 1
    const shown = redactUrl(String(input), resolved)
    log?.(`> ${init?.method} ${shown}`)
    const sent = Object.entries((init?.headers ?? {}) as Record<string, string>)
    for (const [name, value] of redactHeaders(sent, resolved)) log?.(`> ${name}: ${value}`)
    try {
      const response = await (request.fetch ?? globalThis.fetch)(input, init)
      log?.(`< ${statusOf(response)}`)
      return response
    } catch (error) {
      signal?.throwIfAborted()
      const texts = [String(input), ...sent.flat(), new TextDecoder().decode(body)]
      throw networkError(error, {
        problem: `Cannot reach ${new URL(shown).origin}`,
        proxy: request.proxy,
        sent: texts,
      })
    }
  }
  const send = authFetch(resolved, {
    fetch: underlying,
    allowInsecureTransport,
    observer(event) {
      if (event.type !== 'recovered') return
      const result = event.outcome === 'retry' ? 'there is another credential, sending again' : event.outcome
      log?.(`* the ${event.kind} credential was rejected with ${event.status}: ${result}`)
    },
  })
  const init: RequestInit = { method, headers: Object.fromEntries(headers), body: body ?? null }
  const response = await send(url, signal ? { ...init, signal } : init)
  return { response, attempts }
}

/** Status code and text of a response. */
export function statusOf({ status, statusText }: Response): string {
  return `${status} ${statusText}`.trim()
}
