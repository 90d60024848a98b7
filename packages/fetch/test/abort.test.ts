import { bearerAuth } from '@outbound-auth/bearer'
import { AuthError, type AuthProvider } from '@outbound-auth/core'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { answer, loopback } from '../../../test/support/loopback.js'
import { authFetch, type Fetch } from '../src/index.js'

const bearer = bearerAuth({ token: 'token-1' })
const reason = new Error('the caller gave up')
const rejections: unknown[] = []
const note = (error: unknown) => rejections.push(error)
const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'it was sent',
    (error) => error,
  )
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

beforeEach(() => {
  rejections.length = 0
  process.on('unhandledRejection', note)
})
afterEach(async () => {
  await pause(10)
  process.off('unhandledRejection', note)
  expect(rejections).toEqual([])
})

/** Aborts when the returned function is called. */
function aborter(): { signal: AbortSignal; abort: () => void } {
  const controller = new AbortController()
  return { signal: controller.signal, abort: () => controller.abort(reason) }
}

const shapes: [string, (url: string, init: RequestInit) => Parameters<Fetch>][] = [
  ['init', (url, init) => [url, init]],
  ['a Request', (url, init) => [new Request(url, init)]],
]

describe.each(shapes)('authFetch() with the signal of %s', (_, args) => {
  test('authFetch() rejects with the reason of a signal that had aborted before, and applies nothing', async () => {
    let applied = 0
    const provider: AuthProvider = {
      kind: 'test',
      headerNames: ['x-k'],
      addAuthHeaders: () => void applied++,
    }
    const server = await loopback()
    const fetch = authFetch(provider, { allowedOrigins: [server.origin] })
    const { signal, abort } = aborter()
    abort()
    expect(await failure(fetch(...args(server.origin, { signal, method: 'POST', body: 'x' })))).toBe(reason)
    expect(applied).toBe(0)
    expect(server.arrivals).toHaveLength(0)
  })

  test('authFetch() rejects at once while auth is pending, sends nothing, and lets the others wait', async () => {
    const server = await loopback()
    let give: ((token: string) => void) | undefined
    const token = () => new Promise<string>((resolve) => (give = resolve))
    const fetch = authFetch(bearerAuth({ token }), { allowedOrigins: [server.origin] })
    const { signal, abort } = aborter()
    const aborted = failure(fetch(...args(server.origin, { signal })))
    const waiting = fetch(`${server.origin}/other`)
    await expect.poll(() => give).toBeDefined()
    abort()
    expect(await aborted).toBe(reason)
    give?.('token-1')
    expect((await waiting).status).toBe(200)
    expect(server.arrivals.map(({ path }) => path)).toEqual(['/other'])
  })

  test('authFetch() rejects while the server has not answered', async () => {
    const { signal, abort } = aborter()
    const server = await loopback(() => abort())
    const fetch = authFetch(bearer, { allowedOrigins: [server.origin] })
    expect(await failure(fetch(...args(server.origin, { signal })))).toBe(reason)
    await vi.waitFor(async () => expect(await server.openConnections()).toBeLessThanOrEqual(1), 20_000)
  })

  test('authFetch() rejects during a redirect', async () => {
    const { signal, abort } = aborter()
    const server = await loopback(({ path }, response) => {
      if (path === '/end') abort()
      else answer(response, 302, { location: '/end' })
    })
    const fetch = authFetch(bearer, { allowedOrigins: [server.origin] })
    expect(await failure(fetch(...args(server.origin, { signal })))).toBe(reason)
    expect(server.arrivals).toHaveLength(2)
  })

  test('authFetch() rejects during a recovery, and drops the answer', async () => {
    const { signal, abort } = aborter()
    const server = await loopback((_arrival, response) => answer(response, 401))
    const provider: AuthProvider = {
      kind: 'test',
      headerNames: ['x-k'],
      addAuthHeaders: (headers) => headers.set('x-k', 'v'),
      recover: (_rejection, options) => {
        expect(options?.signal?.aborted).toBe(false)
        abort()
        expect(options?.signal?.aborted).toBe(true)
        return new Promise(() => {})
      },
    }
    const fetch = authFetch(provider, { allowedOrigins: [server.origin] })
    expect(await failure(fetch(...args(server.origin, { signal })))).toBe(reason)
    expect(server.arrivals).toHaveLength(1)
  })

  test('authFetch() rejects in the pause after a transient failure, without waiting for its end', async () => {
    const { signal, abort } = aborter()
    let applies = 0
    const provider: AuthProvider = {
      kind: 'test',
      headerNames: ['x-k'],
      addAuthHeaders() {
        applies += 1
        setImmediate(abort)
        throw AuthError.transient('busy', { code: 'ERR_AUTH_BUSY' })
      },
    }
    const fetch = authFetch(provider, { allowedOrigins: ['https://a.example.com'] })
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      expect(await failure(fetch(...args('https://a.example.com', { signal })))).toBe(reason)
      expect(applies).toBe(1)
    } finally {
      vi.useRealTimers()
    }
  })

  test('authFetch() ends the body of an answer with the reason while it is read', async () => {
    const { signal, abort } = aborter()
    const server = await loopback((_arrival, response) => response.write('begun'))
    const fetch = authFetch(bearer, { allowedOrigins: [server.origin] })
    // The Request stays in reach, since Node holds what forwards its signal only weakly.
    const call = args(server.origin, { signal })
    const response = await fetch(...call)
    const reader = response.body?.getReader()
    expect(new TextDecoder().decode((await reader?.read())?.value)).toBe('begun')
    const rest = failure(reader?.read() ?? Promise.resolve())
    abort()
    expect(await rest).toBe(reason)
    expect(call).toHaveLength(call.length)
  })
})

describe('authFetch() abort before sending', () => {
  const signer: AuthProvider = {
    kind: 'signer',
    headerNames: ['x-k'],
    requiresBody: true,
    addAuthHeaders() {},
  }
  const endless = () => new ReadableStream<Uint8Array>({ pull: () => new Promise(() => {}) })

  test('authFetch() rejects while it reads the body of a Request for a signer', async () => {
    const { signal, abort } = aborter()
    const fetch = authFetch(signer, { allowedOrigins: ['https://a.example.com'] })
    const init = { method: 'POST', body: endless(), signal, duplex: 'half' }
    const outcome = failure(fetch(new Request('https://a.example.com', init)))
    await pause(5)
    abort()
    expect(await outcome).toBe(reason)
  })

  test('authFetch() rejects while it serialises a form for a signer', async () => {
    const { signal, abort } = aborter()
    const fetch = authFetch(signer, { allowedOrigins: ['https://a.example.com'] })
    const slow = new Blob(['x'])
    Object.defineProperty(slow, 'arrayBuffer', { value: () => new Promise(() => {}) })
    const outcome = failure(fetch('https://a.example.com', { method: 'POST', body: slow, signal }))
    await pause(5)
    abort()
    expect(await outcome).toBe(reason)
  })

  test('authFetch() keeps minValidityMs and the signal for the provider at each attempt', async () => {
    const server = await loopback((_, response, index) => answer(response, index === 0 ? 401 : 200))
    const seen: unknown[] = []
    const provider: AuthProvider = {
      kind: 'test',
      headerNames: ['x-k'],
      addAuthHeaders() {},
      async applyAuth(request, options) {
        seen.push(options)
        request.headers.set('x-k', 'v')
        return request
      },
      async recover(_, options) {
        seen.push(options)
        return true
      },
    }
    const { signal } = aborter()
    const fetch = authFetch(provider, { allowedOrigins: [server.origin], minValidityMs: 60_000 })
    await fetch(server.origin, { signal })
    expect(seen).toEqual(Array(3).fill({ signal, minValidityMs: 60_000 }))
  })
})
