import { applyAuth, createHeaderMap } from '@outbound-auth/core'
import { afterEach, expect, it, vi } from 'vitest'
import { agentIdentityAuth, registerAgent, registerTask } from '../../src/index.js'
import { worked } from '../worked-vectors.js'

afterEach(() => void vi.useRealTimers())

const baseUrl = 'https://authority.example'
type Options = { readonly fetch: typeof fetch; readonly signal: AbortSignal }

it.each<[string, number, (options: Options) => Promise<unknown>]>([
  [
    'registerTask',
    30_000,
    (options) =>
      registerTask({ baseUrl, agentRuntimeId: 'agent-1', privateKey: worked.version1, ...options }),
  ],
  [
    'registerAgent',
    15_000,
    (options) =>
      registerAgent({
        baseUrl,
        accessToken: 'access-token',
        account: { accountId: 'account-1', userId: 'user-1' },
        billOfMaterials: { agentVersion: '1', runningLocation: 'here' },
        ...options,
      }),
  ],
])('%s() gives an attempt %i ms', async (_, limitMs, register) => {
  // The platform's own threads make keys and signatures; no fake timer moves them.
  const { setImmediate } = globalThis
  vi.useFakeTimers()
  const signals: AbortSignal[] = []
  const fetch = (async (_: unknown, { signal }: { signal: AbortSignal }) => {
    signals.push(signal)
    return new Promise<Response>(() => {})
  }) as unknown as Options['fetch']
  const abort = new AbortController()
  const outcome = register({ fetch, signal: abort.signal }).catch((reason: unknown) => reason)
  while (signals.length === 0) await new Promise((resolve) => setImmediate(resolve))
  await vi.advanceTimersByTimeAsync(limitMs - 1)
  expect(signals[0]?.aborted).toBe(false)
  await vi.advanceTimersByTimeAsync(1)
  expect(signals[0]?.aborted).toBe(true)
  abort.abort('enough')
  expect(await outcome).toBe('enough')
})

it('agentIdentityAuth() gives a new run task 120 s', async () => {
  // The platform's own threads read the key; no fake timer moves them.
  const { setImmediate } = globalThis
  vi.useFakeTimers()
  let reads = 0
  const hangs = async () => {
    reads++
    return new Promise<never>(() => {})
  }
  const auth = agentIdentityAuth({
    agentRuntimeId: 'agent-1',
    privateKey: worked.version1,
    registration: { baseUrl, store: { read: hangs, update: hangs } },
  })
  const outcome = vi.fn()
  const request = { method: 'GET', url: 'https://api.example/', headers: createHeaderMap() }
  void applyAuth(auth, request).catch(outcome)
  while (reads === 0) await new Promise((resolve) => setImmediate(resolve))
  await vi.advanceTimersByTimeAsync(119_999)
  expect(outcome).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(1)
  expect(outcome).toHaveBeenCalledWith(expect.objectContaining({ code: 'ERR_AUTH_TIMEOUT' }))
})
