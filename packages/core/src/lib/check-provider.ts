import type { AuthProvider } from '../contract/auth-provider.js'
import { typeInWords } from '../contract/type-in-words.js'
import { checkHeaderNames } from './transport-header.js'

/** @internal @throws TypeError when it is not a provider: a binding, a list, a function, nothing */
export function checkProvider(taker: string, provider: AuthProvider | undefined | null): void {
  if (typeof provider?.addAuthHeaders === 'function') return
  const came = typeInWords(provider)
  const isBinding = Object.hasOwn(Object(provider), 'provider')
  const remedy = came === 'a function' ? '. Call it' : isBinding ? '. Pass its provider' : ''
  throw new TypeError(`${taker}: expected a provider, such as bearerAuth(…), got ${came}${remedy}`)
}

/**
 * @internal The same for the functions that send with the provider, or make what sends: its credential must also
 * arrive.
 *
 * @throws TypeError when it is not a provider, or declares a header that the transport sets or drops
 */
export function checkSendable(taker: string, provider: AuthProvider | undefined | null): void {
  checkProvider(taker, provider)
  checkHeaderNames(taker, provider as AuthProvider)
}
