import { AuthError } from '@outbound-auth/core'
import type { Locate } from '@outbound-auth/resolver/config'
import { configError } from '../lib/command-error.js'

/**
 * Puts the place of its cause before the text of an error of a resolver or factory. Returns any other error unchanged.
 *
 * A TypeError means that the definition is malformed, and becomes an error of the file. Neither quotes a secret.
 *
 * @param hint the end of the sentence, if there is more to say
 */
export function locatedError(error: unknown, locate: Locate, hint = ''): unknown {
  if (error instanceof TypeError) return configError(`${locate(error)}: ${error.message}. Correct the file`)
  if (!AuthError.is(error)) return error
  const { kind, message, code, provider, option, cause } = error
  return new AuthError(kind, `${locate(error)}: ${message}${hint}`, { code, provider, option, cause })
}

/**
 * The same for errors of a request: those of its credential are located, and those of where it goes are left alone, for
 * the file may have no part in them.
 */
export function locatedRequestError(error: unknown, locate: Locate): unknown {
  const isOfCredential =
    AuthError.is(error) &&
    /^ERR_AUTH_(CREDENTIAL|HEADER_VALUE|EXPIRED|NO_CREDENTIAL|SOURCE|TIMEOUT|MISSING_(ENV|FILE)|(COMMAND|SIGV4|OAUTH)_\w+)$/.test(
      error.code,
    )
  return isOfCredential ? locatedError(error, locate) : error
}
