import { AuthError, createHeaderMap } from '@outbound-auth/core'
import {
  type Exchange,
  type ExchangeTransport,
  isStream,
  type OutboundRequest,
  parseUrl,
} from '@outbound-auth/core/exchange'

const maxRedirects = 20

/**
 * @internal Sends, and follows redirects as `fetch` does, but with auth decided anew for each hop: applied at an allowed
 * origin, absent at any other.
 *
 * @throws AuthError `ERR_AUTH_REDIRECT` (build)
 * @see https://fetch.spec.whatwg.org/#http-redirect-fetch
 */
export async function followRedirects(
  exchange: Exchange,
  first: OutboundRequest,
  transport: ExchangeTransport<Response>,
): Promise<Response> {
  let outbound = first
  for (let hops = 0; ; hops++) {
    const from = new URL(outbound.url)
    const response = exchange.allows(from)
      ? await exchange.send(outbound, transport)
      : await transport.send({ ...outbound, headers: createHeaderMap(outbound.headers) }, 0)
    const { status } = response
    const location = response.headers.get('location')
    const isHidden = response.type === 'opaqueredirect'
    if (!isHidden && (location === null || !/^30[12378]$/.test(`${status}`))) {
      if (hops > 0) Object.defineProperty(response, 'redirected', { value: true })
      return response
    }
    await transport.discard(response)
    if (isHidden) throw refusal('this runtime hides where it leads')
    if (hops === maxRedirects) throw refusal('it is the twenty-first')
    outbound = next(exchange, outbound, status, from, location ?? '')
  }
}

function next(
  exchange: Exchange,
  outbound: OutboundRequest,
  status: number,
  from: URL,
  location: string,
): OutboundRequest {
  const to = parseUrl(location, from)
  if (!to) throw refusal('it leads to what is no http(s) URL, or has a user name or password')
  if (from.protocol === 'https:' && to.protocol === 'http:') throw refusal('it leads from https to http')
  const { href: url } = to
  const { method, replay } = outbound
  const dropsBody = status === 303 ? !/^(GET|HEAD)$/.test(method) : status < 303 && method === 'POST'
  const headers = createHeaderMap(outbound.headers)
  if (dropsBody) {
    for (const name of ['encoding', 'language', 'length', 'location', 'type'])
      headers.delete(`content-${name}`)
  }
  const body = dropsBody ? undefined : (replay?.() ?? outbound.body)
  if (isStream(body)) throw refusal('the body is a stream, which cannot be sent again')
  const moved = { ...outbound, url, method: dropsBody ? 'GET' : method, headers, body, replay: undefined }
  if (exchange.allows(to)) {
    if (!exchange.allows(from) && !/^(GET|HEAD)$/.test(moved.method))
      throw refusal(`it would let another origin aim a ${moved.method}`)
    return moved
  }
  if (body !== undefined) throw refusal('it would take the body to another origin')
  return { ...moved, ...exchange.strip(url, headers) }
}

function refusal(why: string): AuthError {
  return AuthError.build(`Cannot follow the redirect: ${why}`, { code: 'ERR_AUTH_REDIRECT' })
}
