import {
  type ApplyAuthOptions,
  AuthError,
  type AuthObserver,
  type AuthProvider,
  cachedCredential,
  type HeaderMap,
  type SourceOptions,
} from '@outbound-auth/core'
import { checkHeaderName, checkHeaderValue, checkOptions, parseUrl } from '@outbound-auth/core/provider'
import { isAllowedAccount, workspaceError } from '../lib/codex-error.js'

/** Headers by name. All of them are credentials. */
export type HostHeaderValues = Readonly<Record<string, string>>

/** The headers with which an embedding application authenticates: a login of `auth_mode = "headers"`. */
export interface HostHeaders {
  /**
   * The headers, or a function that gets them for each request and after a rejection (`forceRefresh`). A function needs
   * `names`.
   */
  readonly values:
    | HostHeaderValues
    | ((options: SourceOptions) => HostHeaderValues | Promise<HostHeaderValues>)
  /** Names of the headers that a function gives, the credential's own first. @default the names of `values` */
  readonly names?: readonly string[] | undefined
  /** Origins that may get the headers (`https://chatgpt.com`). The configuration cannot send them elsewhere. */
  readonly allowedOrigins: readonly string[]
}

/** @internal Options of {@link hostHeadersAuth}. */
export interface HostHeadersAuthOptions extends Omit<HostHeaders, 'allowedOrigins'> {
  /** Accounts that the configuration allows; an empty list allows all. */
  readonly allowedAccountIds: readonly string[]
  readonly now?: (() => Date) | undefined
  readonly observer?: AuthObserver | undefined
}

/** @internal The provider that {@link hostHeadersAuth} returns. */
export interface HostHeadersAuth extends AuthProvider {
  readonly kind: 'host-headers'
}

const kind = 'host-headers'
const optionNames = ['values', 'names', 'allowedAccountIds', 'now', 'observer']
const transportOwned =
  /^(connection|content-length|content-type|expect|host|keep-alive|proxy-connection|te|trailer|transfer-encoding|upgrade|sec-.*)$/

/**
 * @internal Sends the headers of the embedding application as they are.
 *
 * @throws TypeError, AuthError `ERR_AUTH_HEADER_VALUE` (build)
 */
export function hostHeadersAuth(options: HostHeadersAuthOptions): HostHeadersAuth {
  const { values, names, allowedAccountIds, now, observer } = checkOptions(
    'hostHeadersAuth',
    options,
    optionNames,
  )
  const headerNames = readNames(values, names)

  function set(target: HeaderMap, headers: ReadonlyMap<string, string>): void {
    for (const name of headerNames) {
      const value = headers.get(name)
      if (value === undefined) target.delete(name)
      else target.set(name, value)
    }
  }

  if (typeof values !== 'function') {
    const literal = checkedHeaders(values, headerNames, allowedAccountIds)
    return { kind, headerNames, addAuthHeaders: (target) => set(target, literal) }
  }
  const cache = cachedCredential({
    kind,
    async source(request) {
      const value = checkedHeaders(await values(request), headerNames, allowedAccountIds)
      return { value, id: credentialId(headerNames, (name) => value.get(name)) }
    },
    now,
    observer,
  })
  return {
    kind,
    headerNames,
    addAuthHeaders(target) {
      const headers = cache.peek()
      if (headers) set(target, headers)
    },
    async applyAuth(request, applyOptions?: ApplyAuthOptions) {
      set(request.headers, await cache.get(applyOptions))
      return request
    },
    recover: ({ request, attempt, claims }, applyOptions) =>
      cache.recover(
        credentialId(headerNames, (name) => request.headers.get(name)),
        attempt,
        { ...applyOptions, claims },
      ),
  }
}

/** @throws TypeError when there is no name, or a malformed one, or one that the HTTP client sets */
function readNames(
  values: HostHeaders['values'],
  names: HostHeaders['names'],
): readonly [string, ...string[]] {
  const given = names ?? (typeof values === 'function' ? [] : Object.keys(values))
  const [first, ...others] = given.map((name) => name.toLowerCase())
  if (first === undefined) throw new TypeError('createCodexResolver: headers.names must name a header')
  for (const name of [first, ...others]) {
    checkHeaderName(name)
    if (transportOwned.test(name)) {
      throw new TypeError(`createCodexResolver: headers must not hold ${name}, which the HTTP client sets`)
    }
  }
  return [first, ...others]
}

/** @throws AuthError `ERR_AUTH_CREDENTIAL`, `ERR_AUTH_HEADER_VALUE`, `ERR_AUTH_CODEX_LOGIN` (build) */
function checkedHeaders(
  headers: HostHeaderValues,
  headerNames: readonly [string, ...string[]],
  allowedAccountIds: readonly string[],
): ReadonlyMap<string, string> {
  if (typeof headers !== 'object' || headers === null) {
    throw credentialError('headers.values must be or give an object of strings')
  }
  const pairs = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const)
  for (const [name, value] of pairs) {
    if (!headerNames.includes(name))
      throw credentialError('headers.values gave a header that headers.names does not have')
    checkHeaderValue(name, value, kind)
  }
  const map = new Map(pairs)
  if (!map.get(headerNames[0])) throw credentialError(`headers.values has no ${headerNames[0]}`)
  if (!isAllowedAccount(allowedAccountIds, map.get('chatgpt-account-id')))
    throw workspaceError('the headers of the application')
  return map
}

/** Tells two credentials apart: the values of all headers. */
function credentialId(
  headerNames: readonly string[],
  headerOf: (name: string) => string | null | undefined,
): string {
  return JSON.stringify(headerNames.map((name) => headerOf(name) ?? null))
}

function credentialError(problem: string): AuthError {
  return AuthError.build(`Cannot authenticate with the headers of the application: ${problem}`, {
    code: 'ERR_AUTH_CREDENTIAL',
    provider: kind,
  })
}

/** @internal @throws TypeError when the option `headers` of `createCodexResolver` is malformed */
export function checkHostHeaders(headers: HostHeaders): HostHeaders {
  const checked = checkOptions('createCodexResolver: headers', headers, ['values', 'names', 'allowedOrigins'])
  const { values, names, allowedOrigins } = checked
  const isOrigin = (text: unknown) => typeof text === 'string' && parseUrl(text)?.origin === text
  if (!Array.isArray(allowedOrigins) || !allowedOrigins.every(isOrigin)) {
    throw new TypeError(
      'createCodexResolver: headers.allowedOrigins must be a list of origins, such as https://chatgpt.com',
    )
  }
  if (typeof values === 'function' ? !Array.isArray(names) : typeof values !== 'object' || values === null) {
    throw new TypeError(
      'createCodexResolver: headers.values must be an object of strings, or a function together with headers.names',
    )
  }
  return checked
}
