import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { type RegisterAgentOptions, registerAgent, registerTask } from '../../src/index.js'
import { answers, breaks, type LoopbackAuthority, loopbackAuthority, stalls } from '../loopback-authority.js'
import { worked } from '../worked-vectors.js'
import { optionsAt } from './sample-agent.js'

const { agentRuntimeId, version1: privateKey } = worked
let authority: LoopbackAuthority

beforeEach(async () => {
  authority = await loopbackAuthority(() => new Date())
  authority.agents.set(agentRuntimeId, Buffer.from(worked.publicKey, 'hex').toString('base64url'))
})
afterEach(async () => {
  vi.useRealTimers()
  await authority.close()
})

const agentOptions = (change?: Partial<RegisterAgentOptions>) => optionsAt(authority, change)
const task = (change = {}) =>
  registerTask({ baseUrl: authority.baseUrl, agentRuntimeId, privateKey, ...change })

describe('askAuthority()', () => {
  it.each([301, 302, 303, 307, 308])('rejects a redirect with %i', async (status) => {
    authority.scripts.push(answers(status, '', { location: `${authority.origin}/elsewhere` }))
    await expect(task()).rejects.toMatchObject({ kind: 'build', code: 'ERR_AUTH_REDIRECT' })
    expect(authority.calls).toHaveLength(1)
  })

  it.each([400, 401, 403, 404, 422])(
    'does not try %i again, and keeps the answer to itself',
    async (status) => {
      authority.scripts.push(answers(status, '{"error":"planted-secret"}'))
      const refused = await task().catch((error: unknown) => error)
      expect(refused).toMatchObject({ kind: 'build', code: 'ERR_AUTH_REGISTRATION_REFUSED' })
      expect(inspect(refused, { depth: 9, showHidden: true })).not.toContain('planted')
      expect(authority.calls).toHaveLength(1)
    },
  )

  it('tries 429, 5xx and broken connections again, with a signature of that moment', async () => {
    let nowMs = Date.parse(worked.timestamp)
    const now = () => {
      nowMs += 1000
      return new Date(nowMs)
    }
    authority.scripts.push(answers(429, '', { 'retry-after': '0' }), breaks)
    expect(await task({ now })).toBe('task-1')
    expect(new Set(authority.calls.map(({ body }) => body)).size).toBe(3)
  })

  it.each([
    ['408', () => answers(408, '', { 'retry-after': '0' }), 'ERR_AUTH_REGISTRATION_UNAVAILABLE'],
    ['503', () => answers(503, '', { 'retry-after': '0' }), 'ERR_AUTH_REGISTRATION_UNAVAILABLE'],
    ['broken connections', () => breaks, 'ERR_AUTH_REGISTRATION_UNAVAILABLE'],
  ])('gives up after three attempts of %s', async (_, script, code) => {
    authority.scripts.push(script(), script(), script())
    await expect(task()).rejects.toMatchObject({
      kind: 'transient',
      retryable: true,
      code,
      message: expect.stringMatching(/^Cannot register the task: the authority .* \(attempt 3\)$/),
    })
    expect(authority.calls).toHaveLength(3)
  })

  it.each([
    [0, 125],
    [1, 250],
  ])(
    'pauses half of the time at least before it tries again: Math.random() = %d',
    async (random, pauseMs) => {
      vi.useFakeTimers()
      const spy = vi.spyOn(Math, 'random').mockReturnValue(random)
      onTestFinished(() => spy.mockRestore())
      let calls = 0
      const fetch = async () => {
        calls++
        return new Response('', { status: 503 })
      }
      const failed = task({ fetch }).catch((error: unknown) => error)
      await vi.advanceTimersByTimeAsync(0)
      expect(calls).toBe(1)
      await vi.advanceTimersByTimeAsync(pauseMs - 1)
      expect(calls).toBe(1)
      await vi.advanceTimersByTimeAsync(1)
      expect(calls).toBe(2)
      await vi.advanceTimersByTimeAsync(500)
      expect(await failed).toMatchObject({ code: 'ERR_AUTH_REGISTRATION_UNAVAILABLE' })
    },
  )

  it('ends at once when its caller gives up, also in a pause', async () => {
    authority.scripts.push(answers(429, '', { 'retry-after': '3600' }))
    const abort = new AbortController()
    const registering = task({ signal: abort.signal })
    await vi.waitFor(() => expect(authority.calls).toHaveLength(1), 20_000)
    setTimeout(() => abort.abort('enough'), 50)
    await expect(registering).rejects.toBe('enough')
    authority.scripts.push(stalls)
    const stalled = task({ signal: AbortSignal.timeout(100) })
    await expect(stalled).rejects.toMatchObject({ name: 'TimeoutError' })
    expect(authority.calls).toHaveLength(2)
  })

  it.each([
    ['registerTask', 30_000, 'task', () => task({ fetch: hanging })],
    ['registerAgent', 15_000, 'agent', () => registerAgent(agentOptions({ fetch: hanging }))],
  ])('limits each attempt of %s() to %i ms', async (_, limitMs, what, register) => {
    vi.useFakeTimers()
    hangs = 0
    const failed = register().catch((error: unknown) => error)
    // A new key is made by the platform's own threads, which no fake timer moves.
    await vi.waitFor(() => expect(hangs).toBe(1), 20_000)
    await vi.advanceTimersByTimeAsync(limitMs - 1)
    expect(hangs).toBe(1)
    await vi.advanceTimersByTimeAsync(1 + 250)
    expect(hangs).toBe(2)
    await vi.advanceTimersByTimeAsync(limitMs + 500)
    await vi.advanceTimersByTimeAsync(limitMs)
    expect(await failed).toMatchObject({
      kind: 'transient',
      code: 'ERR_AUTH_TIMEOUT',
      message: `Cannot register the ${what}: the authority took over ${limitMs} ms (attempt 3)`,
    })
    expect(hangs).toBe(3)
  })

  it('waits as long as Retry-After says, but at most 10 s', async () => {
    vi.useFakeTimers()
    let calls = 0
    const busy = async () => {
      calls++
      return new Response('', { status: 429, headers: { 'retry-after': calls === 1 ? '4' : '3600' } })
    }
    const failed = task({ fetch: busy }).catch((error: unknown) => error)
    await vi.advanceTimersByTimeAsync(0)
    expect(calls).toBe(1)
    await vi.advanceTimersByTimeAsync(3999)
    expect(calls).toBe(1)
    await vi.advanceTimersByTimeAsync(1)
    expect(calls).toBe(2)
    await vi.advanceTimersByTimeAsync(9999)
    expect(calls).toBe(2)
    await vi.advanceTimersByTimeAsync(1)
    expect(await failed).toMatchObject({ code: 'ERR_AUTH_REGISTRATION_UNAVAILABLE' })
    expect(calls).toBe(3)
  })
})

let hangs = 0
/** Never responds, and ignores its signal. */
async function hanging(): Promise<Response> {
  hangs++
  return new Promise(() => {})
}
