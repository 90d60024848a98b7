import { afterEach, describe, expect, it, vi } from 'vitest'
import { AuthError } from '../../src/index.js'
import { askServer, type ServerCall } from '../../src/provider.js'

afterEach(() => void vi.useRealTimers())

const error = AuthError.transient('No answer', { code: 'ERR_AUTH_SAMPLE' })
const sampleCall: ServerCall = {
  url: new URL('https://token.example/oauth'),
  method: 'POST',
  headers: {},
  timeoutMs: 30_000,
  unreachable: () => error,
  tooLate: () => error,
}

/** Asks a server that fails with this body, and says which refresh tokens were found. */
async function keptOf(body: string | ReadableStream<Uint8Array>, status = 503): Promise<readonly string[]> {
  const kept: string[] = []
  await askServer({
    ...sampleCall,
    fetch: async () => new Response(body, { status }),
    keep: (token) => kept.push(token),
  })
  return kept
}

describe('askServer()', () => {
  const tokens = { access_token: 'a', refresh_token: 'next' }
  const jsonOfLength = (length: number) => {
    const empty = JSON.stringify({ pad: '', ...tokens })
    return JSON.stringify({ pad: 'x'.repeat(length - empty.length), ...tokens })
  }

  it.each([503, 302])('finds a refresh token in the first 64 KiB of a page of status %i', async (status) => {
    // The brace after the token may be cut off, but not the token's last quote.
    expect(await keptOf(jsonOfLength(64 * 1024 + 1), status)).toEqual(['next'])
    expect(await keptOf(jsonOfLength(64 * 1024 + 2), status)).toEqual([])
  })

  it('waits 1 s for a page that does not end', async () => {
    vi.useFakeTimers()
    const outcome = vi.fn()
    void keptOf(new ReadableStream()).then(outcome)
    await vi.advanceTimersByTimeAsync(999)
    expect(outcome).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(1)
    expect(outcome).toHaveBeenCalledWith([])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('gives an outage although its page breaks off, with what came before', async () => {
    const text = '{"access_token":"a","refresh_token":"next"'
    const body = () => {
      const parts = [new TextEncoder().encode(text)]
      return new ReadableStream<Uint8Array>({
        pull(controller) {
          const next = parts.shift()
          if (next) controller.enqueue(next)
          else controller.error(new Error('reset'))
        },
      })
    }
    expect(await keptOf(body())).toEqual(['next'])
    const unread = await askServer({
      ...sampleCall,
      fetch: async () => new Response(body(), { status: 503 }),
    })
    expect(unread).toMatchObject({ isOutage: true, text: '', fault: undefined, json: undefined })
    const read = await askServer({
      ...sampleCall,
      fetch: async () => new Response(body(), { status: 503 }),
      keep: () => {},
    })
    expect(read).toMatchObject({ isOutage: true, text, fault: undefined, json: undefined })
  })

  it('does not mind a page that cannot be cancelled', async () => {
    const cancel = vi.fn(() => Promise.reject(new Error('no')))
    const fetch = async () => new Response(new ReadableStream({ cancel }), { status: 302 })
    expect(await askServer({ ...sampleCall, fetch })).toMatchObject({ isRedirect: true, text: '' })
    await new Promise((resolve) => setImmediate(resolve))
    expect(cancel).toHaveBeenCalledOnce()
  })
})
