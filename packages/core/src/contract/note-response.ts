import { type AuthObserver, notify } from './auth-observer.js'
import type { AuthProvider, AuthResponse } from './auth-provider.js'
import { describeThrown } from './foreign-error.js'

/** @internal Shows a response to its provider. An error or rejection of the provider becomes a `warned` event. */
export function noteResponse(
  provider: AuthProvider,
  response: AuthResponse,
  observer: AuthObserver | undefined,
): void {
  const { kind } = provider
  const warn = (error: unknown) => {
    const message = `noteResponse() of the ${kind} provider threw ${describeThrown(error)}`
    notify(observer, { type: 'warned', kind, code: 'ERR_AUTH_PROVIDER', message })
  }
  // An async function turns an error into a rejection, and its call begins at once. A promise that noteResponse returns
  // breaks the contract, but its rejection must not end the process.
  const show = async () => provider.noteResponse?.(response)
  show().catch(warn)
}
