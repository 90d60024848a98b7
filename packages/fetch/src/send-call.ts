import type { AuthRequest, HeaderMap } from '@outbound-auth/core'
import { type Exchange, type ExchangeTransport, isStream } from '@outbound-auth/core/exchange'
import type { FetchOption, FetchOptionInit, FetchOptionResponse } from './fetch-option.js'
import { followRedirects } from './follow-redirects.js'
import type { FetchInput } from './read-input.js'
import { drainBody, peekBody } from './response-body.js'

/** @internal What all calls of one authFetch share. */
export interface Sender {
  readonly exchange: Exchange
  readonly fetch: FetchOption
  /** The property of each init that holds its URL. */
  readonly mark: symbol
  readonly minValidityMs: number | undefined
}

/** @internal Authenticates and sends one call, and follows its redirects unless the caller does. */
export function sendCall(
  { exchange, fetch, mark, minValidityMs }: Sender,
  parsedUrl: URL,
  call: FetchInput,
): Promise<FetchOptionResponse> {
  const isFollowed = call.redirect === 'follow'
  const sent: AuthRequest[] = []
  const transport: ExchangeTransport<FetchOptionResponse> = {
    send(request) {
      sent.push(request)
      return fetch(request.url, toInit(request, call, mark))
    },
    status: statusOf,
    headers: headersOf,
    readBody: peekBody,
    discard: drainBody,
  }
  const first = {
    method: call.method,
    url: parsedUrl.href,
    parsedUrl,
    headers: call.headers,
    body: call.body,
    contentType: call.contentType,
    replay: call.replay,
    signal: call.signal,
    minValidityMs,
  }
  const sending = isFollowed
    ? followRedirects(exchange, first, transport, sent)
    : exchange.send(first, transport)
  const { abandon } = call
  if (!abandon) return sending
  return sending.catch((error) => {
    abandon()
    throw error
  })
}

function statusOf({ status }: FetchOptionResponse): number {
  return status
}

function headersOf({ headers }: FetchOptionResponse): HeaderMap {
  return headers as Headers
}

function toInit(
  { url, method, headers: map, body }: AuthRequest,
  { signal, redirect, fields }: FetchInput,
  mark: symbol,
): FetchOptionInit {
  const headers: Record<string, string> = {}
  for (const [name, value] of map) {
    // The one name that an assignment would lose.
    if (name === '__proto__') Object.defineProperty(headers, name, { value, enumerable: true })
    else headers[name] = value
  }
  const init: Record<PropertyKey, unknown> = {
    method,
    headers,
    body: body ?? null,
    signal: signal ?? null,
    duplex: 'half',
    redirect: redirect === 'follow' ? 'manual' : redirect,
  }
  init[mark] = url
  if (fields)
    for (const name of Reflect.ownKeys(fields)) if (!Object.hasOwn(init, name)) init[name] = fields[name]
  if (isStream(body)) Object.assign(init, withoutCredentials(fields))
  return init as unknown as FetchOptionInit
}

/**
 * Some versions of Node make an error of the network of a 401 to a stream, unless the request has no credentials of a user
 * agent. Node has none to send; a page may have cookies.
 */
function withoutCredentials(fields: FetchInput['fields']): RequestInit {
  const credentials = fields?.['credentials']
  const isDefault = credentials === undefined || credentials === 'same-origin'
  const isServer = !globalThis.location && 'credentials' in globalThis.Request.prototype
  return isDefault && isServer ? { credentials: 'omit' } : {}
}
