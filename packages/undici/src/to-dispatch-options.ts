import type { AuthRequest } from '@outbound-auth/core'
import type { Dispatcher } from 'undici'

/**
 * @internal What to dispatch for an authenticated request: everything else is the caller's. It goes to the origin that was
 * checked, and the engine has seen to it that the URL is still of that origin.
 */
export function toDispatchOptions(
  opts: Dispatcher.DispatchOptions,
  request: AuthRequest,
  origin: string,
): Dispatcher.DispatchOptions {
  const { query, ...others } = opts
  const { method, url, headers, body } = request
  const sent = {
    ...others,
    // undici refuses a query beside a path that has its own, and that is undici's to say.
    ...(query && /[?#]/.test(opts.path) && { query }),
    origin,
    path: pathOf(url, origin),
    method,
    headers: Object.fromEntries(headers),
    body: body ?? null,
    // Below here a redirect interceptor would take the credential to wherever it leads.
    maxRedirections: 0,
  }
  return sent as Dispatcher.DispatchOptions
}

function pathOf(url: string, origin: string): string {
  const [whole = ''] = url.split('#', 1)
  if (whole.startsWith(`${origin}/`)) return whole.slice(origin.length)
  const { pathname, search } = new URL(whole)
  return pathname + search
}
