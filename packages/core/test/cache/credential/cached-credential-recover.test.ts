import { describe, expect, it } from 'vitest'
import { AuthError } from '../../../src/index.js'
import type { Credential } from '../../../src/provider.js'
import { type CredentialLab, createCredentialLab, deferred, settle } from './credential-lab.js'

const hour = 3_600_000

async function warmLab(): Promise<CredentialLab> {
  const lab = createCredentialLab({ lifeMs: hour })
  await lab.cache.get()
  return lab
}

describe('cachedCredential().recover()', () => {
  it('fetches another credential and tells the source why', async () => {
    const lab = await warmLab()
    expect(await lab.cache.recover('token-1', 0, { minValidityMs: 7 })).toBe(true)
    expect(lab.calls[1]).toMatchObject({ forceRefresh: true, rejected: 'token-1', minValidityMs: 7 })
    expect(await lab.cache.get()).toBe('token-2')
    expect(lab.calls).toHaveLength(2)
  })

  it('calls the source once for any number of refusals of one credential, also of late ones', async () => {
    const lab = await warmLab()
    const refusals = Array.from({ length: 50 }, () => lab.cache.recover('token-1', 0))
    expect(await Promise.all(refusals)).toEqual(refusals.map(() => true))
    lab.nowMs += hour / 2
    expect(await lab.cache.recover('token-1', 0)).toBe(true)
    expect(lab.calls).toHaveLength(2)
  })

  it('gives up when the source has no other credential', async () => {
    const lab = await warmLab()
    lab.answer = () => lab.issue('token-1')
    expect(await lab.cache.recover('token-1', 0)).toBe(false)
    expect(lab.calls).toHaveLength(2)
  })

  it('asks a source that gave the refused credential again no more than every 5 s', async () => {
    const lab = await warmLab()
    lab.answer = () => lab.issue('token-1')
    for (const [waitMs, calls] of [
      [0, 2],
      [2000, 2],
      [2999, 2],
      [1, 3],
      [-hour, 4],
    ] as const) {
      lab.nowMs += waitMs
      expect(await lab.cache.recover('token-1', 0)).toBe(false)
      expect(lab.calls).toHaveLength(calls)
    }
  })

  it('gives up when the credential that it fetched is rejected too', async () => {
    const lab = await warmLab()
    await lab.cache.recover('token-1', 0)
    expect(await lab.cache.recover('token-2', 1)).toBe(false)
    expect(lab.calls).toHaveLength(2)
  })

  it('still renews at the second refusal when the first one found a changed credential', async () => {
    const lab = await warmLab()
    lab.nowMs += hour
    await lab.cache.get()
    expect(await lab.cache.recover('token-1', 0)).toBe(true)
    expect(await lab.cache.recover('token-2', 1)).toBe(true)
    expect(lab.calls[2]).toMatchObject({ forceRefresh: true, rejected: 'token-2' })
  })

  it('does nothing when the request carried no credential', async () => {
    const lab = await warmLab()
    expect(await lab.cache.recover(undefined, 0)).toBe(false)
    expect(lab.calls).toHaveLength(1)
  })

  it.each([
    ['another credential', 'token-2', 2],
    ['the refused one once more', 'token-1', 3],
  ])('waits for a renewal that is under way; it brings %s', async (_, brought, calls) => {
    const lab = await warmLab()
    lab.nowMs += hour - 60_000
    const renewal = deferred<Credential<string>>()
    lab.answer = (call) => (call === 2 ? renewal.promise : lab.issue(`token-${call}`))
    expect(await lab.cache.get()).toBe('token-1')
    const recovery = lab.cache.recover('token-1', 0)
    await settle()
    expect(lab.calls).toHaveLength(2)
    renewal.resolve(lab.issue(brought))
    expect(await recovery).toBe(true)
    expect(lab.calls).toHaveLength(calls)
    expect(lab.calls.at(-1)?.forceRefresh).toBe(calls === 3)
  })

  it('does not delay other callers, whose credential was not rejected', async () => {
    const lab = await warmLab()
    const renewal = deferred<Credential<string>>()
    lab.answer = () => renewal.promise
    const recovery = lab.cache.recover('token-1', 0)
    await settle()
    expect(await lab.cache.get()).toBe('token-1')
    renewal.resolve(lab.issue('new'))
    expect(await recovery).toBe(true)
    expect(await lab.cache.get()).toBe('new')
    expect(lab.calls).toHaveLength(2)
  })

  it('fails with the source, while other callers get the credential that is still valid', async () => {
    const lab = await warmLab()
    const error = AuthError.transient('Down', { code: 'ERR_AUTH_DOWN' })
    lab.answer = () => Promise.reject(error)
    const recovery = lab.cache.recover('token-1', 0)
    const other = lab.cache.get()
    await expect(recovery).rejects.toBe(error)
    expect(await other).toBe('token-1')
    await expect(lab.cache.recover('token-1', 0)).rejects.toBe(error)
    expect(lab.calls).toHaveLength(2)
    lab.nowMs += 75
    await expect(lab.cache.recover('token-1', 0)).rejects.toBe(error)
    expect(lab.calls).toHaveLength(3)
  })

  it('ends for a caller that aborts, and goes on for the others', async () => {
    const lab = await warmLab()
    const renewal = deferred<Credential<string>>()
    lab.answer = () => renewal.promise
    const impatient = new AbortController()
    const first = lab.cache.recover('token-1', 0, { signal: impatient.signal })
    const second = lab.cache.recover('token-1', 0)
    impatient.abort('enough')
    await expect(first).rejects.toBe('enough')
    renewal.resolve(lab.issue('new'))
    expect(await second).toBe(true)
  })

  it('compares also a credential that is not kept', async () => {
    const lab = createCredentialLab()
    await lab.cache.get()
    await lab.cache.get()
    expect(await lab.cache.recover('token-1', 0)).toBe(true)
    expect(lab.calls).toHaveLength(2)
    lab.answer = () => lab.issue('token-2')
    expect(await lab.cache.recover('token-2', 0)).toBe(false)
    expect(lab.calls).toHaveLength(3)
  })
})
