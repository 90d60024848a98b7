import { encodeBase64Url } from '#ed25519'

// Only this file and its inverse, decode-assertion.ts, contain the format of an assertion, because its author has
// announced a successor.

/** @internal The content of an assertion. */
export interface AssertionClaims {
  readonly agentRuntimeId: string
  readonly taskId: string
  /** RFC 3339, UTC, whole seconds: `2026-04-23T00:00:00Z`. */
  readonly timestamp: string
}

/** @internal An assertion as it arrived, not verified. */
export interface Assertion extends AssertionClaims {
  /** Standard base64. */
  readonly signature: string
}

/** @internal The scheme of the `Authorization` header. */
export const scheme = 'AgentAssertion '

/** @internal An instant in the form of assertions and registrations. */
export function toTimestamp(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}

/** @internal The text that is signed. */
export function signedText({ agentRuntimeId, taskId, timestamp }: AssertionClaims): string {
  return `${agentRuntimeId}:${taskId}:${timestamp}`
}

/** @internal The value of the header: names in alphabetical order, without whitespace. */
export function encodeAssertion({ agentRuntimeId, signature, taskId, timestamp }: Assertion): string {
  return (
    scheme +
    encodeBase64Url(
      JSON.stringify({ agent_runtime_id: agentRuntimeId, signature, task_id: taskId, timestamp }),
    )
  )
}
