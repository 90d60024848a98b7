import { setTimeout } from 'node:timers/promises'
import { AuthError, type AuthProvider, TransportError } from '@outbound-auth/core'
import { authFetch } from '@outbound-auth/fetch'
import { readEvents } from './read-events.js'

/** Options of {@link createClient}. */
export interface ClientOptions {
  /** Whatever credential the user has. The client never asks which: there is no `apiKey`, no `token` and no region here. */
  readonly auth: AuthProvider
  /** Where the API is; the credential goes to this origin and nowhere else. */
  readonly baseUrl: string
  /** @default 2 */
  readonly maxRetries?: number
}

/** What the model is asked. */
export interface ChatRequest {
  readonly model: string
  readonly messages: readonly { readonly role: 'system' | 'user' | 'assistant'; readonly content: string }[]
}

/** Options of one call. */
export interface CallOptions {
  /** An abort rejects with its `reason`. */
  readonly signal?: AbortSignal
}

/** A client of one API. What fails is a `TransportError`, whose `retryable` says whether it may succeed later. */
export interface Client {
  /** The whole answer. */
  complete(request: ChatRequest, options?: CallOptions): Promise<string>
  /** The answer, piece by piece. */
  stream(request: ChatRequest, options?: CallOptions): AsyncGenerator<string, void, undefined>
}

interface Completion {
  readonly choices: readonly { readonly message: { readonly content: string } }[]
}

interface CompletionChunk {
  readonly choices: readonly { readonly delta: { readonly content?: string } }[]
}

/** Makes a client of an API that speaks as OpenAI's chat completions do. */
export function createClient({ auth, baseUrl, maxRetries = 2 }: ClientOptions): Client {
  const fetch = authFetch(auth, { allowedOrigins: [new URL(baseUrl).origin] })

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
        await response.body?.cancel()
        throw httpError(response)
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
        return choices[0]?.message.content ?? ''
      } catch (error) {
        throw toTransportError(error, signal)
      }
    },
    async *stream(request, { signal } = {}) {
      const { body } = await post({ ...request, stream: true }, signal)
      try {
        for await (const data of readEvents(body ?? [])) {
          if (data === '[DONE]') return
          const { choices } = JSON.parse(data) as CompletionChunk
          yield choices[0]?.delta.content ?? ''
        }
      } catch (error) {
        throw toTransportError(error, signal)
      }
      // Half an answer must not pass for a whole one.
      throw new TransportError('network', 'The stream ended before the answer did')
    },
  }
}

function httpError({ status }: Response): TransportError {
  const retryable = status === 429 || status >= 500
  return new TransportError('http', `The server answered ${status}`, { status, retryable })
}

/** Auth, the server and the network fail in one way for the caller; an abort is none of them, and goes through as it is. */
function toTransportError(error: unknown, signal: AbortSignal | undefined): TransportError {
  signal?.throwIfAborted()
  if (TransportError.is(error)) return error
  if (AuthError.is(error)) return TransportError.from(error)
  return new TransportError('network', 'The connection failed', { cause: error })
}
