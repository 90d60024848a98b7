import { AuthError, type AuthErrorCode } from '../contract/auth-error.js'
import { shownUrl, valueInWords } from '../contract/type-in-words.js'
import { optionError } from './option-error.js'

/** @internal */
export interface OriginGuard {
  /**
   * The URL, parsed unless it is already.
   *
   * @throws AuthError `ERR_AUTH_URL` when it is not absolute http(s) or holds a user name or password
   */
  parse(url: string | URL): URL
  allows(url: URL): boolean
  /** The origin, as it is in the list. @throws AuthError `ERR_AUTH_ORIGIN` or `ERR_AUTH_INSECURE_TRANSPORT` (build) */
  check(url: URL): string
}

/**
 * @internal Decides where a credential may go.
 *
 * @param taker the function that was given the origins, for messages
 * @param kind the kind of the provider
 * @param allowedOrigins origins such as `https://api.example.com` or `http://localhost:11434`; an empty list allows
 * nothing
 * @param allowInsecureTransport allows plain http to hosts other than this machine
 * @throws TypeError when an allowed origin is not an origin
 */
export function originGuard(
  taker: string,
  kind: string,
  allowedOrigins: readonly string[] | undefined,
  allowInsecureTransport: boolean | undefined,
): OriginGuard {
  if (!Array.isArray(allowedOrigins)) throw originError(taker, allowedOrigins)
  const checked = allowedOrigins.map((origin, index) => checkOrigin(taker, origin, index))
  const origins = [...new Set(checked)]
  const prefixes = origins.map((origin) => `${origin}/`)
  /**
   * Every http(s) URL without a user name begins with its origin; the property `origin` makes a new string each time.
   */
  const originOf = ({ href }: URL) => origins[prefixes.findIndex((prefix) => href.startsWith(prefix))]
  const reject = (problem: string, code: AuthErrorCode): never => {
    throw AuthError.build(`${taker}: ${problem}`, { code, provider: kind })
  }
  const mayNotGo = `the ${kind} credential may not go to`
  return {
    parse(url) {
      const parsed = typeof url === 'string' ? newUrl(url) : url
      if (parsed && isHttp(parsed)) return parsed
      const needed = parsed ? 'an http(s) URL without user name and password' : 'an absolute URL'
      return reject(`${shownUrl(url)} is not ${needed}. Write it with https:// and the host`, 'ERR_AUTH_URL')
    },
    allows: (url) => originOf(url) !== undefined,
    check(url) {
      const origin =
        originOf(url) ??
        reject(
          `${mayNotGo} ${url.origin}; allowed: ${origins.join(', ') || 'nothing'}. Add the origin to allowedOrigins if the credential belongs there`,
          'ERR_AUTH_ORIGIN',
        )
      if (url.protocol === 'http:' && !allowInsecureTransport && !isLoopback(url.hostname)) {
        reject(
          `${mayNotGo} ${origin} unencrypted. Use https, or allowInsecureTransport in a network that you trust`,
          'ERR_AUTH_INSECURE_TRANSPORT',
        )
      }
      return origin
    },
  }
}

/** A path, a user name or a wildcard in an allow-list would promise a limit that is not kept. */
function checkOrigin(taker: string, given: unknown, index: number): string {
  const url = parseUrl(given)
  if (url?.href === `${url?.origin}/` && !url.hostname.includes('*')) return url.origin
  throw originError(taker, given, `[${index}]`)
}

function originError(taker: string, given: unknown, place = ''): TypeError {
  const shown =
    given instanceof RegExp || given instanceof URL ? `a ${given.constructor.name}` : valueInWords(given)
  return optionError(
    `${taker}: allowedOrigins must be a list of http(s) origins without a path, such as ['https://api.example.com']; allowedOrigins${place} is ${shown}`,
    'allowedOrigins',
  )
}

/** An absolute http(s) URL without user name and password; undefined for anything else. */
export function parseUrl(text: unknown, base?: URL): URL | undefined {
  if (typeof text !== 'string') return undefined
  const url = newUrl(text, base)
  return url && isHttp(url) ? url : undefined
}

/**
 * A URL of any scheme; undefined when it cannot be parsed. `URL.canParse` would parse it twice, and its error quotes
 * the text.
 */
export function newUrl(text: string, base?: string | URL): URL | undefined {
  try {
    return new URL(text, base)
  } catch {
    return undefined
  }
}

function isHttp({ protocol, username, password }: URL): boolean {
  return /^https?:$/.test(protocol) && username + password === ''
}

/** Whether a URL's host name is this machine. @see https://www.rfc-editor.org/rfc/rfc6761#section-6.3 */
export function isLoopback(hostname: string): boolean {
  return /^(\[::1\]|127(\.\d+){3}|(.+\.)?localhost)$/.test(hostname)
}
