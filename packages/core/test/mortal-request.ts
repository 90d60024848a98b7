import { AsyncLocalStorage } from 'node:async_hooks'
import { vi } from 'vitest'

interface Scope {
  isAlive: boolean
}

/** A request that Cloudflare Workers may end at any moment: from then on its timers do not fire. */
export interface MortalRequest<T> {
  readonly result: Promise<T>
  end(): void
}

/** Makes requests mortal, on top of the timers that are there now. `vi.restoreAllMocks()` takes it back. */
export function mortalRequests(): <T>(work: () => Promise<T>) => MortalRequest<T> {
  const scopes = new AsyncLocalStorage<Scope>()
  const { setTimeout } = globalThis
  const patched = (callback: () => void, delayMs?: number) => {
    const scope = scopes.getStore()
    if (!scope) return setTimeout(callback, delayMs)
    return setTimeout(() => {
      if (scope.isAlive) scopes.run(scope, callback)
    }, delayMs)
  }
  vi.spyOn(globalThis, 'setTimeout').mockImplementation(patched as typeof setTimeout)
  return (work) => {
    const scope = { isAlive: true }
    const result = scopes.run(scope, work)
    // A request that has ended does not look at its failures.
    result.catch(() => {})
    return {
      result,
      end() {
        scope.isAlive = false
      },
    }
  }
}
