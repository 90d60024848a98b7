import { AuthError, createHeaderMap } from '@outbound-auth/core'
import {
  type Exchange,
  type ExchangeTransport,
  isStream,
  type OutboundRequest,
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
    const isHome = exchange.allows(from)
    const response = isHome
      ? await exchange.send(outbound, transport)
      : await transport.send({ ...outbound, headers: createHeaderMap(outbound.headers), body: undefined }, 0)
    const location = response.headers.get('location')
    if (response.type !== 'opaqueredirect' && (!isRedirect(response.status) || location === null)) {
      if (hops > 0) Object.defineProperty(response, 'redirected', { value: true })
      return response
    }
    await transport.discard(response)
    if (hops === maxRedirects) throw refusal('it is the twenty-first of this request')
    if (response.type === 'opaqueredirect') throw refusal('this runtime does not say where it leads')
    outbound = next(exchange, outbound, response.status, from, location ?? '')
  }
}

function isRedirect(status: number): boolean {
  return [301, 302, 303, 307, 308].includes(status)
}

function next(
  exchange: Exchange,
  outbound: OutboundRequest,
  status: number,
  from: URL,
  location: string,
): OutboundRequest {
  if (!URL.canParse(location, from)) throw refusal('its Location is no URL')
  const to = new URL(location, from)
  if (!/^https?:$/.test(to.protocol)) throw refusal('it leads to a URL that is not http(s)')
  if (from.protocol === 'https:' && to.protocol === 'http:') throw refusal('it leads from https to http')
  to.hash ||= from.hash
  const { method } = outbound
  const dropsBody =
    (status === 303 && method !== 'GET' && method !== 'HEAD') || (status <= 302 && method === 'POST')
  const headers = createHeaderMap(outbound.headers)
  if (dropsBody) {
    for (const [name] of [...headers])
      if (/^content-(encoding|language|length|location|type)$/.test(name)) headers.delete(name)
  }
  const body = dropsBody ? undefined : (outbound.replay?.() ?? outbound.body)
  const moved = {
    ...outbound,
    url: to.href,
    method: dropsBody ? 'GET' : method,
    headers,
    body,
    replay: undefined,
  }
  if (isStream(body)) throw refusal('the body is a stream, which cannot be sent again')
  if (exchange.allows(to)) return moved
  if (body !== undefined) throw refusal('it would take the body to another origin')
  if (to.username || to.password) throw refusal('it leads to a URL with a user name or password')
  return { ...moved, ...exchange.strip(to.href, headers) }
}

function refusal(why: string): AuthError {
  return AuthError.build(`Cannot follow the redirect: ${why}`, { code: 'ERR_AUTH_REDIRECT' })
}
