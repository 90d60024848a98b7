import { AuthError } from '@outbound-auth/core'
import type { SessionFallback } from '@outbound-auth/resolver'
import type { RunnableAgent } from './load-agent.js'

/** @internal Bootstraps agents: one flight per account, and a pause after an outage. */
export interface AgentBootstrapper {
  /**
   * @param key account and authority
   * @param fallback is engaged when the authority cannot be reached. Without a fallback that is an error
   * @returns undefined when the session has fallen back
   */
  get(
    key: string,
    bootstrap: () => Promise<RunnableAgent>,
    fallback: SessionFallback | undefined,
  ): Promise<RunnableAgent | undefined>
}

/** @internal @param cooldownMs an unreachable authority is called again after this time */
export function agentBootstrapper(cooldownMs: number, now: () => Date): AgentBootstrapper {
  const flights = new Map<string, Promise<RunnableAgent>>()
  const failures = new Map<string, { readonly error: AuthError; readonly atMs: number }>()

  async function bootstrapOnce(key: string, bootstrap: () => Promise<RunnableAgent>): Promise<RunnableAgent> {
    const failure = failures.get(key)
    const sinceMs = now().getTime() - (failure?.atMs ?? 0)
    if (failure && sinceMs >= 0 && sinceMs < cooldownMs) throw failure.error
    failures.delete(key)
    try {
      return await bootstrap()
    } catch (error) {
      // Only an outage starts the pause. Any other error may not occur again.
      if (isOutage(error)) failures.set(key, { error, atMs: now().getTime() })
      throw error
    }
  }

  return {
    async get(key, bootstrap, fallback) {
      const flight = flights.get(key) ?? bootstrapOnce(key, bootstrap).finally(() => flights.delete(key))
      flights.set(key, flight)
      try {
        return await flight
      } catch (error) {
        if (!fallback || !isOutage(error)) throw error
        fallback.engage(error.message)
        return undefined
      }
    },
  }
}

/**
 * An outage: the registration was tried three times and may succeed later. A rejection does not count, nor does a
 * failed refresh of the token.
 */
function isOutage(error: unknown): error is AuthError {
  return (
    AuthError.is(error) && error.retryable && /^ERR_AUTH_(REGISTRATION_UNAVAILABLE|TIMEOUT)$/.test(error.code)
  )
}
