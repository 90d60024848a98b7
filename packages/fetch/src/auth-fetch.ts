import type { AuthBinding, AuthProvider } from '@outbound-auth/core'
import {
  createExchange,
  type ExchangeOptions,
  exchangeOptionNames,
  newUrl,
} from '@outbound-auth/core/exchange'
import { checkOptions } from '@outbound-auth/core/provider'
import type { FetchOption } from './fetch-option.js'
import { authenticatedFor, isMarked } from './input/authenticated-mark.js'
import { type FetchInput, type ReadInputOptions, readInput } from './input/read-input.js'
import { readTarget } from './input/read-target.js'
import { passThrough } from './pass-through.js'
import { type Sender, sendCall } from './send-call.js'

/** The `fetch` that comes out. */
export type Fetch = typeof globalThis.fetch

/** Options of {@link authFetch} that hold for a provider and for a binding. */
export interface AuthFetchOptions extends ExchangeOptions {
  /**
   * Sends what comes out.
   *
   * The default is the global fetch of the time when `authFetch` was called, which is not looked up again. A mock or
   * patch that is installed later is used only by `fetch: (...args) => globalThis.fetch(...args)`.
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
  /**
   * How long the credential of each request should stay valid, in milliseconds: for long streams and uploads. A
   * credential that expires sooner is renewed early.
   *
   * @default 0
   */
  readonly minValidityMs?: number | undefined
}

/** Options of {@link authFetch} with a bare provider. */
export interface AuthFetchProviderOptions extends AuthFetchOptions {
  /** Origins that may see the credential, such as `https://api.example.com`. An empty list allows nothing. */
  readonly allowedOrigins: readonly string[]
}

const optionNames = [...exchangeOptionNames, 'fetch', 'replayLimitBytes', 'minValidityMs']

/**
 * Makes a `fetch` that authenticates.
 *
 * The credential goes to allowed origins only, over https unless the host is this machine, and never along with a
 * redirect to another origin. A request that cannot be authenticated is not sent. After a rejection the provider may
 * recover, and the request is sent again if its body can be. It sends the arguments as they were at the call: URL,
 * headers and body are copied. `data:` and `blob:` URLs pass through; so do fields of `init` that a runtime adds, but
 * not what a runtime hides in a `Request` (undici's `dispatcher`). Errors of the network are those of the underlying
 * fetch.
 *
 * @throws TypeError when an option is malformed, `allowedOrigins` is missing, an entry is not an origin, or there is
 * no fetch
 * @throws AuthError from the returned fetch; an abort rejects with `signal.reason`
 * @example
 * const fetch = authFetch(bearerAuth({ token }), { allowedOrigins: ['https://api.example.com'] })
 */
export function authFetch<A extends AuthProvider | AuthBinding>(
  auth: A,
  // No overloads, because the compiler would describe the error of another overload than the caller means.
  ...rest: [A] extends [AuthBinding] ? [options?: AuthFetchOptions] : [options: AuthFetchProviderOptions]
): Fetch
export function authFetch(auth: AuthProvider | AuthBinding, given: AuthFetchOptions = {}): Fetch {
  const options = checkOptions('authFetch', given, optionNames)
  const exchange = createExchange(auth, options, 'authFetch')
  const isPlatform = options.fetch === undefined
  const globalFetch: FetchOption = globalThis.fetch
  const fetch = options.fetch ?? globalFetch
  if (typeof fetch !== 'function')
    throw new TypeError('authFetch: there is no global fetch here; pass the option fetch')
  // A fetch of the caller's choice may be another authFetch, with a credential of its own to add. It may lead back to
  // this one as well, which knows its own requests by a mark that no other looks at.
  const mark = isPlatform ? authenticatedFor : Symbol('authenticated')
  const sender: Sender = { exchange, fetch, mark }
  const reading: ReadInputOptions = {
    isWhole: exchange.provider.requiresBody === true,
    isPlatform,
    replayLimitBytes: options.replayLimitBytes ?? 1_048_576,
    knownClasses: new WeakMap(),
    minValidityMs: options.minValidityMs,
  }
  const authenticated = async (input: unknown, init?: RequestInit | null) => {
    const target = readTarget(input)
    const { text } = target
    const passOn = (through: FetchOption) => passThrough(through, target, init, reading)
    if (isMarked(init, authenticatedFor, text)) return passOn(fetch)
    if (isMarked(init, mark, text)) return passOn(globalFetch)
    const url = newUrl(text, globalThis.location?.href)
    if (/^(data|blob):$/.test(url?.protocol ?? '') || !exchange.admits(url ?? text)) return passOn(fetch)
    // A URL that cannot be parsed has been rejected.
    const call = readInput(target.request, init, reading, url)
    return sendCall(sender, (call instanceof Promise ? await call : call) as FetchInput & { parsedUrl: URL })
  }
  return authenticated as unknown as Fetch
}
