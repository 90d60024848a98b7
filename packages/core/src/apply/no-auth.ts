import type { AuthProvider } from '../contract/auth-provider.js'
import { checkOptions } from '../lib/check-options.js'
import { optionError } from '../lib/option-error.js'

/** What {@link noAuth} makes. */
export interface NoAuth extends AuthProvider {
  readonly kind: 'none'
  readonly reason: string
}

/**
 * Sends no credential, because somebody chose so: a local model server, a public endpoint. The caller's own credential
 * headers stay.
 *
 * @param options.reason why none is sent, in words; it explains a later 401
 * @throws TypeError when `reason` is empty, or there is another option
 */
export function noAuth(options: { readonly reason: string }): NoAuth {
  const { reason } = checkOptions('noAuth', options, ['reason'])
  if (typeof reason !== 'string' || reason.trim() === '') {
    throw optionError('noAuth: reason must be a string that says why no credential is sent', 'reason')
  }
  return { kind: 'none', headerNames: [], addAuthHeaders() {}, reason }
}
