import type { AuthProvider } from './auth-provider.js'

/** @internal @throws TypeError when it is not a provider: a binding, a list, a function, nothing */
export function checkProvider(taker: string, provider: AuthProvider | undefined | null): void {
  if (typeof provider?.addAuthHeaders !== 'function')
    throw new TypeError(`${taker} takes a provider, such as bearerAuth(…)`)
}
