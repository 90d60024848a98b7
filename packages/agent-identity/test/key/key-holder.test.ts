import type { TokenSource } from '@outbound-auth/core'
import { describe, expect, it } from 'vitest'
import { parseAgentKey } from '../../src/index.js'
import { keyHolder } from '../../src/key/key-holder.js'
import { worked } from '../worked-vectors.js'

const other = 'MC4CAQAwBQYDK2VwBCIEIAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI'

describe('keyHolder()', () => {
  it('has a literal key, and a parsed key, at once', async () => {
    const parsed = await parseAgentKey(worked.version1)
    expect(keyHolder(parsed, {}).peek()).toBe(parsed)
    expect(await keyHolder(parsed, {}).get()).toBe(parsed)
    const holder = keyHolder(worked.version2, {})
    expect(holder.peek()).toMatchObject({ sshPublicKey: worked.sshPublicKey })
    expect(await holder.get()).toBe(holder.peek())
  })

  it.each([7, null, undefined, {}, { sign: 'x' }])('rejects %j as a key', (key) => {
    expect(() => keyHolder(key as never, {})).toThrow(
      expect.objectContaining({
        option: 'privateKey',
        message: expect.stringMatching(
          /^agentIdentityAuth: privateKey must be a string, a function or an AgentKey, got /,
        ),
      }),
    )
  })

  it.each([undefined, null, {}, '', { token: 7 }])('rejects %j from a key function', async (output) => {
    const holder = keyHolder((async () => output) as unknown as TokenSource, {})
    await expect(holder.get()).rejects.toMatchObject({
      kind: 'build',
      code: 'ERR_AUTH_CREDENTIAL',
      provider: 'agent-identity',
    })
    expect(holder.peek()).toBeUndefined()
  })

  it('calls a key function when it is asked, and parses its text again only if that changes', async () => {
    let nowMs = Date.UTC(2026, 0, 1)
    let calls = 0
    let text = worked.version1
    const source = Object.assign(
      async () => {
        calls++
        return { token: text }
      },
      { refreshIntervalMs: 1000 },
    )
    const holder = keyHolder(source, { now: () => new Date(nowMs) })
    expect([holder.peek(), calls]).toEqual([undefined, 0])
    const first = await holder.get()
    expect(holder.peek()).toBe(first)
    expect(await holder.get()).toBe(first)
    expect(calls).toBe(1)
    nowMs += 5000
    expect(await holder.get()).toBe(first)
    expect(calls).toBe(2)
    text = other
    nowMs += 5000
    const second = await holder.get()
    expect(second.exportPrivateKey?.()).toBe(other)
    expect(calls).toBe(3)
  })

  it.each(['option', 'function', 'both'])('tells waitUntil of the %s of a renewal', async (where) => {
    const kept = { option: 0, function: 0 }
    let nowMs = Date.UTC(2026, 0, 1)
    const source = async () => ({ token: worked.version1, expiresAt: new Date(nowMs + 3_600_000) })
    const ofFunction = where !== 'option' && { waitUntil: () => kept.function++ }
    const holder = keyHolder(Object.assign(source, ofFunction), {
      now: () => new Date(nowMs),
      ...(where !== 'function' && { waitUntil: () => kept.option++ }),
    })
    await holder.get()
    nowMs += 3_600_000 - 60_000
    await holder.get()
    expect(kept).toEqual(where === 'function' ? { option: 0, function: 1 } : { option: 1, function: 0 })
  })
})
