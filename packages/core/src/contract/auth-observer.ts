import type { AgentIdentityTelemetry } from './auth-provider.js'

/**
 * What happens on the way of a credential. Events name kinds, headers, ids, durations and codes; never a value.
 *
 * Durations are in milliseconds and come from the monotonic clock: a change of the system's time does not reach them.
 */
export type AuthEvent =
  | {
      /** A request was authenticated and is about to be sent. */
      readonly type: 'applied'
      readonly kind: string
      readonly headerNames: readonly string[]
      readonly queryNames: readonly string[]
      readonly origin: string
      /** 0 for the first send of this request. */
      readonly attempt: number
      readonly durationMs: number
      readonly agentIdentity?: AgentIdentityTelemetry | undefined
    }
  | {
      /** A credential is fetched from its source. */
      readonly type: 'refresh-started'
      readonly kind: string
      readonly reason: RefreshReason
    }
  | {
      readonly type: 'refresh-ended'
      readonly kind: string
      readonly reason: RefreshReason
      readonly durationMs: number
      /** Absent when it succeeded. */
      readonly code?: string | undefined
      /** When the new credential ends, if it says so. */
      readonly expiresAt?: Date | undefined
    }
  | {
      /** A refused credential was looked into. */
      readonly type: 'recovered'
      readonly kind: string
      readonly status: number
      readonly attempt: number
      readonly outcome: 'retry' | 'given-up' | 'failed'
      readonly durationMs: number
      readonly code?: string | undefined
      /** The agent and its task after the recovery. */
      readonly agentIdentity?: AgentIdentityTelemetry | undefined
    }
  | {
      /** A resolver chose a provider. */
      readonly type: 'selected'
      readonly kind: string
      readonly reason: string
      readonly agentIdentity?: AgentIdentityTelemetry | undefined
    }
  | {
      /** An agent or a task was registered. */
      readonly type: 'registered'
      readonly kind: string
      readonly agentId: string
      readonly taskId?: string | undefined
    }
  | {
      /** Something works, but not as it should. */
      readonly type: 'warned'
      readonly kind: string
      readonly code: string
      readonly message: string
    }

/** Why a credential is fetched: none is there, it is about to expire, or a server refused it. */
export type RefreshReason = 'cold' | 'expiring' | 'rejected'

/**
 * Takes events as they happen, synchronously. What it throws, or rejects with, is ignored: watching a request never
 * breaks it.
 */
export type AuthObserver = (event: AuthEvent) => void

/** Tells an observer, if there is one. What it throws, or rejects with, is ignored. */
export function notify(observer: AuthObserver | undefined, event: AuthEvent): void {
  if (!observer) return
  try {
    // An observer may be asynchronous, or return a promise of another library: its rejection is not the request's.
    Promise.resolve<unknown>(observer(event)).catch(() => {})
  } catch {
    // Nor is its error.
  }
}
