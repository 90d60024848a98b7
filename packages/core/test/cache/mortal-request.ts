import { AsyncLocalStorage } from 'node:async_hooks'
import { vi } from 'vitest'

interface Scope {
  isAlive: boolean
}

/** A request that Cloudflare Workers may end at any moment: from then on its timers do not fire. */
export interface MortalRequest<T> {
  readonly result: Promise<T>
  isAlive(): boolean
  end(): void
}

/** Starts requests that can be ended. */
export interface MortalRequests {
  start<T>(work: () => Promise<T>): MortalRequest<T>
  /** Ends the request to which the running code belongs, when the returned function is called. */
  ender(): () => void
}

/** Makes requests mortal, on top of the timers that are there now. `vi.restoreAllMocks()` takes it back. */
export function mortalRequests(): MortalRequests {
  const scopes = new AsyncLocalStorage<Scope>()
  const { setTimeout, setInterval } = globalThis
  const patched = (callback: () => void, delayMs?: number) => {
    const scope = scopes.getStore()
    if (!scope) return setTimeout(callback, delayMs)
    return setTimeout(() => {
      if (scope.isAlive) scopes.run(scope, callback)
    }, delayMs)
  }
  const patchedInterval = (callback: () => void, delayMs?: number) => {
    const scope = scopes.getStore()
    return setInterval(() => {
      if (!scope || scope.isAlive) callback()
    }, delayMs)
  }
  vi.spyOn(globalThis, 'setTimeout').mockImplementation(patched as typeof setTimeout)
  vi.spyOn(globalThis, 'setInterval').mockImplementation(patchedInterval as typeof setInterval)
  const enderOf = (scope: Scope | undefined) => () => {
    if (scope) scope.isAlive = false
  }
  return {
    start(work) {
      const scope = { isAlive: true }
      const result = scopes.run(scope, work)
      // A request that has ended does not look at its failures.
      result.catch(() => {})
      return { result, isAlive: () => scope.isAlive, end: enderOf(scope) }
    },
    ender: () => enderOf(scopes.getStore()),
  }
}
