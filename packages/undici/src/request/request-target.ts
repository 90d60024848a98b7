import { stringify } from 'node:querystring'
import { AuthError } from '@outbound-auth/core'
import { newUrl } from '@outbound-auth/core/exchange'
import { valueInWords } from '@outbound-auth/core/provider'
import type { Dispatcher } from 'undici'

/** @internal Where a request goes. */
export interface RequestTarget {
  readonly origin: string
  /** The origin, parsed. */
  readonly base: URL
  /** Origin, path and query, as they go on the wire. */
  readonly url: string
}

/**
 * @internal Puts together what undici keeps apart: origin, path and query.
 *
 * @param bound the origin that the dispatcher sends everything to; null when it has several of its own; undefined when
 * the
 *   request decides, or when undici (7) does not tell
 * @throws AuthError `ERR_AUTH_URL` (build) when the destination cannot be told
 */
export type RequestTargetReader = (
  opts: Dispatcher.DispatchOptions,
  bound: string | null | undefined,
) => RequestTarget

/** @internal A reader that parses an origin once: most requests of an interceptor are for the same one. */
export function requestTargetReader(provider: string): RequestTargetReader {
  const refuse = (why: string) =>
    AuthError.build(`authInterceptor: ${why}`, { code: 'ERR_AUTH_URL', provider })
  let last: { readonly text: string; readonly origin: string; readonly base: URL } | undefined

  function parse(given: unknown, bound: string | undefined) {
    const text = String(given ?? bound ?? '')
    if (text === '') {
      throw refuse(
        'the origin of the request is missing. A Client or Pool of undici 7 does not tell interceptors where it connects to: ' +
          'name `origin` in the request, use an Agent, or use undici 8',
      )
    }
    if (text === last?.text) return last
    const base = newUrl(text)
    if (base?.href !== `${base?.origin}/`)
      throw refuse(`origin must be an http(s) origin without a path, got ${valueInWords(text)}`)
    last = { text, origin: base.origin, base }
    return last
  }

  return ({ origin: given, path, query }, bound) => {
    if (bound === null) throw refuse('the dispatcher chooses the origin by itself. Use an Agent or a Pool')
    const { origin, base } = parse(given, bound)
    if (bound !== undefined && bound !== origin && origin !== new URL(bound).origin)
      throw refuse(
        `the request is for ${origin}, but its dispatcher sends everything to ${bound}. Use an Agent, or the dispatcher of that origin`,
      )
    if (typeof path !== 'string' || !path.startsWith('/'))
      throw refuse(`path must start with /, got ${valueInWords(path)}`)
    const search = query && !/[?#]/.test(path) ? stringify(query) : ''
    return { origin, base, url: origin + path + (search && `?${search}`) }
  }
}
