import { type AuthBinding, type AuthProvider, type AuthRequest, checkOptions } from '@outbound-auth/core'
import {
  createExchange,
  type ExchangeOptions,
  type ExchangeTransport,
  exchangeOptionNames,
  isStream,
  newUrl,
} from '@outbound-auth/core/exchange'
import type { FetchOption, FetchOptionInit, FetchOptionResponse } from './fetch-option.js'
import { followRedirects } from './follow-redirects.js'
import { readInput } from './read-input.js'
import { type RequestLike, readTarget } from './read-target.js'
import { drainBody, peekBody } from './response-body.js'

/** The `fetch` that comes out. */
export type Fetch = typeof globalThis.fetch

/** Options of {@link authFetch} that hold for a provider and for a binding. */
export interface AuthFetchOptions extends ExchangeOptions {
  /**
   * Sends what comes out.
   *
   * The default is the global fetch of the time when `authFetch` was called, which is not looked up again. A mock or patch that
   * is installed later is used only by `fetch: (...args) => globalThis.fetch(...args)`.
   *
   * @default globalThis.fetch
   */
  readonly fetch?: FetchOption | undefined
  /**
   * How much of a `Request`'s body can be sent again after a rejection, in bytes. A longer one is sent once.
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
 * On an init, the URL that an authFetch has authenticated it for, whichever copy of this module that was. One that is installed
 * as the global fetch passes such a request on. Any code of the process can set it, and sends without authentication then.
 */
const authenticatedFor: unique symbol = Symbol.for('@outbound-auth/authenticated')

/**
 * Makes a `fetch` that authenticates.
 *
 * The credential goes to allowed origins only, over https unless the host is this machine, and never along with a redirect
 * to another origin. A request that cannot be authenticated is not sent. After a rejection the provider may recover, and the
 * request is sent again if its body can be. What goes out is what was given at the call: URL, headers and body are copied.
 * `data:` and `blob:` URLs pass through; so do fields of `init` that a runtime adds, but not what a runtime hides in a `Request`
 * (undici's `dispatcher`). Errors of the network are those of the underlying fetch.
 *
 * @throws TypeError when an option is malformed, `allowedOrigins` is missing, an entry is not an origin, or there is no fetch
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
  const isPlatform = options.fetch === undefined
  const globalFetch: FetchOption = globalThis.fetch
  const send = options.fetch ?? globalFetch
  if (typeof send !== 'function')
    throw new TypeError('authFetch: there is no global fetch here; pass the option fetch')
  // A fetch of the caller's choice may be another authFetch, with a credential of its own to add. It may lead back to this
  // one as well, which knows its own requests by a mark that no other looks at.
  const mark = isPlatform ? authenticatedFor : Symbol('authenticated')
  const inputOptions = {
    isWhole: exchange.provider.requiresBody === true,
    isPlatform,
    replayLimitBytes,
    knownClasses: new WeakMap<object, boolean>(),
  }

  async function pass(
    through: FetchOption,
    text: string,
    request: RequestLike | undefined,
    init: RequestInit | null | undefined,
  ): Promise<FetchOptionResponse> {
    if (!request) return through(text, init as FetchOptionInit)
    if (isGenuine(request, text)) return through(request as never, init as FetchOptionInit)
    const { fields, headers, contentType, replay, abandon, ...others } = await readInput(
      request,
      init,
      inputOptions,
    )
    return through(text, { ...fields, ...others, headers, duplex: 'half' } as never)
  }

  const authenticated = async (input: unknown, init?: RequestInit | null) => {
    const { text, request } = readTarget(input)
    if (isMarked(init, authenticatedFor, text)) return pass(send, text, request, init)
    if (!isPlatform && isMarked(init, mark, text)) return pass(globalFetch, text, request, init)
    const url = newUrl(text, globalThis.location?.href)
    const isLocal = url?.protocol === 'data:' || url?.protocol === 'blob:'
    if (isLocal || !exchange.admits(url ?? text)) return pass(send, text, request, init)

    const reading = readInput(request, init, inputOptions)
    const { redirect, fields, abandon, ...outbound } = reading instanceof Promise ? await reading : reading
    Reflect.deleteProperty(fields, authenticatedFor)
    const isFollowed = redirect === 'follow'
    const sent: AuthRequest[] = []
    const transport: ExchangeTransport<FetchOptionResponse> = {
      send(attempt) {
        const { url: target, method, headers, body = null } = attempt
        sent.push(attempt)
        const whole = {
          ...fields,
          method,
          headers: Object.fromEntries(headers),
          body,
          signal: outbound.signal ?? null,
          duplex: 'half',
          redirect: isFollowed ? 'manual' : redirect,
          [mark]: target,
          ...(isStream(body) && anonymous(fields)),
        }
        return send(target, whole as never)
      },
      status: (response) => response.status,
      headers: (response) => response.headers as Headers,
      readBody: peekBody,
      discard: drainBody,
    }
    // What cannot be parsed has been rejected.
    const parsedUrl = url as URL
    const first = { ...outbound, url: parsedUrl.href, parsedUrl, minValidityMs }
    try {
      return await (isFollowed
        ? followRedirects(exchange, first, transport, sent)
        : exchange.send(first, transport))
    } catch (error) {
      abandon?.()
      throw error
    }
  }
  return authenticated as unknown as Fetch
}

function isMarked(init: object | null | undefined, mark: symbol, text: string): boolean {
  if (typeof init !== 'object' || init === null || !Object.hasOwn(init, mark)) return false
  return (init as Record<symbol, unknown>)[mark] === text
}

/** Whether the platform's fetch will send this `Request` to that URL: getters of a class or a proxy may say anything. */
function isGenuine(request: RequestLike, text: string): boolean {
  try {
    return Reflect.get(globalThis.Request.prototype, 'url', request) === text
  } catch {
    return false
  }
}

/**
 * Some versions of Node make an error of the network of a 401 to a stream, unless the request has no credentials of a user
 * agent. Node has none to send; a page may have cookies.
 */
function anonymous({ credentials }: RequestInit): RequestInit {
  const isDefault = credentials === undefined || credentials === 'same-origin'
  const isServer = !globalThis.location && 'credentials' in globalThis.Request.prototype
  return isDefault && isServer ? { credentials: 'omit' } : {}
}
