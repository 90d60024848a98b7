import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { AuthError, type AuthEvent, cachedCredential } from '../../src/index.js'
import type { Credential } from '../../src/provider.js'
import { createCredentialLab, deferred, type LabOptions, settle } from './credential/credential-lab.js'

const second = 1000
const minute = 60 * second
const hour = 60 * minute

/** Jitter stretches the soft window by 90 % to 110 %; this is 100 %. */
beforeEach(() => {
  vi.spyOn(Math, 'random').mockReturnValue(0.5)
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

type Outcome = 'served' | 'served, renewed behind it' | 'renewed first'

async function outcomeOf(options: LabOptions, ageMs: number, minValidityMs?: number): Promise<Outcome> {
  const lab = createCredentialLab(options)
  await lab.cache.get()
  lab.nowMs += ageMs
  const value = await lab.cache.get({ minValidityMs })
  await settle()
  if (value === 'token-2') return 'renewed first'
  return lab.calls.length === 1 ? 'served' : 'served, renewed behind it'
}

describe('cachedCredential() renews in the background, and then before it answers', () => {
  it.each<[lifeMs: number, leftMs: number, minValidityMs: number | undefined, outcome: Outcome]>([
    // The soft window is 120 s, the hard one 30 s.
    [hour, hour, undefined, 'served'],
    [hour, 120 * second + 1, undefined, 'served'],
    [hour, 120 * second, undefined, 'served, renewed behind it'],
    [hour, 30 * second + 1, undefined, 'served, renewed behind it'],
    [hour, 30 * second, undefined, 'renewed first'],
    [hour, 1, undefined, 'renewed first'],
    [hour, 0, undefined, 'renewed first'],
    [hour, -hour, undefined, 'renewed first'],
    // A short life has windows of a half and a tenth.
    [100 * second, 50 * second + 1, undefined, 'served'],
    [100 * second, 50 * second, undefined, 'served, renewed behind it'],
    [100 * second, 10 * second + 1, undefined, 'served, renewed behind it'],
    [100 * second, 10 * second, undefined, 'renewed first'],
    [second, 500, undefined, 'served, renewed behind it'],
    [second, 100, undefined, 'renewed first'],
    // minValidityMs moves the hard window, but no renewal comes in the first tenth of a life.
    [hour, 10 * minute + 1, 10 * minute, 'served'],
    [hour, 10 * minute, 10 * minute, 'renewed first'],
    [hour, 120 * second, second, 'served, renewed behind it'],
    [hour, 30 * second, second, 'renewed first'],
    [minute, 54 * second + 1, hour, 'served'],
    [minute, 54 * second, hour, 'renewed first'],
    [minute, 54 * second + 1, Number.POSITIVE_INFINITY, 'served'],
    // A malformed wish does not switch the windows off.
    [hour, 30 * second, Number.NaN, 'renewed first'],
    [hour, 30 * second, -hour, 'renewed first'],
  ])('life %d ms, %d ms left, minValidityMs %s: %s', async (lifeMs, leftMs, minValidityMs, outcome) => {
    expect(await outcomeOf({ lifeMs }, lifeMs - leftMs, minValidityMs)).toBe(outcome)
  })

  it.each<[refreshAheadMs: number, leftMs: number, outcome: Outcome]>([
    [10 * minute, 10 * minute + 1, 'served'],
    [10 * minute, 10 * minute, 'served, renewed behind it'],
    [hour, 30 * minute + 1, 'served'],
    [hour, 30 * minute, 'served, renewed behind it'],
    [0, 30 * second + 1, 'served'],
    [0, 30 * second, 'renewed first'],
  ])('refreshAheadMs %d, %d ms left of an hour: %s', async (refreshAheadMs, leftMs, outcome) => {
    expect(await outcomeOf({ lifeMs: hour, refreshAheadMs }, hour - leftMs)).toBe(outcome)
  })

  it.each<[random: number, leftMs: number, outcome: Outcome]>([
    [0, 108 * second + 1, 'served'],
    [0, 108 * second, 'served, renewed behind it'],
    [1, 132 * second + 1, 'served'],
    [1, 131 * second, 'served, renewed behind it'],
  ])('jitter: random %d, %d ms left: %s', async (random, leftMs, outcome) => {
    vi.spyOn(Math, 'random').mockReturnValue(random)
    expect(await outcomeOf({ lifeMs: hour }, hour - leftMs)).toBe(outcome)
  })
})

describe('cachedCredential() takes refreshIntervalMs as a limit of age', () => {
  it.each<[LabOptions, ageMs: number, outcome: Outcome]>([
    // Without an expiry the credential is not used after it, and nothing is renewed ahead of it.
    [{ refreshIntervalMs: 5 * minute }, 5 * minute - 1, 'served'],
    [{ refreshIntervalMs: 5 * minute }, 5 * minute, 'renewed first'],
    [{ refreshIntervalMs: 0 }, 1000 * hour, 'served'],
    [{}, 0, 'renewed first'],
    // With one it only starts a renewal.
    [{ lifeMs: hour, refreshIntervalMs: 5 * minute }, 5 * minute - 1, 'served'],
    [{ lifeMs: hour, refreshIntervalMs: 5 * minute }, 5 * minute, 'served, renewed behind it'],
    [{ lifeMs: hour, refreshIntervalMs: 0 }, 58 * minute - 1, 'served'],
    [{ lifeMs: hour, refreshIntervalMs: 0 }, hour, 'renewed first'],
    [{ lifeMs: minute, refreshIntervalMs: hour }, minute, 'renewed first'],
  ])('%o at an age of %d ms: %s', async (options, ageMs, outcome) => {
    expect(await outcomeOf(options, ageMs)).toBe(outcome)
  })

  it('and not as validity that a caller can ask for', async () => {
    expect(await outcomeOf({ refreshIntervalMs: 5 * minute }, 4 * minute, hour)).toBe('served')
  })

  it('and serves a valid credential when the renewal that it started fails', async () => {
    const lab = createCredentialLab({ lifeMs: hour, refreshIntervalMs: minute })
    await lab.cache.get()
    lab.answer = () => Promise.reject(new Error('down'))
    lab.nowMs += 30 * minute
    expect(await lab.cache.get()).toBe('token-1')
    await settle()
    expect(lab.calls).toHaveLength(2)
    expect(await lab.cache.get()).toBe('token-1')
  })
})

describe('cachedCredential()', () => {
  it.each<[Partial<LabOptions>]>([
    [{ timeoutMs: 0 }],
    [{ timeoutMs: -1 }],
    [{ timeoutMs: Number.NaN }],
    [{ refreshIntervalMs: -1 }],
    [{ refreshIntervalMs: Number.NaN }],
    [{ refreshAheadMs: -1 }],
    [{ refreshAheadMs: Number.NaN }],
  ])('refuses %o', (options) => {
    expect(() => createCredentialLab(options)).toThrow(TypeError)
  })

  it.each([
    [{ refreshInterval: 5 }, 'unknown option "refreshInterval"; it has kind, source, refreshIntervalMs, '],
    [{ allowAnyText: true }, 'unknown option "allowAnyText"'],
    [{ observer: 'yes' }, 'observer must be a function'],
    [{ timeoutMs: '5' }, 'timeoutMs must be a number'],
  ])('refuses %j by the name of the option', (options, why) => {
    const source = () => ({ value: 'a', id: 'a' })
    const make = () => cachedCredential({ kind: 'test', source, ...(options as object) })
    expect(make).toThrow(TypeError)
    expect(make).toThrow(`cachedCredential: ${why}`)
  })

  it.each([2 ** 31, Number.POSITIVE_INFINITY])(
    'keeps a time limit of %d ms, which is more than a timer takes',
    async (timeoutMs) => {
      const lab = createCredentialLab({ timeoutMs })
      lab.answer = () => new Promise((resolve) => setTimeout(resolve, 20, lab.issue('late')))
      expect(await lab.cache.get()).toBe('late')
    },
  )

  it('calls the source once for any number of waiting callers, and asks again when nothing may be kept', async () => {
    const lab = createCredentialLab()
    expect(new Set(await Promise.all(Array.from({ length: 50 }, () => lab.cache.get())))).toEqual(
      new Set(['token-1']),
    )
    expect(lab.cache.peek()).toBeUndefined()
    expect(await lab.cache.get()).toBe('token-2')
    lab.nowMs -= hour
    expect(lab.cache.peek()).toBeUndefined()
    expect(await lab.cache.get()).toBe('token-3')
  })

  it('peek() gives what is valid at this instant, and never calls the source', async () => {
    const lab = createCredentialLab({ lifeMs: hour })
    expect(lab.cache.peek()).toBeUndefined()
    await lab.cache.get()
    lab.nowMs += hour - 1
    expect(lab.cache.peek()).toBe('token-1')
    lab.nowMs += 1
    expect(lab.cache.peek()).toBeUndefined()
    await settle()
    expect(lab.calls).toHaveLength(1)
  })

  it('renews in the background when the clock was set back, and serves meanwhile', async () => {
    const lab = createCredentialLab({ lifeMs: hour })
    await lab.cache.get()
    lab.nowMs -= hour
    expect(await lab.cache.get()).toBe('token-1')
    await settle()
    expect(await lab.cache.get()).toBe('token-2')
    expect(lab.calls).toHaveLength(2)
  })

  it('serves nothing when the clock is broken', async () => {
    const lab = createCredentialLab({ lifeMs: hour })
    await lab.cache.get()
    lab.nowMs = Number.NaN
    expect(lab.cache.peek()).toBeUndefined()
    await expect(lab.cache.get()).rejects.toMatchObject({ code: 'ERR_AUTH_CREDENTIAL' })
  })

  it('reads the platform clock at each call by default', async () => {
    vi.useFakeTimers({ now: 0 })
    const cache = cachedCredential({
      kind: 'test',
      source: () => ({ value: 1, id: '1', expiresAt: new Date(hour) }),
    })
    await cache.get()
    expect(cache.peek()).toBe(1)
    vi.setSystemTime(hour)
    expect(cache.peek()).toBeUndefined()
  })

  it('ends the wait of a caller that aborts, with its reason, and of no other', async () => {
    const lab = createCredentialLab({ lifeMs: hour })
    const answer = deferred<Credential<string>>()
    lab.answer = () => answer.promise
    const impatient = new AbortController()
    const reason = { why: 'enough' }
    const waits = [lab.cache.get({ signal: impatient.signal }), lab.cache.get(), lab.cache.get()]
    await settle()
    impatient.abort(reason)
    await expect(waits[0]).rejects.toBe(reason)
    expect(lab.calls[0]?.signal.aborted).toBe(false)
    answer.resolve(lab.issue('late'))
    expect(await Promise.all(waits.slice(1))).toEqual(['late', 'late'])
    expect(lab.calls).toHaveLength(1)
  })

  it('keeps what comes after every caller has aborted', async () => {
    const lab = createCredentialLab({ lifeMs: hour })
    const impatient = new AbortController()
    const answer = deferred<Credential<string>>()
    lab.answer = () => answer.promise
    const wait = lab.cache.get({ signal: impatient.signal })
    await settle()
    impatient.abort()
    await expect(wait).rejects.toBe(impatient.signal.reason)
    answer.resolve(lab.issue('late'))
    await settle()
    expect(lab.cache.peek()).toBe('late')
  })

  it('does not call the source for a caller that has aborted before', async () => {
    const lab = createCredentialLab({ lifeMs: hour })
    const reason = new Error('no')
    await expect(lab.cache.get({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    expect(lab.calls).toHaveLength(0)
  })

  it('tells the source what a caller asks for', async () => {
    const lab = createCredentialLab({ lifeMs: hour })
    await lab.cache.get({ minValidityMs: 5 })
    expect(lab.calls[0]).toMatchObject({ forceRefresh: false, rejected: undefined, minValidityMs: 5 })
  })

  it('reports each flight with its reason, and never a value', async () => {
    const events: AuthEvent[] = []
    const lab = createCredentialLab({ lifeMs: hour, observer: (event) => events.push(event) })
    await lab.cache.get()
    lab.nowMs += hour
    lab.answer = () => Promise.reject(AuthError.build('No', { code: 'ERR_AUTH_X' }))
    await lab.cache.get().catch(() => {})
    lab.nowMs += hour
    await lab.cache.recover('token-1', 0).catch(() => {})
    const expiresAt = new Date(Date.UTC(2026, 0, 1, 1))
    const durationMs = expect.any(Number)
    expect(events).toEqual([
      { type: 'refresh-started', kind: 'test', reason: 'cold' },
      { type: 'refresh-ended', kind: 'test', reason: 'cold', durationMs, code: undefined, expiresAt },
      { type: 'refresh-started', kind: 'test', reason: 'cold' },
      { type: 'refresh-ended', kind: 'test', reason: 'cold', durationMs, code: 'ERR_AUTH_X' },
      { type: 'refresh-started', kind: 'test', reason: 'rejected' },
      { type: 'refresh-ended', kind: 'test', reason: 'rejected', durationMs, code: 'ERR_AUTH_X' },
    ])
    expect(JSON.stringify(events)).not.toContain('token-')
  })

  it('is not disturbed by an observer that throws, or that asks for the credential itself', async () => {
    const lab = createCredentialLab({
      lifeMs: hour,
      observer() {
        lab.cache.get()
        throw new Error('guest')
      },
    })
    expect(await lab.cache.get()).toBe('token-1')
    await settle()
    expect(lab.calls).toHaveLength(1)
  })

  it('has nothing while its code is loaded, and then one credential for all who came meanwhile', async () => {
    const source = vi.fn(() => ({ value: 'a', id: 'a', expiresAt: new Date(Date.now() + hour) }))
    const cache = cachedCredential({ kind: 'test', source })
    expect([cache.peek(), cache.current(), cache.expiresAt()]).toEqual([undefined, undefined, undefined])
    const impatient = new AbortController()
    const { signal } = impatient
    const gone = [cache.get({ signal }), cache.renew({ signal }), cache.recover('a', 0, { signal })]
    const waiting = [cache.get(), cache.get()]
    impatient.abort('enough')
    for (const one of gone) await expect(one).rejects.toBe('enough')
    expect(await Promise.all(waiting)).toEqual(['a', 'a'])
    expect(source).toHaveBeenCalledTimes(1)
    expect([cache.peek(), cache.current({ minValidityMs: Number.NaN })]).toEqual(['a', 'a'])
    vi.useFakeTimers({ now: Date.now() + hour / 2 })
    expect(cache.current({ minValidityMs: 0.6 * hour })).toBe(undefined)
    expect([cache.current(), cache.expiresAt()]).toEqual(['a', source.mock.results[0]?.value.expiresAt])
  })
})
