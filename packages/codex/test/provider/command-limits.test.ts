import type { CommandReference } from '@outbound-auth/resolver'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { CodexResolverOptions } from '../../src/index.js'
import { createCodexLab, problemOf, requestOf } from '../codex-lab.js'

type RunCommand = NonNullable<CodexResolverOptions['runCommand']>

afterEach(() => void vi.useRealTimers())

const labWith = (limit: string, runCommand: RunCommand) => {
  const config = `model_provider = "lab"
[model_providers.lab]
name = "Lab"
base_url = "https://lab.example.com/v1"
[model_providers.lab.auth]
command = "vault"
${limit}`
  return createCodexLab({ 'config.toml': config }, { runCommand }).codex
}

describe('createCodexResolver() gives a command', () => {
  it.each([
    ['5 s', '', 6000],
    ['its timeout_ms', 'timeout_ms = 70000', 71_000],
  ])('%s, and a second to say so itself', async (_, limit, endsMs) => {
    let signal: AbortSignal | undefined
    const auth = await labWith(limit, (__, options) => {
      signal = options.signal
      return new Promise(() => {})
    }).resolve()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const outcome = problemOf(requestOf(auth))
    // expect.poll() would advance the clock.
    while (signal === undefined) await new Promise(setImmediate)
    await vi.advanceTimersByTimeAsync(endsMs - 1)
    expect(signal.aborted).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    expect(await outcome).toMatch(/^ERR_AUTH_TIMEOUT transient /)
  })

  it.each([
    ['2000000000', 2_000_000_000],
    ['2000000001', 2_000_000_000],
    ['9223372036854775807', 2_000_000_000],
    ['1999999999', 1_999_999_999],
  ])('at most 2,000,000 s: timeout_ms = %s', async (text, timeoutMs) => {
    let given: CommandReference | undefined
    const codex = labWith(`timeout_ms = ${text}`, async (reference) => {
      given = reference
      return 'token-1'
    })
    expect((await requestOf(await codex.resolve())).headers['authorization']).toBe('Bearer token-1')
    expect(given?.timeoutMs).toBe(timeoutMs)
  })
})
