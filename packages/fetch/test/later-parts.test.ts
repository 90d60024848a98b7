import { bearerAuth } from '@outbound-auth/bearer'
import { AuthError, type AuthProvider, createHeaderMap, toAuthHeaders } from '@outbound-auth/core'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { answer, loopback } from '../../../test/support/loopback.js'
import { authFetch } from '../src/index.js'

/** Code that only some requests need, and which is loaded by the first of them. */
const parts = {
  redirects: '../src/follow-redirects.js',
  responses: '../src/response-body.js',
  recovery: '../../core/src/exchange/recover-from.js',
  retry: '../../core/src/exchange/try-again.js',
  cache: '../../core/src/cache/renewing-credential.js',
  bodies: '../src/body/taken-body.js',
  streams: '../src/body/locked-stream.js',
  forms: '../src/body/form-body.js',
  bytes: '../../core/src/body/final-body.js',
}

/** The error of a browser for a chunk that a deployment has removed. */
const gone = new TypeError('Failed to fetch dynamically imported module: https://app.example/chunk-secret.js')

function takeAway(...names: (keyof typeof parts)[]): string[] {
  const loaded: string[] = []
  for (const name of names)
    vi.doMock(parts[name], () => {
      loaded.push(name)
      throw gone
    })
  return loaded
}

afterEach(() => {
  for (const path of Object.values(parts)) vi.doUnmock(path)
  vi.resetModules()
})

const signer: AuthProvider = {
  kind: 'signer',
  headerNames: ['x-signature'],
  requiresBody: true,
  addAuthHeaders() {},
  async applyAuth(request) {
    request.headers.set('x-signature', `of ${String(request.body)}`)
    return request
  },
}

async function expectLoadError(sending: Promise<unknown>): Promise<void> {
  const error = await sending.then(
    () => 'it was sent',
    (thrown: unknown) => thrown,
  )
  expect(error).toMatchObject({ code: 'ERR_AUTH_LOAD', kind: 'transient', retryable: true })
  expect(AuthError.is(error) && error.message).toContain('reload')
  expect(JSON.stringify(error) + String(error)).not.toContain('chunk-secret')
}

describe('authFetch() without the code that is loaded later', () => {
  it('sends a JSON POST with a literal token as before', async () => {
    const loaded = takeAway(...(Object.keys(parts) as (keyof typeof parts)[]))
    const { origin, arrivals } = await loopback()
    const fetch = authFetch(bearerAuth({ token: 'token-1' }), { allowedOrigins: [origin] })
    expect((await fetch(origin, { method: 'POST', body: '{}' })).status).toBe(200)
    expect(arrivals.map(({ headers }) => headers.authorization)).toEqual(['Bearer token-1'])
    expect(loaded).toEqual([])
  })

  it('sends a JSON POST with a token of a function as before', async () => {
    const loaded = takeAway('redirects', 'responses', 'recovery', 'retry', 'bodies', 'streams')
    const { origin, arrivals } = await loopback()
    const auth = bearerAuth({ token: async () => 'token-1' })
    const fetch = authFetch(auth, { allowedOrigins: [origin] })
    const init = { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } }
    expect((await fetch(origin, init)).status).toBe(200)
    expect((await fetch(new Request(origin, { headers: { accept: '*/*' } }))).status).toBe(200)
    expect(arrivals.map(({ headers }) => headers.authorization)).toEqual(['Bearer token-1', 'Bearer token-1'])
    expect(loaded).toEqual([])
  })

  it('says at a redirect that the code cannot be loaded, and follows it nowhere', async () => {
    takeAway('redirects')
    const { origin, arrivals } = await loopback((_, response) => answer(response, 302, { location: '/next' }))
    const fetch = authFetch(bearerAuth({ token: 't' }), { allowedOrigins: [origin] })
    await expectLoadError(fetch(origin))
    expect(arrivals).toHaveLength(1)
    expect((await fetch(origin, { redirect: 'manual' })).status).toBe(302)
  })

  it.each([300, 309])('returns a response of status %i, which is not a redirect', async (status) => {
    const loaded = takeAway('redirects')
    const { origin } = await loopback((_, response) => answer(response, status, { location: '/next' }))
    const fetch = authFetch(bearerAuth({ token: 't' }), { allowedOrigins: [origin] })
    expect((await fetch(origin)).status).toBe(status)
    expect(loaded).toEqual([])
  })

  it('recovers from a 401 all the same', async () => {
    takeAway('responses')
    let count = 0
    const { origin, arrivals } = await loopback((_, response, index) =>
      answer(response, index === 0 ? 401 : 200),
    )
    const fetch = authFetch(bearerAuth({ token: () => `token-${++count}`, refreshIntervalMs: 0 }), {
      allowedOrigins: [origin],
    })
    expect((await fetch(origin)).status).toBe(200)
    expect(arrivals.map(({ headers }) => headers.authorization)).toEqual(['Bearer token-1', 'Bearer token-2'])
  })

  it('gives up the connection of a rejection that it cannot read', async () => {
    takeAway('responses')
    const cancelled = vi.fn()
    let count = 0
    const transport = async () =>
      new Response(new ReadableStream({ cancel: cancelled }), { status: ++count === 1 ? 401 : 200 })
    const auth = bearerAuth({ token: () => `token-${count}`, refreshIntervalMs: 0 })
    const origin = 'https://api.example.com'
    const fetch = authFetch(auth, { allowedOrigins: [origin], fetch: transport })
    expect((await fetch(origin)).status).toBe(200)
    expect(cancelled).toHaveBeenCalledOnce()
  })

  it('sends nothing while the code for the tokens of a function cannot be loaded, and sends afterwards', async () => {
    const loaded = takeAway('cache')
    const token = vi.fn(() => 'token-1')
    // The failure of what begins here is no unhandled rejection, which would end this run.
    const auth = bearerAuth({ token })
    await expect.poll(() => loaded).toHaveLength(1)
    const { origin, arrivals } = await loopback()
    const fetch = authFetch(auth, { allowedOrigins: [origin] })
    await expectLoadError(fetch(origin))
    expect(() => toAuthHeaders(auth)).toThrow(expect.objectContaining({ code: 'ERR_AUTH_NOT_READY' }))
    expect(arrivals).toEqual([])
    expect(token).not.toHaveBeenCalled()

    vi.doUnmock(parts.cache)
    expect((await fetch(origin)).status).toBe(200)
    expect(arrivals.map(({ headers }) => headers.authorization)).toEqual(['Bearer token-1'])
  })

  it('rejects at once a request that aborts while the code for the tokens of a function is loaded', async () => {
    vi.doMock(parts.cache, () => new Promise(() => {}))
    const auth = bearerAuth({ token: () => 'token-1' })
    const request = { method: 'GET', url: 'https://api.example.com/', headers: createHeaderMap() }
    const abort = new AbortController()
    const applying = auth.applyAuth?.(request, { signal: abort.signal })
    abort.abort('enough')
    await expect(applying).rejects.toBe('enough')
  })

  it('says what went wrong, and not that the code for a second try cannot be loaded', async () => {
    takeAway('retry')
    const { origin, arrivals } = await loopback()
    const token = () => {
      throw AuthError.transient('The vault is sealed', { code: 'ERR_AUTH_VAULT' })
    }
    const fetch = authFetch(bearerAuth({ token }), { allowedOrigins: [origin] })
    await expect(fetch(origin)).rejects.toMatchObject({ code: 'ERR_AUTH_VAULT' })
    expect(arrivals).toEqual([])
  })

  it('says at a 401 that the code cannot be loaded', async () => {
    takeAway('recovery')
    const { origin, arrivals } = await loopback((_, response) => answer(response, 401))
    const fetch = authFetch(bearerAuth({ token: () => 'token-1' }), { allowedOrigins: [origin] })
    await expectLoadError(fetch(origin))
    expect(arrivals).toHaveLength(1)
  })

  it('gives a stream back that it does not send', async () => {
    takeAway('streams')
    const { origin, arrivals } = await loopback()
    const body = new Blob(['mine']).stream()
    const fetch = authFetch(bearerAuth({ token: 't' }), { allowedOrigins: [origin] })
    await expectLoadError(fetch(origin, { method: 'POST', body, duplex: 'half' } as RequestInit))
    expect(arrivals).toEqual([])
    expect(body.locked).toBe(false)
    expect(await new Response(body).text()).toBe('mine')
  })

  it.each(['forms', 'bytes'] as const)('does not send a form unsigned: %s', async (name) => {
    takeAway(name)
    const { origin, arrivals } = await loopback()
    const body = new FormData()
    body.append('a', 'b')
    await expectLoadError(authFetch(signer, { allowedOrigins: [origin] })(origin, { method: 'POST', body }))
    expect(arrivals).toEqual([])
  })

  it('does not send the stream of a Request', async () => {
    takeAway('bodies')
    const { origin, arrivals } = await loopback()
    const cancelled = vi.fn()
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(10)),
      cancel: cancelled,
    })
    const request = new Request(origin, { method: 'POST', body, duplex: 'half' } as RequestInit)
    const fetch = authFetch(bearerAuth({ token: 't' }), { allowedOrigins: [origin] })
    await expectLoadError(fetch(request))
    expect(arrivals).toEqual([])
    expect(cancelled).toHaveBeenCalledOnce()
  })
})

describe('authFetch() while it loads code', () => {
  it('has taken the body of a Request already', async () => {
    const { origin, arrivals } = await loopback()
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('mine'))
        controller.close()
      },
    })
    const request = new Request(origin, { method: 'POST', body, duplex: 'half' } as RequestInit)
    const sending = authFetch(bearerAuth({ token: 't' }), { allowedOrigins: [origin] })(request)
    expect(request.bodyUsed || request.body?.locked).toBe(true)
    await expect(request.text()).rejects.toThrow(TypeError)
    expect((await sending).status).toBe(200)
    expect(arrivals.map((arrival) => String(arrival.body))).toEqual(['mine'])
  })
})
