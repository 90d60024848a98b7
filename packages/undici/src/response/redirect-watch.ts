import { AuthError, type AuthRequest } from '@outbound-auth/core'
import { type Exchange, holdsCredential, newUrl, sentCredentials } from '@outbound-auth/core/exchange'
import type { ResponseFields } from './response-headers.js'

/**
 * @internal Remembers redirects that must not be followed. An interceptor does not follow them, and nothing tells it
 * that a request is the next hop of another one, but a hop goes to the very URL that a redirect has just named.
 */
export interface RedirectWatch {
  /**
   * Notes where a response leads, until shortly after its end.
   *
   * @param from the URL of the request, without the credential
   * @param sent the authenticated request; undefined when the request was none of ours
   * @returns the function to call at the end of the response; undefined when there is nothing to remember
   */
  note(from: string, fields: ResponseFields, sent: AuthRequest | undefined): (() => void) | undefined
  /** @throws AuthError `ERR_AUTH_REDIRECT` (build) when a redirect that must not be followed has led to this URL */
  check(url: string): void
}

/** Interceptors between may take some time to hand the end of a response on. */
const graceMs = 2000

/** @internal */
export function createRedirectWatch({ allows, binding, provider }: Exchange): RedirectWatch {
  const { kind } = provider
  /** By the URL that a redirect led to, why it must not be followed. */
  const reasons = new Map<string, Set<{ readonly text: string }>>()

  function reasonAgainst(from: URL, to: URL, sent: AuthRequest | undefined): string | undefined {
    const advice = (origin: string) => `Add ${origin} to allowedOrigins if the credential belongs there`
    const credentials = sent && !allows(to) ? sentCredentials(sent, provider, binding) : []
    if (holdsCredential(to.origin, credentials)) return `to a host whose name holds the ${kind} credential`
    if (holdsCredential(to.href, credentials))
      return `to ${to.origin}: its URL holds the ${kind} credential. ${advice(to.origin)}`
    if (sent || !allows(to)) return undefined
    const why = `an origin that is not allowed would aim an authenticated request`
    return `from ${from.origin} to ${to.origin}: ${why}. ${advice(from.origin)}`
  }

  return {
    note(fromUrl, { location }, sent) {
      if (location === undefined) return undefined
      const from = new URL(fromUrl)
      const forget: (() => void)[] = []
      for (const to of targetsOf(location, basesOf(from))) {
        const text = reasonAgainst(from, to, sent)
        if (text === undefined) continue
        const key = keyOf(to)
        const reason = { text }
        reasons.set(key, (reasons.get(key) ?? new Set()).add(reason))
        forget.push(() => {
          const others = reasons.get(key)
          others?.delete(reason)
          if (others?.size === 0) reasons.delete(key)
        })
      }
      if (forget.length === 0) return undefined
      return () => {
        const timer = setTimeout(() => {
          for (const forgetOne of forget) forgetOne()
        }, graceMs)
        timer.unref()
      }
    },
    check(url) {
      if (reasons.size === 0) return
      const [reason] = reasons.get(keyOf(new URL(url))) ?? []
      if (reason === undefined) return
      throw AuthError.build(`Cannot follow the redirect ${reason.text}`, {
        code: 'ERR_AUTH_REDIRECT',
        provider: kind,
      })
    },
  }
}

/** Without the fragment, which is not sent. */
function keyOf({ origin, pathname, search }: URL): string {
  return origin + pathname + search
}

/** undici parses the path alone, and takes what follows two slashes for a host. */
function basesOf(from: URL): URL[] {
  return [from, newUrl(from.pathname, from) ?? from]
}

/** The URLs that undici and `fetch` read in a `Location`, which may be there twice, or in UTF-8. */
function targetsOf(location: string | readonly string[], bases: readonly URL[]): URL[] {
  const texts = typeof location === 'string' ? [location] : [location.join(','), location.join(', ')]
  const spellings = new Set(texts.flatMap((text) => [text, Buffer.from(text, 'latin1').toString()]))
  const urls = bases.flatMap((base) => [...spellings].map((text) => newUrl(text, base)))
  return urls.flatMap((url) => {
    // undici drops a user name and a password.
    if (url) url.username = url.password = ''
    return url ?? []
  })
}
