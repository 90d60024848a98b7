import type { AgentKey } from './agent-key.js'
import { encodeAssertion, signedText, toTimestamp } from './assertion-envelope.js'

/** @internal Makes assertions, one a second. */
export interface AssertionMinter {
  /** This second's assertion, if it is there or the key signs at once. */
  mintNow(key: AgentKey, taskId: string): string | undefined
  mint(key: AgentKey, taskId: string): Promise<string>
}

interface Minted {
  readonly key: AgentKey
  readonly taskId: string
  readonly second: number
  header?: string | undefined
  signing?: Promise<string> | undefined
}

/**
 * @internal Ed25519 is deterministic, so a second signature within one second would have the same bytes: it is made once.
 */
export function assertionMinter(agentRuntimeId: string, nowMs: () => number): AssertionMinter {
  let last: Minted | undefined

  function current(key: AgentKey, taskId: string): Minted {
    const second = Math.floor(nowMs() / 1000)
    if (last?.second !== second || last.taskId !== taskId || last.key !== key) last = { key, taskId, second }
    return last
  }

  function complete(minted: Minted, timestamp: string, signature: string): string {
    minted.header = encodeAssertion({ agentRuntimeId, signature, taskId: minted.taskId, timestamp })
    return minted.header
  }

  return {
    mintNow(key, taskId) {
      const minted = current(key, taskId)
      if (minted.header !== undefined || !key.signNow) return minted.header
      const timestamp = toTimestamp(minted.second * 1000)
      return complete(minted, timestamp, key.signNow(signedText({ agentRuntimeId, taskId, timestamp })))
    },
    async mint(key, taskId) {
      const minted = current(key, taskId)
      const timestamp = toTimestamp(minted.second * 1000)
      minted.signing ??= key
        .sign(signedText({ agentRuntimeId, taskId, timestamp }))
        .then((signature) => complete(minted, timestamp, signature))
        .finally(() => {
          minted.signing = undefined
        })
      return minted.header ?? minted.signing
    },
  }
}
