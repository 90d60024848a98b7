import type { AuthRequest, HeaderMap } from '@outbound-auth/core'
import type { Dispatcher } from 'undici'

/**
 * @internal What to dispatch for an authenticated request: everything else is the caller's. It goes to the origin that
 * was checked, and the engine has seen to it that the URL is still of that origin.
 */
export function toDispatchOptions(
  opts: Dispatcher.DispatchOptions,
  request: AuthRequest,
  origin: string,
): Dispatcher.DispatchOptions {
  const { method, url, headers, body } = request
  const replaced = {
    origin,
    path: pathOf(url, origin),
    method,
    headers: toObject(headers),
    body: body ?? null,
    // Below here a redirect interceptor would take the credential to wherever it leads.
    maxRedirections: 0,
  }
  // Spreading this is slower by a microsecond on Node 20.
  const sent = Object.assign({}, opts, replaced)
  // The path has the query already, unless it had one of its own: undici rejects that, and shall say so.
  if (sent.query && !/[?#]/.test(opts.path)) delete sent.query
  return sent as Dispatcher.DispatchOptions
}

function pathOf(url: string, origin: string): string {
  const hash = url.indexOf('#')
  const whole = hash === -1 ? url : url.slice(0, hash)
  if (whole.startsWith(`${origin}/`)) return whole.slice(origin.length)
  const { pathname, search } = new URL(whole)
  return pathname + search
}

/** `Object.fromEntries`, in a seventh of its time. */
function toObject(headers: HeaderMap): Record<string, string> {
  // An assignment to this name would get lost.
  if (headers.has('__proto__')) return Object.fromEntries(headers)
  const object: Record<string, string> = {}
  for (const [name, value] of headers) object[name] = value
  return object
}
