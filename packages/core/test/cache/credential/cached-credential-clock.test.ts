import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { AuthEvent } from '../../../src/index.js'
import type { Credential } from '../../../src/provider.js'
import { type CredentialLab, createCredentialLab, type LabOptions } from './credential-lab.js'

const second = 1000
const hour = 3_600_000

/** `performance.now()` follows the fake timers. */
beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

interface ClockLab extends CredentialLab {
  readonly events: AuthEvent[]
  /** The time of the issuer's clock. */
  issuerMs(): number
  /** Lets time pass on every clock. */
  pass(ms: number): Promise<void>
  /** Credentials of the issuer, which live for an hour. */
  issueHour(name: string, members?: Partial<Credential<string>>): Credential<string>
}

function clockLab(aheadMs: number, options: LabOptions = {}): ClockLab {
  const events: AuthEvent[] = []
  const lab = createCredentialLab({ observer: (event) => events.push(event), ...options })
  const issuerStartMs = lab.nowMs - aheadMs
  const startMs = performance.now()
  const issuerMs = () => issuerStartMs + performance.now() - startMs
  return Object.assign(lab, {
    events,
    issuerMs,
    async pass(ms: number) {
      await vi.advanceTimersByTimeAsync(0)
      lab.nowMs += ms
      await vi.advanceTimersByTimeAsync(ms)
    },
    issueHour: (name: string, members = {}) => ({
      value: name,
      id: name,
      expiresAt: new Date(issuerMs() + hour),
      issuedAt: new Date(issuerMs()),
      ...members,
    }),
  })
}

const warnings = ({ events }: ClockLab) => events.filter(({ type }) => type === 'warned')

describe('cachedCredential() on a machine whose clock is wrong', () => {
  it.each([-25, -2, 0, 2, 25])(
    'with %d h ahead, serves a credential of one hour for an hour, and then the next one',
    async (hours) => {
      const lab = clockLab(hours * hour)
      lab.answer = (call) => lab.issueHour(`token-${call}`)
      const served = new Set<string>()
      for (let minute = 0; minute < 110; minute++) {
        served.add(await lab.cache.get())
        expect(lab.cache.peek()).toBeDefined()
        await lab.pass(60 * second)
        await vi.advanceTimersByTimeAsync(0)
      }
      expect([...served]).toEqual(['token-1', 'token-2'])
      expect(lab.calls).toHaveLength(2)
      expect(warnings(lab)).toHaveLength(hours > 0 ? 2 : 0)
    },
  )

  it('names the clock in a warned event, once for each credential, and never its value', async () => {
    const lab = clockLab(2 * hour)
    lab.answer = () => lab.issueHour('planted-secret')
    await lab.cache.get()
    await lab.cache.get()
    expect(warnings(lab)).toEqual([
      {
        type: 'warned',
        kind: 'test',
        code: 'ERR_AUTH_CLOCK',
        message: expect.stringMatching(/looks expired for 3600 s.*clock/),
      },
    ])
    expect(JSON.stringify(lab.events)).not.toContain('planted')
  })

  it.each([2, 25])(
    'with %d h ahead and an unknown life, keeps it for 5 s, doubling to 60 s',
    async (hours) => {
      const lab = clockLab(hours * hour)
      lab.answer = (call) => lab.issueHour(`token-${call}`, { issuedAt: undefined })
      const fetchedAt: number[] = []
      for (let at = 0; at <= 200; at++) {
        const before = lab.calls.length
        await lab.cache.get()
        await vi.advanceTimersByTimeAsync(0)
        if (lab.calls.length > before) fetchedAt.push(at)
        await lab.pass(second)
      }
      expect(fetchedAt).toEqual([0, 5, 15, 35, 75, 135, 195])
    },
  )

  it('forgets the pauses when a credential arrives that does not look expired', async () => {
    const lab = clockLab(2 * hour)
    let isDated = true
    lab.answer = (call) =>
      isDated ? lab.issueHour(`token-${call}`, { issuedAt: undefined }) : lab.issue('good')
    await lab.cache.get()
    await lab.pass(5 * second)
    await lab.cache.get()
    isDated = false
    await lab.pass(10 * second)
    await lab.cache.get()
    isDated = true
    await lab.cache.get()
    await lab.pass(5 * second)
    await lab.cache.get()
    expect(lab.calls).toHaveLength(5)
  })

  it('counts the life of a credential on the monotonic clock, whatever the other one does meanwhile', async () => {
    const lab = clockLab(2 * hour)
    lab.answer = (call) => lab.issueHour(`token-${call}`)
    await lab.cache.get()
    lab.nowMs += 30 * hour
    expect(await lab.cache.get()).toBe('token-1')
    vi.advanceTimersByTime(hour)
    expect(lab.cache.peek()).toBeUndefined()
    expect(await lab.cache.get()).toBe('token-2')
  })

  it('renews it in the background when the clock is set right, and serves meanwhile', async () => {
    const lab = clockLab(2 * hour)
    lab.answer = (call) => lab.issueHour(`token-${call}`)
    await lab.cache.get()
    lab.nowMs -= 2 * hour
    expect(await lab.cache.get()).toBe('token-1')
    await vi.advanceTimersByTimeAsync(0)
    expect(await lab.cache.get()).toBe('token-2')
    expect(warnings(lab)).toHaveLength(1)
  })

  it('replaces it after a rejection, as any other', async () => {
    const lab = clockLab(2 * hour)
    lab.answer = (call) => lab.issueHour(`token-${call}`)
    await lab.cache.get()
    expect(await lab.cache.recover('token-1', 0)).toBe(true)
    expect(await lab.cache.get()).toBe('token-2')
    expect(lab.calls).toHaveLength(2)
  })

  it('gives the rejection to the caller when the source has only an old token, and calls it every 5 s', async () => {
    const lab = clockLab(0)
    lab.answer = () => ({ value: 'old', id: 'old', expiresAt: new Date(lab.nowMs - hour) })
    for (let at = 0; at < 5; at++) {
      expect(await lab.cache.get()).toBe('old')
      expect(await lab.cache.recover('old', 0)).toBe(false)
      await lab.pass(900)
    }
    expect(lab.calls).toHaveLength(2)
  })

  it.each([1, 500, 4999])(
    'does not fetch for each request when %d ms of an hour seem to be left',
    async (leftMs) => {
      const lab = clockLab(hour - leftMs)
      lab.answer = (call) => lab.issueHour(`token-${call}`)
      for (let at = 0; at < 49; at++) {
        await lab.cache.get()
        await vi.advanceTimersByTimeAsync(0)
        await lab.pass(100)
      }
      expect(lab.calls).toHaveLength(1)
    },
  )

  it('keeps a credential that the clock calls valid when its source falls behind', async () => {
    const lab = clockLab(0)
    lab.answer = (call) =>
      call === 1 ? lab.issueHour('good') : { value: 'old', id: 'old', expiresAt: new Date(lab.nowMs - 1) }
    await lab.cache.get()
    await lab.pass(59 * 60 * second)
    expect(await lab.cache.get()).toBe('good')
    await vi.advanceTimersByTimeAsync(0)
    expect(await lab.cache.get()).toBe('good')
    expect(lab.events.at(-1)).toMatchObject({ type: 'refresh-ended', code: 'ERR_AUTH_EXPIRED' })
    await lab.pass(60 * second)
    expect(await lab.cache.get()).toBe('old')
  })
})

describe('cachedCredential() with lifetimeMs', () => {
  it.each([-25, -2, 0, 2, 25, 1])(
    'and a clock %d h ahead, keeps the credential for so long',
    async (hours) => {
      const lab = clockLab(hours * hour - 1)
      lab.answer = (call) => lab.issueHour(`token-${call}`, { lifetimeMs: hour, issuedAt: undefined })
      await lab.cache.get()
      await lab.pass(hour - 121 * 1.1 * second)
      expect(await lab.cache.get()).toBe('token-1')
      await vi.advanceTimersByTimeAsync(0)
      expect(lab.calls).toHaveLength(1)
      await lab.pass(121 * 1.1 * second)
      expect(lab.cache.peek()).toBeUndefined()
      expect(await lab.cache.get()).toBe('token-2')
    },
  )

  it('needs no expiresAt', async () => {
    const lab = clockLab(0)
    lab.answer = (call) => ({ value: `token-${call}`, id: `token-${call}`, lifetimeMs: 60 * second })
    await lab.cache.get()
    await lab.pass(20 * second)
    expect(await lab.cache.get()).toBe('token-1')
    await lab.pass(20 * second)
    expect(await lab.cache.get()).toBe('token-1')
    await vi.advanceTimersByTimeAsync(0)
    expect(await lab.cache.get()).toBe('token-2')
  })

  it('ends also when the machine slept, and its monotonic clock with it', async () => {
    const lab = clockLab(0)
    lab.answer = (call) => ({ value: `token-${call}`, id: `token-${call}`, lifetimeMs: hour })
    await lab.cache.get()
    lab.nowMs += hour
    expect(lab.cache.peek()).toBeUndefined()
  })

  it('replaces a valid credential although the expiry of the new one looks past', async () => {
    const lab = clockLab(0)
    lab.answer = () => lab.issueHour('first')
    await lab.cache.get()
    await lab.pass(59 * 60 * second)
    lab.answer = () => ({ value: 'next', id: 'next', lifetimeMs: hour, expiresAt: new Date(lab.nowMs - 1) })
    await lab.cache.get()
    await vi.advanceTimersByTimeAsync(0)
    expect(await lab.cache.get()).toBe('next')
  })

  it.each([0, -1, Number.NaN, '3600', null])(
    'refuses %o: only the source can be corrected',
    async (lifetimeMs) => {
      const lab = clockLab(0)
      lab.answer = () => ({ value: 'a', id: 'a', lifetimeMs: lifetimeMs as number })
      await expect(lab.cache.get()).rejects.toMatchObject({ kind: 'build', code: 'ERR_AUTH_CREDENTIAL' })
    },
  )

  it.each(['2026-01-01', 1, new Date(Number.NaN)])('refuses an issuedAt of %o', async (issuedAt) => {
    const lab = clockLab(0)
    lab.answer = () => lab.issueHour('a', { issuedAt: issuedAt as Date })
    await expect(lab.cache.get()).rejects.toMatchObject({ kind: 'build', code: 'ERR_AUTH_CREDENTIAL' })
  })
})
