import type { AuthProvider } from '../contract/auth-provider.js'
import { isCredentialName } from './credential-name.js'

/** Made from the URL or the body, about one connection only, or forbidden to pages. */
const owned =
  /^(host|content-length|transfer-encoding|connection|keep-alive|proxy-connection|upgrade|trailer|expect|sec-.*)$/s

/** A caller may set these two, but they cannot carry a credential. */
const unfit = /^(content-type|te)$/

/**
 * Rejects a header that cannot carry a credential, since the transport sets or drops it and the request would go out
 * bare: host, connection, content-length, content-type, transfer-encoding, expect, te, trailer, upgrade, keep-alive,
 * proxy-connection and `sec-*`.
 *
 * `proxy-authorization` and `cookie` are allowed, although browsers drop both.
 *
 * @param option the function and its option, for the message: `apiKeyAuth: header`
 * @param name in any letter case
 * @throws TypeError
 */
export function checkCredentialHeader(option: string, name: string): void {
  const key = keyOf(name)
  if (owned.test(key) || unfit.test(key))
    reject(`${option} must not be`, key, ', so the credential would not arrive. Choose another header')
}

/**
 * Rejects a static header that the transport sets or drops: the same list as for {@link checkCredentialHeader}, but
 * content-type and te are allowed.
 *
 * @param option the function and its option, for the message: `bearerAuth: headers`
 * @param name in any letter case
 * @throws TypeError
 */
export function checkStaticHeader(option: string, name: string): void {
  if (isTransportHeader(name)) reject(`${option} must not hold header`, keyOf(name), '. Remove the header')
}

/**
 * Whether the transport sets or drops a header of this name, so that it cannot be a static one. Letter case does not
 * matter.
 */
export function isTransportHeader(name: string): boolean {
  return owned.test(keyOf(name))
}

/**
 * @internal Checks the names that a provider declares: the first one is the place of its credential, and the others
 * may be static headers.
 *
 * @throws TypeError
 */
export function checkHeaderNames(
  taker: string,
  { kind, headerNames = [], mergedHeaderNames = [] }: AuthProvider,
): void {
  const [first, ...others] = headerNames
  if (first !== undefined) checkCredentialHeader(`${taker}: the header of the ${kind} credential`, first)
  for (const name of others) checkStaticHeader(`${taker}: headerNames of the ${kind} provider`, name)
  for (const name of mergedHeaderNames)
    checkMergedHeader(`${taker}: mergedHeaderNames of the ${kind} provider`, name, headerNames)
}

/**
 * Rejects a header that cannot be a merged one: the caller's members stay in it, so it must hold no credential, and no
 * value that the provider replaces.
 *
 * @param option the function and its option, for the message: `bearerAuth: mergedHeaders`
 * @param replaced the names that the provider replaces
 * @throws TypeError
 */
export function checkMergedHeader(option: string, name: string, replaced: readonly string[] = []): void {
  checkStaticHeader(option, name)
  const key = keyOf(name)
  const isCredential = isCredentialName(key)
  if (!isCredential && !replaced.includes(key)) return
  const why = isCredential ? 'the name of a credential, whose value is never merged' : 'also in headerNames'
  throw new TypeError(`${option} must not hold header ${key}: it is ${why}. Remove the header`)
}

function keyOf(name: string): string {
  // A provider of others may declare anything.
  return String(name).trim().toLowerCase()
}

function reject(what: string, key: string, advice: string): never {
  // What follows `sec-` may be a secret in the wrong place, unless it looks like a name.
  const shown = /^[a-z-]{1,40}$/.test(key) ? key : 'one of sec-*'
  throw new TypeError(`${what} ${shown}: HTTP clients or proxies set, drop or reject it${advice}`)
}
