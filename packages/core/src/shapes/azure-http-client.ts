import { checkFetch, type FetchLike } from './fetch-like.js'
import { requestSignal, type SignalLike } from './signal-like.js'

/** The part of `HttpHeaders` of `@azure/core-rest-pipeline` that requests have and responses get. */
export interface AzureHeaders extends Iterable<[string, string]> {
  get(name: string): string | undefined
  has(name: string): boolean
  set(name: string, value: string | number | boolean): void
  delete(name: string): void
  toJSON(options?: { preserveCase?: boolean }): Record<string, string>
}

/** The part of `PipelineRequest` that is sent. */
export interface AzureRequest {
  readonly url: string
  readonly method: string
  readonly headers: Iterable<[string, string]>
  readonly body?: unknown
  /** In milliseconds; 0 is no limit. */
  readonly timeout: number
  readonly abortSignal?: SignalLike
  /** Statuses whose responses stay streams. */
  readonly streamResponseStatusCodes?: Set<number>
  readonly enableBrowserStreams?: boolean
}

/**
 * `PipelineResponse`, for a request of the type `R`. In Node it also has the property `readableStreamBody`, whose type only Node's
 * own types have.
 */
export interface AzureResponse<R> {
  request: R
  status: number
  headers: AzureHeaders
  bodyAsText?: string | null
  browserStreamBody?: ReadableStream<Uint8Array>
}

/** `HttpClient` of `@azure/core-rest-pipeline`. */
export interface AzureHttpClient {
  sendRequest<R extends AzureRequest>(request: R): Promise<AzureResponse<R>>
}

/** Headers that `fetch` sets by itself. */
const fetchOwned = ['host', 'content-length', 'expect', 'connection']

/**
 * A `fetch` as the `httpClient` of an Azure SDK client, so that `authFetch` authenticates its requests with a provider of any kind,
 * and recovers after a rejection. The credential that the client itself sends is replaced.
 *
 * @param fetch what `authFetch` returns
 * @throws TypeError when `fetch` is not a function
 * @see https://learn.microsoft.com/javascript/api/@azure/core-rest-pipeline/httpclient
 * @example
 * const client = new BlobServiceClient(url, undefined, { httpClient: toAzureHttpClient(authFetch(auth)) })
 */
export function toAzureHttpClient(fetch: FetchLike): AzureHttpClient {
  checkFetch('toAzureHttpClient', fetch)
  return {
    async sendRequest(request) {
      const { url, method, body, timeout, abortSignal, streamResponseStatusCodes: streamed } = request
      const sent = [...request.headers].filter(([name]) => !fetchOwned.includes(name.toLowerCase()))
      const given = typeof body === 'function' ? body() : body
      const signal = requestSignal(abortSignal, timeout)
      const response = await fetch(url, {
        method,
        headers: sent,
        ...(given != null && { body: given, duplex: 'half' }),
        // The pipeline has a policy for redirects.
        redirect: 'manual',
        ...(signal && { signal }),
      })
      const { status } = response
      const headers = azureHeaders(response.headers)
      if (!streamed?.has(status) && !streamed?.has(Number.POSITIVE_INFINITY))
        return { request, status, headers, bodyAsText: await response.text() }
      const stream = response.body ?? new Blob([]).stream()
      const readable = request.enableBrowserStreams ? undefined : nodeStream(stream)
      return {
        request,
        status,
        headers,
        ...(readable ? { readableStreamBody: readable } : { browserStreamBody: stream }),
      }
    },
  }
}

function azureHeaders(headers: Headers): AzureHeaders {
  return {
    get: (name) => headers.get(name) ?? undefined,
    has: (name) => headers.has(name),
    set: (name, value) => headers.set(name, String(value)),
    delete: (name) => headers.delete(name),
    toJSON: () => Object.fromEntries(headers),
    [Symbol.iterator]: () => headers.entries(),
  }
}

/** The stream as Node's; undefined where the runtime is another one. */
function nodeStream(stream: ReadableStream<Uint8Array>): object | undefined {
  const { process } = globalThis as { process?: { getBuiltinModule?(name: string): unknown } }
  const streams = process?.getBuiltinModule?.('node:stream') as NodeStreams | undefined
  return streams?.Readable.fromWeb(stream)
}

interface NodeStreams {
  readonly Readable: { fromWeb(stream: ReadableStream<Uint8Array>): object }
}
