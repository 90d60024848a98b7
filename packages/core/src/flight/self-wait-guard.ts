/** @internal Tells whether the running code belongs to a flight, so that nothing waits for itself. */
export interface SelfWaitGuard {
  run<T>(flight: object, work: () => T): T
  isInside(flight: object): boolean
  /** To be called when the flight has ended: on Node before 24 every promise is slower until then. */
  end(): void
}

/**
 * @internal Undefined where the platform has no `AsyncLocalStorage`. It is looked up at run time, since this file runs
 * anywhere.
 */
export function selfWaitGuard(): SelfWaitGuard | undefined {
  const hooks = globalThis.process?.getBuiltinModule?.('node:async_hooks')
  if (!hooks?.AsyncLocalStorage) return undefined
  const storage = new hooks.AsyncLocalStorage<object>()
  return {
    run: (flight, work) => storage.run(flight, work),
    isInside: (flight) => storage.getStore() === flight,
    end: () => storage.disable(),
  }
}
