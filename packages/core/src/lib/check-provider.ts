import type { AuthProvider } from '../contract/auth-provider.js'
import { typeInWords } from '../contract/type-in-words.js'
import { checkHeaderNames } from './transport-header.js'

/** @internal @throws TypeError when it is not a provider: a binding, a list, a function, nothing */
export function checkProvider(taker: string, provider: AuthProvider | undefined | null): void {
  if (typeof provider?.addAuthHeaders === 'function') return
  const remedies = { 'a function': '. Call it', 'a Promise': '. Await it', 'an object': undefined }
  const came = typeInWords(provider)
  const remedy =
    remedies[came as keyof typeof remedies] ??
    (Object.hasOwn(Object(provider), 'provider') ? ' with a provider. Pass its provider' : '')
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
