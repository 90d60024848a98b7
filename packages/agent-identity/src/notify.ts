import type { AuthEvent, AuthObserver } from '@outbound-auth/core'

/** @internal Tells an observer, whose failure is not the caller's. */
export function notify(observer: AuthObserver | undefined, event: AuthEvent): void {
  try {
    observer?.(event)
  } catch {
    // An observer is a guest.
  }
}
