import type { AuthProvider } from '../contract/auth-provider.js'

/** Made from the URL or the body, about one connection only, or forbidden to pages. */
const owned =
  /^(host|content-length|transfer-encoding|connection|keep-alive|proxy-connection|upgrade|trailer|expect|sec-.*)$/s

/** A caller may set these two, but they cannot carry a credential. */
const unfit = /^(content-type|te)$/

const reason = 'HTTP clients or proxies set, drop or reject it'

/**
 * Rejects a header that cannot carry a credential, since the transport sets or drops it and the request would go out bare:
 * host, connection, content-length, content-type, transfer-encoding, expect, te, trailer, upgrade, keep-alive,
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
  if (!owned.test(key) && !unfit.test(key)) return
  throw new TypeError(
    `${option} must not be ${shown(key)}: ${reason}, so the credential would not arrive. Choose another header`,
  )
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
  if (isTransportHeader(name))
    throw new TypeError(`${option} must not hold header ${shown(keyOf(name))}: ${reason}. Remove the header`)
}

/** Whether the transport sets or drops a header of this name, so that it cannot be a static one. Letter case does not matter. */
export function isTransportHeader(name: string): boolean {
  return owned.test(keyOf(name))
}

/**
 * @internal Checks the names that a provider declares: the first one is the place of its credential, and the others may be
 * static headers.
 *
 * @throws TypeError
 */
export function checkHeaderNames(taker: string, { kind, headerNames = [] }: AuthProvider): void {
  const [first, ...others] = headerNames
  if (first !== undefined) checkCredentialHeader(`${taker}: the header of the ${kind} credential`, first)
  for (const name of others) checkStaticHeader(`${taker}: headerNames of the ${kind} provider`, name)
}

function keyOf(name: string): string {
  // A provider of others may declare anything.
  return String(name).trim().toLowerCase()
}

/** What follows `sec-` may be a secret in the wrong place, unless it looks like a name. */
function shown(key: string): string {
  return /^[a-z-]{1,40}$/.test(key) ? key : 'one of sec-*'
}
