import { stringify } from 'node:querystring'
import { AuthError } from '@outbound-auth/core'
import type { Dispatcher } from 'undici'

/** @internal Where a request goes. */
export interface RequestTarget {
  readonly origin: string
  /** Origin, path and query, as they go on the wire. */
  readonly url: string
}

/**
 * @internal Puts together what undici keeps apart: origin, path and query.
 *
 * @param bound the origin that the dispatcher sends everything to; null when it has several of its own; undefined when the
 *   request decides, or when undici (7) does not tell
 * @throws AuthError `ERR_AUTH_URL` (build) when the destination cannot be told
 */
export function requestTarget(
  opts: Dispatcher.DispatchOptions,
  bound: string | null | undefined,
  provider: string,
): RequestTarget {
  const refuse = (why: string) =>
    AuthError.build(`Cannot authenticate the request: ${why}`, { code: 'ERR_AUTH_URL', provider })
  if (bound === null) throw refuse('its dispatcher chooses the origin by itself; use an Agent or a Pool')
  const text = String(opts.origin ?? bound ?? '')
  if (text === '') {
    throw refuse(
      'its origin is missing; undici 7 does not tell it for a Client or Pool, so name `origin` in the request',
    )
  }
  const base = URL.canParse(text) ? new URL(text) : undefined
  if (base?.href !== `${base?.origin}/`) throw refuse('its origin is not an http(s) origin without a path')
  if (bound !== undefined && base.origin !== new URL(bound).origin) {
    throw refuse(`it is for ${base.origin}, but its dispatcher sends everything to ${bound}`)
  }
  if (typeof opts.path !== 'string' || !opts.path.startsWith('/'))
    throw refuse('its path does not start with /')
  const query = opts.query && !/[?#]/.test(opts.path) ? stringify(opts.query) : ''
  return { origin: base.origin, url: base.origin + opts.path + (query && `?${query}`) }
}
