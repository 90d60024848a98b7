import { AuthError } from './auth-error.js'
import { checkHeaderValue } from './header-map.js'

/**
 * Refuses what cannot be a token or key: no string, empty, no legal header value, or blanks around it, which `fetch` would
 * drop without a word. The token is not in the error.
 *
 * @param kind the kind of the provider, for the error
 * @returns the token, unchanged
 * @throws AuthError `ERR_AUTH_CREDENTIAL` or `ERR_AUTH_HEADER_VALUE` (build)
 */
export function checkToken(token: unknown, kind: string): string {
  const refuse = (what: string) =>
    AuthError.build(`The ${kind} credential ${what}`, { code: 'ERR_AUTH_CREDENTIAL', provider: kind })
  if (typeof token !== 'string') throw refuse('is not a string')
  if (!token.trim()) throw refuse('is empty')
  checkHeaderValue(`for the ${kind} credential`, token, kind)
  if (token.trim() !== token) throw refuse('has blanks before or after it')
  return token
}
