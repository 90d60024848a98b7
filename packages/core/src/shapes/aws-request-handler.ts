import { checkFetch, type FetchLike } from './fetch-like.js'
import { requestSignal, type SignalLike } from './signal-like.js'

/** The part of `HttpRequest` of `@smithy/types` that is sent. */
export interface AwsHttpRequest {
  readonly method: string
  readonly protocol: string
  readonly hostname: string
  readonly port?: number
  readonly path: string
  readonly query?: Readonly<Record<string, string | string[] | null>>
  readonly headers: Readonly<Record<string, string>>
  readonly body?: unknown
}

/** `HttpResponse` of `@smithy/types`. `body` is a web stream. */
export interface AwsHttpResponse {
  readonly statusCode: number
  readonly reason: string
  readonly headers: Record<string, string>
  readonly body: ReadableStream<Uint8Array> | undefined
}

/** Options that the SDK passes to a handler with each request. */
export interface AwsHandlerOptions {
  readonly abortSignal?: SignalLike
  /** In milliseconds. */
  readonly requestTimeout?: number
}

/** `HttpHandler` of `@smithy/types`. */
export interface AwsRequestHandler {
  readonly metadata: { readonly handlerProtocol: string }
  handle(request: AwsHttpRequest, options?: AwsHandlerOptions): Promise<{ response: AwsHttpResponse }>
  updateHttpClientConfig(key: never, value: never): void
  httpHandlerConfigs(): Record<string, never>
  destroy(): void
}

/** Headers that `fetch` sets by itself. */
const fetchOwned = ['host', 'content-length', 'expect', 'connection']

/**
 * A `fetch` as the `requestHandler` of an AWS SDK client, so that `authFetch` authenticates its requests with a
 * provider of any kind. The credentials that the client itself insists on are replaced, so any will do.
 *
 * Redirects come back as they are: services use them to name another region.
 *
 * @param fetch the result of `authFetch` of `@outbound-auth/fetch`
 * @throws TypeError when `fetch` is not a function
 * @see https://docs.aws.amazon.com/sdk-for-javascript/v3/developer-guide/node-configuring-http-handlers.html
 * @example
 * const client = new BedrockRuntimeClient({
 *   region: 'us-east-1',
 *   credentials: { accessKeyId: 'replaced', secretAccessKey: 'replaced' },
 *   requestHandler: toAwsRequestHandler(authFetch(auth)),
 * })
 */
export function toAwsRequestHandler(fetch: FetchLike): AwsRequestHandler {
  checkFetch('toAwsRequestHandler', fetch)
  return {
    metadata: { handlerProtocol: 'http/1.1' },
    async handle(request, { abortSignal, requestTimeout } = {}) {
      const { method, headers, body } = request
      const sent = Object.entries(headers).filter(([name]) => !fetchOwned.includes(name.toLowerCase()))
      const signal = requestSignal(abortSignal, requestTimeout)
      const hasBody = body !== undefined && body !== '' && !/^(GET|HEAD)$/.test(method)
      const response = await fetch(urlOf(request), {
        method,
        headers: sent as [string, string][],
        ...(hasBody && { body: body as BodyInit, duplex: 'half' }),
        redirect: 'manual',
        ...(signal && { signal }),
      })
      const { status, statusText: reason, body: stream } = response
      return {
        response: {
          statusCode: status,
          reason,
          headers: Object.fromEntries(response.headers),
          body: stream ?? undefined,
        },
      }
    },
    // The SDK sets options of its own handlers here, such as a time limit of a connection.
    updateHttpClientConfig() {},
    httpHandlerConfigs: () => ({}),
    destroy() {},
  }
}

function urlOf({ protocol, hostname, port, path, query = {} }: AwsHttpRequest): string {
  const parameters = Object.entries(query).flatMap(([name, value]) =>
    [value ?? []].flat().length === 0
      ? [encode(name)]
      : [value ?? ''].flat().map((each) => `${encode(name)}=${encode(each)}`),
  )
  const search = parameters.length > 0 ? `?${parameters.join('&')}` : ''
  return `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}${path}${search}`
}

/** As the SDK escapes a query: everything but the unreserved characters. */
function encode(text: string): string {
  const percentEncode = (letter: string) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`
  return encodeURIComponent(text).replace(/[!'()*]/g, percentEncode)
}
