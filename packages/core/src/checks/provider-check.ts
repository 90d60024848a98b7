import { applyHeaders, checkReturned } from '../apply/apply-auth.js'
import type { AuthObserver } from '../contract/auth-observer.js'
import type { ApplyAuthOptions, AuthProvider, AuthRequest } from '../contract/auth-provider.js'
import { createHeaderMap, type HeaderMap, type HeaderMapInit } from '../contract/header-map.js'
import { getQueryParameter } from '../lib/query-parameter.js'
import { untilAborted } from '../lib/until-aborted.js'

/** One check of the contract, for any test runner. */
export interface AuthProviderCheck {
  /** What a provider must do, as a sentence. */
  readonly name: string
  /** @throws Error that says what was expected, what was seen and why it matters; never with a planted secret */
  run(): Promise<void>
}

/** What a provider under test is made with. */
export interface CheckContext {
  /** Pass it on as the provider's observer, so that its events are searched for secrets. */
  readonly observer: AuthObserver
}

/** Options of `checkAuthProvider`. */
export interface CheckAuthProviderOptions {
  /** Makes a new provider that holds the planted secrets. It is called many times, and must not need a network. */
  readonly create: (context: CheckContext) => AuthProvider | Promise<AuthProvider>
  /**
   * Texts of at least 8 characters that nobody may ever see: the credential and all that it is derived from. An empty
   * list, for a provider without credential, leaves the checks of secrecy out.
   */
  readonly secrets: readonly string[]
  /**
   * Makes a new request that the provider can authenticate.
   *
   * @default a POST with a JSON text to https://api.example.com
   */
  readonly request?: (() => AuthRequest) | undefined
  /**
   * Makes a provider with this credential, which no header may hold; where the credential only signs, use a part
   * that goes into a header as it is. Without it, the checks of illegal credentials are left out.
   */
  readonly createWithCredential?:
    | ((credential: string, context: CheckContext) => AuthProvider | Promise<AuthProvider>)
    | undefined
  /**
   * Makes a provider that gets its credential from this source, which gives the first of `secrets`, then the second, if
   * there is one. Without it, the checks of cold, failing and hanging sources are left out.
   */
  readonly createFromSource?:
    | ((source: () => Promise<string>, context: CheckContext) => AuthProvider | Promise<AuthProvider>)
    | undefined
}

/** @internal A provider without an interested observer. */
export async function newProvider({ create }: CheckAuthProviderOptions): Promise<AuthProvider> {
  return create({ observer: () => {} })
}

/**
 * @internal `applyAuth`, with two differences. A request that comes back without a credential is not rejected, because
 * that has a check of its own. An error of the provider is thrown as it is, because its author has to see it.
 */
export async function applyOnce(
  provider: AuthProvider,
  request: AuthRequest,
  options: ApplyAuthOptions = {},
): Promise<AuthRequest> {
  options.signal?.throwIfAborted()
  const acceptAny = () => {}
  if (!provider.applyAuth) return applyHeaders(provider, request, acceptAny)
  const applied = await untilAborted(provider.applyAuth(request, options), options.signal)
  return checkReturned(provider, applied, acceptAny)
}

/** @internal A request for one application, with what a check adds to it. */
export function newRequest(
  options: CheckAuthProviderOptions,
  change: (request: AuthRequest) => Partial<AuthRequest> = () => ({}),
): AuthRequest {
  const { request = defaultRequest } = options
  const given = request()
  const copy = { ...given, headers: createHeaderMap(given.headers) }
  return { ...copy, ...change(copy) }
}

/** Its query is written in a way that no serialiser would, so that one shows. */
function defaultRequest(): AuthRequest {
  return {
    method: 'POST',
    url: 'https://api.example.com/v1/things?text=a%20b%2fc&empty=',
    headers: createHeaderMap({ accept: 'application/json', 'content-type': 'application/json' }),
    body: '{"count":1}',
  }
}

/** @internal The two kinds of header map that a provider meets. */
export const headerMaps: readonly (readonly [string, (init: HeaderMapInit) => HeaderMap])[] = [
  ['a map of createHeaderMap()', createHeaderMap],
  ['a Headers of the platform', (init) => new Headers([...createHeaderMap(init)])],
]

/** @internal What stands in a request under the names that a provider declares. */
export function credentialIn(provider: AuthProvider, request: AuthRequest): Map<string, string> {
  const { headerNames, queryNames = [] } = provider
  const found = new Map<string, string>()
  for (const name of headerNames) {
    const value = request.headers.get(name)
    if (value !== null) found.set(`header ${name}`, value)
  }
  for (const name of queryNames) {
    const value = getQueryParameter(request.url, name)
    if (value !== undefined) found.set(`query parameter ${name}`, value)
  }
  return found
}

/** @internal The names of a set, for a message. */
export function listed(names: Iterable<string>): string {
  return [...names].join(', ') || 'nothing'
}
