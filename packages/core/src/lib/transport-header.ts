import type { AuthProvider } from '../contract/auth-provider.js'

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
  const reason = ownedBecause(key) ?? unfitBecause(key)
  if (reason === undefined) return
  throw new TypeError(
    `${option} must not be ${shown(name)}: ${reason}, so the credential would not arrive. Choose another header`,
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
  const key = keyOf(name)
  const reason = ownedBecause(key)
  if (reason === undefined) return
  throw new TypeError(`${option} must not hold header ${shown(name)}: ${reason}. Remove the header`)
}

/** Whether the transport sets or drops a header of this name, so that it cannot be a static one. Letter case does not matter. */
export function isTransportHeader(name: string): boolean {
  return ownedBecause(keyOf(name)) !== undefined
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

/** Why the transport sets or drops a header; undefined where it does not. */
function ownedBecause(key: string): string | undefined {
  switch (key) {
    case 'host':
      return 'HTTP clients make it from the URL'
    case 'content-length':
    case 'transfer-encoding':
      return 'HTTP clients make it from the body'
    case 'connection':
    case 'keep-alive':
    case 'proxy-connection':
    case 'upgrade':
      return 'it is about one connection, so HTTP clients set, drop or reject it'
    case 'trailer':
      return 'it announces what follows the body, so HTTP clients drop or reject it'
    case 'expect':
      return 'HTTP clients drop or reject it'
    case 'sec-':
      return 'browsers and WebSocket clients set the headers that begin with sec-'
    default:
      return undefined
  }
}

/** Why a header that a caller may set cannot carry a credential. */
function unfitBecause(key: string): string | undefined {
  if (key === 'content-type') return 'it says what the body is, and HTTP clients may set it'
  if (key === 'te') return 'it is about one connection, so proxies drop it'
  return undefined
}

function keyOf(name: string): string {
  // A provider of others may declare anything.
  const key = String(name).trim().toLowerCase()
  return key.startsWith('sec-') ? 'sec-' : key
}

/** What follows `sec-` may be a secret in the wrong place, unless it looks like a name. */
function shown(name: string): string {
  const key = name.trim().toLowerCase()
  return /^[a-z-]{1,40}$/.test(key) ? key : 'one of sec-*'
}
