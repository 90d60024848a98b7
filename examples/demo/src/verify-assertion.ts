import { ed25519 } from '@noble/curves/ed25519.js'

/** An agent as a server knows it. */
export interface KnownAgent {
  /** 32 bytes. */
  readonly publicKey: Uint8Array
  readonly agentRuntimeId: string
  readonly taskId: string
  /** The server's clock. */
  readonly nowMs: number
}

const longestSkewMs = 300_000

/**
 * Checks an agent's assertion with the curves of noble, from the description of the format alone.
 *
 * @returns what is wrong, in words; undefined if the assertion is valid
 */
export function verifyAssertion(authorization: string | undefined, agent: KnownAgent): string | undefined {
  const [, envelope] = /^AgentAssertion ([\w-]+)$/.exec(authorization ?? '') ?? []
  if (envelope === undefined) return 'no agent assertion'
  const properties: Record<string, unknown> = JSON.parse(Buffer.from(envelope, 'base64url').toString())
  const { agent_runtime_id: id, task_id: task, timestamp, signature } = properties
  if (id !== agent.agentRuntimeId) return 'unknown agent'
  if (!(Math.abs(agent.nowMs - Date.parse(String(timestamp))) <= longestSkewMs)) return 'outside the window'
  const text = Buffer.from(`${id}:${task}:${timestamp}`)
  const isSigned = ed25519.verify(Buffer.from(String(signature), 'base64'), text, agent.publicKey)
  if (!isSigned) return 'the signature does not match'
  return task === agent.taskId ? undefined : 'unknown task'
}
