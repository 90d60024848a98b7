import { setTimeout } from 'node:timers/promises'
import { type AuthBinding, AuthError, type AuthProvider, TransportError } from '@outbound-auth/core'
import { authFetch } from '@outbound-auth/fetch'
import { readEvents } from './read-events.js'

/** Options of {@link createClient}. */
export interface ClientOptions {
  /**
   * Whatever credential the user has. The client never asks which: there is no `apiKey`, no `token` and no region
   * here. A binding, such as the resolver's result, brings the origins that may see it, and static headers.
   */
  readonly auth: AuthProvider | AuthBinding
  /** Where the API is; the credential of a bare provider goes to this origin and nowhere else. */
  readonly baseUrl: string
  /** @default 2 */
  readonly maxRetries?: number
}

/** A question to the model. */
export interface ChatRequest {
  readonly model: string
  readonly messages: readonly { readonly role: 'system' | 'user' | 'assistant'; readonly content: string }[]
}

/** Options of one call. */
export interface CallOptions {
  /** An abort rejects with its `reason`. */
  readonly signal?: AbortSignal
}

/** A client of one API. It fails with a `TransportError`, whose `retryable` says whether a retry does no harm. */
export interface Client {
  /** The whole answer. */
  complete(request: ChatRequest, options?: CallOptions): Promise<string>
  /** The answer, piece by piece. */
  stream(request: ChatRequest, options?: CallOptions): AsyncGenerator<string, void, undefined>
}

interface Completion {
  readonly choices?: readonly { readonly message: { readonly content: string } }[]
}

interface CompletionChunk {
  readonly choices?: readonly { readonly delta: { readonly content?: string } }[]
  readonly error?: ServerFault
}

interface ServerFault {
  readonly message?: string
}

/** Makes a client of an API that speaks as OpenAI's chat completions do. */
export function createClient({ auth, baseUrl, maxRetries = 2 }: ClientOptions): Client {
  const allowedOrigins = [new URL(baseUrl).origin]
  // A list given with a binding would replace the binding's own.
  const fetch = 'provider' in auth ? authFetch(auth) : authFetch(auth, { allowedOrigins })

  async function post(body: object, signal?: AbortSignal): Promise<Response> {
    for (let attempt = 0; ; attempt++) {
      try {
        const response = await fetch(`${baseUrl}/chat/completions`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
          signal: signal ?? null,
        })
        if (response.ok) return response
        throw await httpError(response)
      } catch (error) {
        const failure = toTransportError(error, signal)
        if (!failure.retryable || attempt >= maxRetries) throw failure
      }
      await setTimeout(250 * 2 ** attempt, undefined, { signal }).catch(() => signal?.throwIfAborted())
    }
  }

  return {
    async complete(request, { signal } = {}) {
      const response = await post(request, signal)
      try {
        const { choices } = (await response.json()) as Completion
        return choices?.[0]?.message.content ?? ''
      } catch (error) {
        throw toTransportError(error, signal)
      }
    },
    async *stream(request, { signal } = {}) {
      const { body } = await post({ ...request, stream: true }, signal)
      try {
        for await (const data of readEvents(body ?? [])) {
          if (data === '[DONE]') return
          const { choices, error } = JSON.parse(data) as CompletionChunk
          if (error) throw new TransportError('http', withReason('The stream ended with an error', error))
          yield choices?.[0]?.delta.content ?? ''
        }
      } catch (error) {
        throw toTransportError(error, signal)
      }
      // Half an answer must not pass for a whole one.
      throw new TransportError('network', 'The stream ended before the answer did', { retryable: false })
    },
  }
}

async function httpError(response: Response): Promise<TransportError> {
  const { status } = response
  const retryable = status === 429 || status >= 500
  const answer = (await response.json().catch(() => undefined)) as
    | { readonly error?: ServerFault }
    | undefined
  // Servers like to quote a credential that they refuse.
  const error = status === 401 || status === 403 ? undefined : answer?.error
  return new TransportError('http', withReason(`The server answered ${status}`, error), { status, retryable })
}

/** The server's message, on one line and cut, since it may be a page. */
function withReason(what: string, { message }: ServerFault = {}): string {
  const reason = typeof message === 'string' ? message.replace(/[\s\p{Cc}]+/gu, ' ').slice(0, 200) : ''
  return reason ? `${what}: ${reason}` : what
}

/**
 * Auth, the server and the network fail in one way for the caller; an abort is none of them, and goes through as it
 * is.
 */
function toTransportError(error: unknown, signal: AbortSignal | undefined): TransportError {
  signal?.throwIfAborted()
  if (TransportError.is(error)) return error
  if (AuthError.is(error)) return TransportError.from(error)
  // The server may have acted on the request before the connection failed.
  return new TransportError('network', 'The connection failed', { cause: error, retryable: false })
}
