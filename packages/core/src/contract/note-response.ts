import { type AuthObserver, notify } from './auth-observer.js'
import type { AuthProvider, AuthResponse } from './auth-provider.js'
import { describeThrown } from './foreign-error.js'

/** @internal Shows a response to its provider. What the provider throws, or rejects with, becomes a `warned` event. */
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
  try {
    const noted: unknown = provider.noteResponse?.(response)
    // An asynchronous one breaks the contract. Its rejection must not end the process.
    if (Object(noted) === noted) Promise.resolve(noted).catch(warn)
  } catch (error) {
    warn(error)
  }
}
