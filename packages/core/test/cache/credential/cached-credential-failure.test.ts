import { afterEach, describe, expect, it, vi } from 'vitest'
import { AuthError, type Credential } from '../../../src/index.js'
import { createCredentialLab, deferred, settle } from './credential-lab.js'

const second = 1000
const minute = 60 * second
const hour = 60 * minute
const down = () => Promise.reject(new Error('down'))

afterEach(() => vi.useRealTimers())

describe('cachedCredential() when the source fails', () => {
  it('serves a valid credential, and tries again after 5 s, doubling to 60 s', async () => {
    const lab = createCredentialLab({ lifeMs: hour, refreshIntervalMs: minute })
    await lab.cache.get()
    const startMs = lab.nowMs
    lab.answer = down
    const triesAt: number[] = []
    for (let at = 0; at <= 260; at++) {
      lab.nowMs = startMs + at * second
      const before = lab.calls.length
      expect(await lab.cache.get()).toBe('token-1')
      await settle()
      if (lab.calls.length > before) triesAt.push(at)
    }
    expect(triesAt).toEqual([60, 65, 75, 95, 135, 195, 255])
  })

  it('serves a valid credential also in the last 30 s, and keeps the pauses there', async () => {
    const lab = createCredentialLab({ lifeMs: hour })
    await lab.cache.get()
    lab.nowMs += hour - 20 * second
    lab.answer = down
    for (const [waitMs, calls] of [
      [0, 2],
      [4999, 2],
      [1, 3],
      [9999, 3],
      [1, 4],
    ] as const) {
      lab.nowMs += waitMs
      expect(await lab.cache.get()).toBe('token-1')
      expect(lab.calls).toHaveLength(calls)
    }
  })

  it('never serves an expired credential, and remembers the failure for 75 ms, doubling to 1 s', async () => {
    const lab = createCredentialLab({ lifeMs: hour })
    await lab.cache.get()
    lab.nowMs += hour
    const startMs = lab.nowMs
    lab.answer = down
    const triesAt: number[] = []
    for (let at = 0; at <= 4600; at += 25) {
      lab.nowMs = startMs + at
      const before = lab.calls.length
      await expect(lab.cache.get()).rejects.toMatchObject({ code: 'ERR_AUTH_SOURCE', kind: 'transient' })
      if (lab.calls.length > before) triesAt.push(at)
    }
    expect(triesAt).toEqual([0, 75, 225, 525, 1125, 2125, 3125, 4125])
  })

  it('remembers a failure that no retry can help as long: 75 ms, doubling to 1 s', async () => {
    const lab = createCredentialLab({ lifeMs: hour })
    const error = AuthError.build('Log in first', { code: 'ERR_AUTH_CREDENTIAL' })
    lab.answer = () => Promise.reject(error)
    await expect(Promise.all([lab.cache.get(), lab.cache.get()])).rejects.toBe(error)
    const startMs = lab.nowMs
    const triesAt: number[] = []
    for (let at = 0; at <= 3200; at += 25) {
      lab.nowMs = startMs + at
      const before = lab.calls.length
      await expect(lab.cache.get()).rejects.toBe(error)
      if (lab.calls.length > before) triesAt.push(at)
    }
    expect(triesAt).toEqual([75, 225, 525, 1125, 2125, 3125])
    lab.nowMs += second
    lab.answer = () => lab.issue('mended')
    expect(await lab.cache.get()).toBe('mended')
  })

  it('forgets earlier failures after a success', async () => {
    const lab = createCredentialLab()
    lab.answer = down
    for (let n = 0; n < 5; n++) {
      await lab.cache.get().catch(() => {})
      lab.nowMs += second
    }
    lab.answer = () => lab.issue('up')
    expect(await lab.cache.get()).toBe('up')
    lab.answer = down
    await lab.cache.get().catch(() => {})
    lab.nowMs += 100
    await lab.cache.get().catch(() => {})
    expect(lab.calls).toHaveLength(8)
  })

  it('asks again at once after its clock was set back', async () => {
    const lab = createCredentialLab({ lifeMs: hour, refreshIntervalMs: minute })
    await lab.cache.get()
    lab.answer = down
    lab.nowMs += minute
    await lab.cache.get()
    await settle()
    lab.nowMs -= 1
    await lab.cache.get()
    expect(lab.calls).toHaveLength(2)
    lab.nowMs -= hour
    await lab.cache.get()
    expect(lab.calls).toHaveLength(3)
  })

  it('gives every waiting caller the same AuthError of the source, with its text', async () => {
    const lab = createCredentialLab()
    const error = AuthError.build('The vault is sealed', { code: 'ERR_AUTH_VAULT' })
    lab.answer = () => {
      throw error
    }
    const results = await Promise.allSettled([lab.cache.get(), lab.cache.get()])
    for (const result of results) expect(result).toEqual({ status: 'rejected', reason: error })
    expect(lab.calls).toHaveLength(1)
  })

  it('keeps name, code and status of a foreign error, and not its text', async () => {
    const lab = createCredentialLab()
    lab.answer = () => {
      throw Object.assign(new RangeError('token s3cr3t refused'), {
        code: 'E_VAULT',
        status: 503,
        request: 's3cr3t',
      })
    }
    const error = await lab.cache.get().catch((thrown) => thrown)
    expect(error).toMatchObject({ kind: 'transient', code: 'ERR_AUTH_SOURCE', provider: 'test' })
    expect(error.message).toBe('The test credential source failed: it threw RangeError E_VAULT')
    expect(error.cause).toMatchObject({ name: 'RangeError', code: 'E_VAULT', status: 503 })
  })

  it('says in its message what a source threw that is no error', async () => {
    for (const [thrown, words] of [
      ['s3cr3t', 'a string'],
      [undefined, 'undefined'],
      [42, 'a number'],
    ]) {
      const lab = createCredentialLab()
      lab.answer = () => {
        throw thrown
      }
      const message = `The test credential source failed: it threw ${words}`
      await expect(lab.cache.get()).rejects.toMatchObject({ code: 'ERR_AUTH_SOURCE', message })
    }
  })

  it('counts nothing as a failure', async () => {
    const lab = createCredentialLab()
    lab.answer = () => undefined as unknown as Credential<string>
    await expect(lab.cache.get()).rejects.toMatchObject({ kind: 'transient', code: 'ERR_AUTH_SOURCE' })
    expect(lab.cache.peek()).toBeUndefined()
  })

  it.each<[string, unknown]>([
    ['no time', new Date(Number.NaN)],
    ['no Date', 2e12],
    ['a text', '2030-01-01T00:00:00Z'],
    ['zero', 0],
  ])('refuses an expiry that is %s: only the source can be corrected', async (_, expiresAt) => {
    const lab = createCredentialLab()
    lab.answer = () => ({ value: 'a', id: 'a', expiresAt: expiresAt as Date })
    await expect(lab.cache.get()).rejects.toMatchObject({ kind: 'build', code: 'ERR_AUTH_CREDENTIAL' })
    expect(lab.cache.peek()).toBeUndefined()
  })
})

describe('cachedCredential() with a source that hangs', () => {
  it('gives up after timeoutMs, tells the source, leaves no timer and ignores what comes later', async () => {
    vi.useFakeTimers()
    const lab = createCredentialLab({ lifeMs: hour, timeoutMs: 2 * second })
    const answer = deferred<Credential<string>>()
    lab.answer = () => answer.promise
    const wait = lab.cache.get().catch((error) => error)
    await vi.advanceTimersByTimeAsync(2 * second - 1)
    expect(lab.calls[0]?.signal.aborted).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    const error = await wait
    expect(error).toMatchObject({ kind: 'transient', code: 'ERR_AUTH_TIMEOUT' })
    expect(error.message).toBe('The test credential source took over 2000 ms')
    expect(lab.calls[0]?.signal.reason).toBe(error)
    expect(vi.getTimerCount()).toBe(0)
    answer.resolve(lab.issue('late'))
    await vi.advanceTimersByTimeAsync(0)
    expect(lab.cache.peek()).toBeUndefined()
    lab.nowMs += second
    lab.answer = (call) => lab.issue(`token-${call}`)
    expect(await lab.cache.get()).toBe('token-2')
    expect(vi.getTimerCount()).toBe(0)
  })

  it('gives up after 30 s by default', async () => {
    vi.useFakeTimers()
    const lab = createCredentialLab()
    lab.answer = () => new Promise(() => {})
    const wait = expect(lab.cache.get()).rejects.toMatchObject({ code: 'ERR_AUTH_TIMEOUT' })
    await vi.advanceTimersByTimeAsync(30 * second - 1)
    expect(vi.getTimerCount()).toBe(2)
    await vi.advanceTimersByTimeAsync(1)
    await wait
  })

  it('leaves no unhandled rejection: neither of a background renewal nor of what fails too late', async () => {
    const unhandled: unknown[] = []
    const note = (reason: unknown) => unhandled.push(reason)
    process.on('unhandledRejection', note)
    try {
      const lab = createCredentialLab({ lifeMs: hour, timeoutMs: 5 })
      await lab.cache.get()
      lab.nowMs += hour - minute
      const answer = deferred<never>()
      lab.answer = () => answer.promise
      expect(await lab.cache.get()).toBe('token-1')
      await vi.waitFor(() => expect(lab.calls[1]?.signal.aborted).toBe(true), 20_000)
      answer.reject(new Error('too late'))
      lab.nowMs += hour
      lab.answer = down
      const gone = AbortSignal.abort()
      await expect(lab.cache.recover('token-1', 0, { signal: gone })).rejects.toBe(gone.reason)
      await settle()
      await settle()
      expect(unhandled).toEqual([])
    } finally {
      process.off('unhandledRejection', note)
    }
  })
})
