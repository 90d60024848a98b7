import { AuthError } from '@outbound-auth/core'
import { type SingleFlight, singleFlight } from '@outbound-auth/core/provider'
import type { AgentKey } from '../key/agent-key.js'
import { kind } from '../lib/agent-error.js'
import { encodeAssertion, signedText, toTimestamp } from './assertion-envelope.js'

/** @internal Makes assertions, one for each second. */
export interface AssertionMinter {
  /** The assertion of this second, if it exists or the key signs at once. */
  mintNow(key: AgentKey, taskId: string): string | undefined
  mint(key: AgentKey, taskId: string, signal?: AbortSignal): Promise<string>
}

interface Minted {
  readonly key: AgentKey
  readonly taskId: string
  readonly second: number
  header?: string | undefined
  signing?: SingleFlight<Signed> | undefined
}

/** A key of the caller may throw any error, which is passed on unchanged. */
type Signed = { readonly header: string } | { readonly thrown: unknown }

/** Time limit of one signature: a key in hardware may be slow. */
const signingMs = 30_000

/** @internal Makes one signature for each second, because Ed25519 would give the same bytes again. */
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
    async mint(key, taskId, signal) {
      const minted = current(key, taskId)
      if (minted.header !== undefined) return minted.header
      minted.signing ??= singleFlight({ kind, timeoutMs: signingMs })
      const { signing } = minted
      const timestamp = toTimestamp(minted.second * 1000)
      const signed = await signing.wait(
        () =>
          signing.begin(async () => {
            try {
              const signature = await key.sign(signedText({ agentRuntimeId, taskId, timestamp }))
              return { header: complete(minted, timestamp, signature) }
            } catch (thrown) {
              return { thrown }
            }
          }),
        signal,
      )
      if (AuthError.is(signed)) throw signed
      if ('thrown' in signed) throw signed.thrown
      return signed.header
    },
  }
}
