import type { AuthRequest } from '@outbound-auth/core'
import { type Exchange, type ExchangeTransport, isStream, loadPart } from '@outbound-auth/core/exchange'
import type { FetchOption, FetchOptionInit, FetchOptionResponse } from './fetch-option.js'
import { abandon, type FetchInput } from './input/read-input.js'

/** @internal What all calls of one authFetch share. */
export interface Sender {
  readonly exchange: Exchange
  readonly fetch: FetchOption
  /** The property of each init that holds its URL. */
  readonly mark: symbol
}

/** @internal Authenticates and sends one call, and follows its redirects unless the caller does. */
export async function sendCall(
  { exchange, fetch, mark }: Sender,
  call: FetchInput & { readonly parsedUrl: URL },
): Promise<FetchOptionResponse> {
  const sent: AuthRequest[] = []
  const transport: ExchangeTransport<FetchOptionResponse> = {
    send(request) {
      sent.push(request)
      return fetch(request.url, toInit(request, call, mark))
    },
    status: ({ status }) => status,
    headers: ({ headers }) => headers as Headers,
    readBody: async (response) => (await responseReader()).peekBody(response),
    discard: (response) =>
      responseReader().then(
        ({ drainBody }) => drainBody(response),
        // Without the reader the connection is given up.
        () => (response.body as Partial<ReadableStream> | null)?.cancel?.(),
      ),
  }
  try {
    const response = await exchange.send(call, transport)
    if (call.redirect !== 'follow' || !mayRedirect(response)) return response
    const { followRedirects } = await loadPart(() => import('./follow-redirects.js'))
    return await followRedirects(exchange, call, response, transport, sent)
  } catch (error) {
    abandon(call)
    throw error
  }
}

function responseReader() {
  return loadPart(() => import('./response-body.js'))
}

/** Browsers hide where a redirect leads, and its status is 0. */
function mayRedirect({ status, type }: FetchOptionResponse & { readonly type?: unknown }): boolean {
  return (status > 300 && status < 309) || type === 'opaqueredirect'
}

function toInit(
  { url, method, headers, body }: AuthRequest,
  { signal, redirect, fields }: FetchInput,
  mark: symbol,
): FetchOptionInit {
  const plain: Record<string, string> = {}
  for (const [name, value] of headers) {
    // The one name that an assignment would lose.
    if (name === '__proto__') Object.defineProperty(plain, name, { value, enumerable: true })
    else plain[name] = value
  }
  const init = {
    // None of these five is among the fields.
    method,
    headers: plain,
    body: body ?? null,
    signal: signal ?? null,
    redirect: redirect === 'follow' ? 'manual' : redirect,
    // A spread at the beginning is slow on Node 20, as in `readInput()`.
    ...fields,
    duplex: 'half',
    [mark]: url,
    ...(isStream(body) && withoutCredentials(fields)),
  }
  return init as unknown as FetchOptionInit
}

/**
 * Some versions of Node make an error of the network of a 401 to a stream, unless the request has no credentials of a
 * user agent. Node has none to send; a page may have cookies.
 */
function withoutCredentials({ credentials = 'same-origin' }: FetchInput['fields']): RequestInit | false {
  const isServer = !globalThis.location && 'credentials' in globalThis.Request.prototype
  return isServer && credentials === 'same-origin' && { credentials: 'omit' }
}
