import { type AuthBinding, type AuthProvider, checkOptions, createHeaderMap } from '@outbound-auth/core'
import {
  createExchange,
  type ExchangeOptions,
  type ExchangeTransport,
  exchangeOptionNames,
  isStream,
} from '@outbound-auth/core/exchange'
import { followRedirects } from './follow-redirects.js'
import { peekBody } from './peek-body.js'
import { pairsOf, readInput } from './read-input.js'

/** The `fetch` that is wrapped and the one that comes out. */
export type Fetch = typeof globalThis.fetch

/** Options of {@link authFetch} that hold for a provider and for a binding. */
export interface AuthFetchOptions extends ExchangeOptions {
  /**
   * Sends what comes out.
   *
   * @default globalThis.fetch, looked up at each call; what passes untouched goes to the one of the time of creation
   */
  readonly fetch?: Fetch | undefined
  /**
   * How much of a `Request`'s body is kept while it streams, in bytes, so that it can be sent again after a refusal. Longer
   * ones are sent once.
   *
   * @default 1048576
   */
  readonly replayLimitBytes?: number | undefined
  /** See `ApplyAuthOptions`: how long the credential of each request should stay valid, in milliseconds. */
  readonly minValidityMs?: number | undefined
}

/** Options of {@link authFetch} with a bare provider. */
export interface AuthFetchProviderOptions extends AuthFetchOptions {
  /** Origins that may see the credential, such as `https://api.example.com`. An empty list allows nothing. */
  readonly allowedOrigins: readonly string[]
}

const optionNames = [...exchangeOptionNames, 'fetch', 'replayLimitBytes', 'minValidityMs']

/**
 * An init that came out of here, with the URL it is for, whichever copy of this module made it. People patch the global fetch
 * with what comes out of here, even twice, and then a request would come back for ever.
 */
const sentTo: unique symbol = Symbol.for('@outbound-auth/sent')

/**
 * Makes a `fetch` that authenticates.
 *
 * The credential goes to allowed origins only, over https unless the host is this machine, and never along with a redirect
 * to another origin. A request that cannot be authenticated is not sent. After a refusal the provider may recover, and the
 * request is sent again if its body can be. `data:` and `blob:` URLs pass through; so do fields of `init` that a runtime
 * adds, but not what a runtime hides in a `Request` (undici's `dispatcher`). Errors of the network are those of the
 * underlying fetch.
 *
 * @throws TypeError when an option is malformed, `allowedOrigins` is missing, or an entry is not an origin
 * @throws AuthError from the returned fetch; an abort rejects with `signal.reason`
 * @example
 * const fetch = authFetch(bearerAuth({ token }), { allowedOrigins: ['https://api.example.com'] })
 */
export function authFetch(binding: AuthBinding, options?: AuthFetchOptions): Fetch
export function authFetch(auth: AuthProvider | AuthBinding, options: AuthFetchProviderOptions): Fetch
export function authFetch(auth: AuthProvider | AuthBinding, given: AuthFetchOptions = {}): Fetch {
  const options = checkOptions('authFetch', given, optionNames)
  const exchange = createExchange(auth, options)
  const { replayLimitBytes = 1_048_576, minValidityMs } = options
  const { requiresBody: bytes, headerNames } = exchange.provider
  const earlier = globalThis.fetch
  /** What is under way while another patch is over this one: patches make a `Request` of an init, or pick fields. */
  const handed = new Map<HandedInit, string>()
  function ownInit(url: string, ...[input, init]: Parameters<Fetch>): HandedInit | undefined {
    for (const [own, href] of handed) {
      if (href !== url) continue
      const given = createHeaderMap(pairsOf(init?.headers ?? (input as Partial<Request>).headers ?? []))
      if (headerNames.every((name) => given.get(name) === (own.headers[name] ?? null))) return own
    }
    return undefined
  }
  return async (input, init) => {
    const url = urlOf(input)
    if ((init as MarkedInit | undefined)?.[sentTo] === url) return earlier(input, init)
    const own = ownInit(url, input, init)
    if (own) return earlier(input, { ...init, redirect: own.redirect })
    if (/^(data|blob):/.test(url) || !exchange.admits(url)) return (options.fetch ?? earlier)(input, init)
    const { redirect, fields, ...outbound } = await readInput(input, init, { bytes, replayLimitBytes })
    const isFollowed = redirect === 'follow'
    const transport: ExchangeTransport<Response> = {
      async send({ url: target, method, headers, body = null }) {
        const { signal = null } = outbound
        const whole: HandedInit = {
          ...fields,
          method,
          headers: Object.fromEntries(headers),
          body,
          signal,
          duplex: 'half',
          redirect: isFollowed ? 'manual' : redirect,
        }
        const href = urlOf(target)
        // A fetch of the caller's choice may be another of these, with a credential of its own to add.
        if (!options.fetch) whole[sentTo] = href
        if (globalThis.fetch !== earlier && exchange.allows(new URL(href))) handed.set(whole, href)
        try {
          return await (options.fetch ?? globalThis.fetch)(target, whole)
        } finally {
          handed.delete(whole)
        }
      },
      status: (response) => response.status,
      headers: (response) => response.headers,
      readBody: peekBody,
      discard: (response) => void response.body?.cancel().catch(() => {}),
    }
    const first = { ...outbound, url, minValidityMs }
    try {
      return await (isFollowed
        ? followRedirects(exchange, first, transport)
        : exchange.send(first, transport))
    } catch (error) {
      // As fetch does, end the body of a Request that was not sent; one that is being sent is locked.
      if (outbound.replay && isStream(outbound.body)) outbound.body.cancel().catch(() => {})
      throw error
    }
  }
}

type MarkedInit = RequestInit & { [sentTo]?: string }

interface HandedInit extends MarkedInit {
  readonly headers: Readonly<Record<string, string>>
  readonly redirect: RequestRedirect
  readonly duplex: 'half'
}

/** The URL as fetch will send it. Relative ones mean something only where there is a page; others are refused later. */
function urlOf(input: Parameters<Fetch>[0]): string {
  const text = typeof input === 'string' || input instanceof URL ? String(input) : input.url
  const base = globalThis.location?.href
  return URL.canParse(text, base) ? new URL(text, base).href : text
}
