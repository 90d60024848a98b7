import { AuthError, type AuthRequest, createHeaderMap } from '@outbound-auth/core'
import {
  type Exchange,
  type ExchangeTransport,
  holdsCredential,
  isStream,
  type OutboundRequest,
  sentCredentials,
  stripCredentials,
} from '@outbound-auth/core/exchange'
import { parseUrl } from '@outbound-auth/core/provider'
import type { FetchOptionResponse } from './fetch-option.js'

/** @internal A request of a chain, whose URL is parsed. */
export interface HopRequest extends OutboundRequest {
  readonly parsedUrl: URL
}

const maxRedirects = 20

/**
 * @internal Follows redirects as `fetch` does, but with auth decided anew for each hop: applied at an allowed origin,
 * absent at any other.
 *
 * @param received the response to `first`
 * @param sent fills up with what `transport` sends
 * @throws AuthError `ERR_AUTH_REDIRECT` (build)
 * @see https://fetch.spec.whatwg.org/#http-redirect-fetch
 */
export async function followRedirects(
  exchange: Exchange,
  first: HopRequest,
  received: FetchOptionResponse,
  transport: ExchangeTransport<FetchOptionResponse>,
  sent: readonly AuthRequest[],
): Promise<FetchOptionResponse> {
  /** Visited, and not allowed. */
  const foreignOrigins: string[] = []
  let outbound = first
  let response = received
  for (let hops = 0; ; hops++) {
    const from = outbound.parsedUrl
    const isHidden = (response as { type?: unknown }).type === 'opaqueredirect'
    const location = isHidden || isRedirect(response.status) ? response.headers.get('location') : null
    if (!isHidden && location === null) {
      if (hops > 0) Object.defineProperty(response, 'redirected', { value: true })
      return response
    }
    await transport.discard(response)
    if (isHidden) throw refusal('this runtime hides where it leads')
    if (hops === maxRedirects) throw refusal('it is the twenty-first')
    if (!exchange.allows(from)) foreignOrigins.push(from.origin)
    outbound = next(exchange, outbound, response.status, location ?? '', sent, foreignOrigins)
    response = exchange.allows(outbound.parsedUrl)
      ? await exchange.send(outbound, transport)
      : await transport.send({ ...outbound, headers: createHeaderMap(outbound.headers) }, 0)
  }
}

function isRedirect(status: number): boolean {
  return [301, 302, 303, 307, 308].includes(status)
}

function next(
  exchange: Exchange,
  outbound: HopRequest,
  status: number,
  location: string,
  sent: readonly AuthRequest[],
  foreignOrigins: readonly string[],
): HopRequest {
  const from = outbound.parsedUrl
  const to = parseUrl(location, from)
  if (!to) throw refusal('it leads to what is no http(s) URL, or has a user name or password')
  if (from.protocol === 'https:' && to.protocol === 'http:') throw refusal('it leads from https to http')
  const { method, replay } = outbound
  const dropsBody = status === 303 ? !/^(GET|HEAD)$/.test(method) : status < 303 && method === 'POST'
  const headers = createHeaderMap(outbound.headers)
  if (dropsBody) {
    for (const name of ['encoding', 'language', 'length', 'location', 'type'])
      headers.delete(`content-${name}`)
  }
  const body = dropsBody ? undefined : (replay?.() ?? outbound.body)
  if (isStream(body)) throw refusal('the body is a stream, which cannot be sent again')
  const moved = {
    ...outbound,
    url: to.href,
    parsedUrl: to,
    method: dropsBody ? 'GET' : method,
    headers,
    body,
    contentType: dropsBody ? undefined : outbound.contentType,
    replay: undefined,
  }
  if (exchange.allows(to)) {
    if (foreignOrigins.length === 0) return moved
    const origins = [...new Set(foreignOrigins)].join(' and ')
    throw refusal(
      `it comes back to ${to.origin} from ${origins}, which would let another origin aim an authenticated request. If it is to be trusted with the credential, add ${origins} to allowedOrigins`,
    )
  }
  const { provider, binding } = exchange
  const stripped = stripCredentials(provider, to.href, headers)
  const credentials = sent.flatMap((request) => [...sentCredentials(request, provider, binding)])
  if (holdsCredential(stripped.url + to.hash, credentials))
    throw refusal('it would show the credential to another origin, in the URL')
  if (body !== undefined) throw refusal(`it would take the body to another origin, ${to.origin}`)
  return { ...moved, ...stripped, parsedUrl: stripped.url === to.href ? to : new URL(stripped.url) }
}

function refusal(why: string): AuthError {
  return AuthError.build(`Cannot follow the redirect: ${why}`, { code: 'ERR_AUTH_REDIRECT' })
}
