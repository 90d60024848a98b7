declare module 'cloudflare:workers' {
  /** Keeps the current request's promises and timers alive until `promise` has ended. */
  export function waitUntil(promise: Promise<unknown>): void
}
