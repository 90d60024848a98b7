import { encodeBase64Url } from '#ed25519'

// This file and its inverse, decode-assertion.ts, are all that knows how an assertion looks: its author has announced a
// successor.

/** @internal What an assertion says. */
export interface AssertionClaims {
  readonly agentRuntimeId: string
  readonly taskId: string
  /** RFC 3339, UTC, whole seconds: `2026-04-23T00:00:00Z`. */
  readonly timestamp: string
}

/** @internal An assertion as it arrived; nothing of it is verified. */
export interface Assertion extends AssertionClaims {
  /** Standard base64. */
  readonly signature: string
}

/** @internal */
export const scheme = 'AgentAssertion '

/** @internal An instant as assertions and registrations write it. */
export function toTimestamp(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}

/** @internal The text that is signed. */
export function signedText({ agentRuntimeId, taskId, timestamp }: AssertionClaims): string {
  return `${agentRuntimeId}:${taskId}:${timestamp}`
}

/** @internal The header's value: names in alphabetical order, no blanks. */
export function encodeAssertion({ agentRuntimeId, signature, taskId, timestamp }: Assertion): string {
  return (
    scheme +
    encodeBase64Url(
      JSON.stringify({ agent_runtime_id: agentRuntimeId, signature, task_id: taskId, timestamp }),
    )
  )
}
