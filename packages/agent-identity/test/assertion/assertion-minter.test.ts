import { afterEach, describe, expect, it, vi } from 'vitest'
import { assertionMinter } from '../../src/assertion/assertion-minter.js'
import { type AgentKey, parseAgentKey } from '../../src/index.js'
import { worked } from '../worked-vectors.js'

const { agentRuntimeId, taskId } = worked

afterEach(() => void vi.useRealTimers())

/** A minter with a clock, and a key that counts its signatures. */
async function createLab() {
  const parsed = await parseAgentKey(worked.version1)
  const lab = { nowMs: Date.parse(worked.timestamp), signatures: 0 }
  const key: AgentKey = {
    publicKey: parsed.publicKey,
    sshPublicKey: parsed.sshPublicKey,
    async sign(text) {
      lab.signatures++
      return parsed.sign(text)
    },
  }
  return Object.assign(lab, { key, minter: assertionMinter(agentRuntimeId, () => lab.nowMs) })
}

describe('assertionMinter()', () => {
  it('mints the assertion of the recorded client', async () => {
    const { minter, key } = await createLab()
    expect(await minter.mint(key, taskId)).toBe(worked.header)
  })

  it('signs once for all requests of one second', async () => {
    const lab = await createLab()
    const { minter, key } = lab
    const minted = await Promise.all([minter.mint(key, taskId), minter.mint(key, taskId)])
    lab.nowMs += 999
    expect(new Set([...minted, await minter.mint(key, taskId), minter.mintNow(key, taskId)]).size).toBe(1)
    expect(lab.signatures).toBe(1)
  })

  it('signs again for another second, task or key', async () => {
    const lab = await createLab()
    const { minter, key } = lab
    await minter.mint(key, taskId)
    lab.nowMs += 1000
    await minter.mint(key, taskId)
    await minter.mint(key, 'task-2')
    await minter.mint({ ...key }, 'task-2')
    expect(lab.signatures).toBe(4)
  })

  it('has nothing at once if the key cannot sign at once', async () => {
    const { minter, key } = await createLab()
    expect(minter.mintNow(key, taskId)).toBeUndefined()
    await minter.mint(key, taskId)
    expect(minter.mintNow(key, taskId)).toBe(worked.header)
  })

  it('gives a key 30 s to sign', async () => {
    const { minter, key } = await createLab()
    vi.useFakeTimers()
    const outcome = vi.fn()
    void minter.mint({ ...key, sign: () => new Promise(() => {}) }, taskId).catch(outcome)
    await vi.advanceTimersByTimeAsync(29_999)
    expect(outcome).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(1)
    expect(outcome).toHaveBeenCalledWith(
      expect.objectContaining({ code: 'ERR_AUTH_TIMEOUT', kind: 'transient' }),
    )
  })

  it('passes the error of a key on unchanged, and tries again', async () => {
    const { minter, key } = await createLab()
    let failure: unknown = new RangeError('the key is locked')
    const failing: AgentKey = {
      ...key,
      sign: (text) => (failure ? Promise.reject(failure) : key.sign(text)),
    }
    await expect(minter.mint(failing, taskId)).rejects.toBe(failure)
    failure = undefined
    expect(await minter.mint(failing, taskId)).toBe(worked.header)
  })
})
