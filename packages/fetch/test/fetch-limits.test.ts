import type { AuthProvider } from '@outbound-auth/core'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type AuthFetchOptions, authFetch, type FetchOption } from '../src/index.js'

afterEach(() => void vi.useRealTimers())

const home = 'https://a.example'

/** A provider that recovers from each 401 after this. */
function keyAuth(recover: NonNullable<AuthProvider['recover']> = async () => true): AuthProvider {
  return {
    kind: 'test',
    headerNames: ['x-key'],
    addAuthHeaders: (headers) => headers.set('x-key', 'k'),
    recover,
  }
}

/** A fetch whose transport gives these responses, and what it was given. */
function fetchWith(
  responses: readonly (() => Response)[],
  auth = keyAuth(),
  options: Partial<AuthFetchOptions> = {},
) {
  const sent: { url: string; init: RequestInit; headers: Headers }[] = []
  const transport = (async (url: string, init: RequestInit) => {
    sent.push({ url, init, headers: new Headers(init.headers) })
    const { body } = init
    // As a transport does.
    if (body instanceof ReadableStream) await new Response(body).arrayBuffer()
    return (responses[sent.length - 1] ?? (() => new Response('ok')))()
  }) as unknown as FetchOption
  return { sent, fetch: authFetch(auth, { ...options, allowedOrigins: [home], fetch: transport }) }
}

const rejection = (body?: BodyInit) => () => new Response(body ?? null, { status: 401 })

describe('authFetch(), after a rejection,', () => {
  it.each([
    [1_048_576, 2],
    [1_048_577, 1],
  ])('sends a Request with a body of %i bytes %i times', async (bytes, count) => {
    const { fetch, sent } = fetchWith([rejection()])
    await fetch(new Request(home, { method: 'POST', body: new Uint8Array(bytes) }))
    expect(sent).toHaveLength(count)
  })

  it('has the same limit in bytes as replayLimitBytes says', async () => {
    for (const [bytes, count] of [
      [5, 2],
      [6, 1],
    ] as const) {
      const { fetch, sent } = fetchWith([rejection()], keyAuth(), { replayLimitBytes: 5 })
      await fetch(new Request(home, { method: 'POST', body: new Uint8Array(bytes) }))
      expect(sent).toHaveLength(count)
    }
  })

  /** The text that a provider reads of a rejection, and after how many milliseconds. */
  async function readText(body: () => BodyInit): Promise<string> {
    let text = ''
    const auth = keyAuth(async ({ readBody }) => {
      text = await readBody()
      return false
    })
    await fetchWith([() => rejection(body())()], auth).fetch(home)
    return text
  }

  it('lets its provider read 64 KiB of the text', async () => {
    const limit = 64 * 1024
    expect(await readText(() => 'x'.repeat(limit))).toHaveLength(limit)
    expect(await readText(() => 'x'.repeat(limit + 1))).toHaveLength(limit)
  })

  it('reads a character that the network cuts in two', async () => {
    const parts = () =>
      new ReadableStream<Uint8Array>({
        start(controller) {
          for (const byte of new TextEncoder().encode('ä')) controller.enqueue(Uint8Array.of(byte))
          controller.close()
        },
      })
    expect(await readText(parts)).toBe('ä')
  })

  it('reads for 2 s at most', async () => {
    vi.useFakeTimers()
    const outcome = vi.fn()
    void readText(() => new ReadableStream()).then(outcome)
    await vi.advanceTimersByTimeAsync(1999)
    expect(outcome).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(1)
    await vi.advanceTimersByTimeAsync(0)
    expect(outcome).toHaveBeenCalledWith('')
  })

  it('waits 400 ms for a part of a response that nobody reads, and 2 s for all of it', async () => {
    vi.useFakeTimers()
    const stalled = fetchWith([rejection(new ReadableStream())])
    void stalled.fetch(home)
    // After the limit one more turn of the timers shows what came meanwhile, which takes 1 ms.
    await vi.advanceTimersByTimeAsync(400)
    expect(stalled.sent).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(1)
    expect(stalled.sent).toHaveLength(2)

    const pull = async (controller: ReadableStreamDefaultController<Uint8Array>) => {
      await new Promise((resolve) => setTimeout(resolve, 300))
      controller.enqueue(new Uint8Array(1))
    }
    const slow = fetchWith([rejection(new ReadableStream({ pull }, { highWaterMark: 0 }))])
    void slow.fetch(home)
    await vi.advanceTimersByTimeAsync(1999)
    expect(slow.sent).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(1)
    expect(slow.sent).toHaveLength(2)
  })
})

describe('authFetch() follows', () => {
  const redirect =
    (location: string, status = 302) =>
    () =>
      new Response(null, { status, headers: { location } })

  it('20 redirects from https to https, with the credential, and not one more', async () => {
    const hops = (count: number) => Array.from({ length: count }, (_, index) => redirect(`/${index + 1}`))
    const { fetch, sent } = fetchWith(hops(20))
    expect((await fetch(home)).status).toBe(200)
    expect(sent.map(({ url }) => url).at(-1)).toBe(`${home}/20`)
    expect(sent.every(({ headers }) => headers.get('x-key') === 'k')).toBe(true)
    await expect(fetchWith(hops(21)).fetch(home)).rejects.toMatchObject({ code: 'ERR_AUTH_REDIRECT' })
  })

  it('303 with a GET request, without the headers that describe a body', async () => {
    const { fetch, sent } = fetchWith([redirect('/two', 303)])
    const names = [
      'content-encoding',
      'content-language',
      'content-length',
      'content-location',
      'content-type',
    ]
    const described = Object.fromEntries(names.map((name) => [name, name === 'content-length' ? '1' : 'x']))
    await fetch(home, { method: 'PUT', body: 'x', headers: { ...described, 'content-x': 'kept' } })
    const { init, headers } = sent[1] ?? {}
    expect([init?.method, init?.body]).toEqual(['GET', null])
    expect([...(headers ?? [])].map(([name]) => name)).toEqual(['content-x', 'x-key'])
  })

  it.each(['GETX', 'XGET', 'XHEAD', 'HEADX'])('303 with a GET request after %s', async (method) => {
    const { fetch, sent } = fetchWith([redirect('/two', 303)])
    await fetch(home, { method })
    expect(sent.map(({ init }) => init.method)).toEqual([method, 'GET'])
  })

  it.each(['GET', 'HEAD'])('303 with %s after %s', async (method) => {
    const { fetch, sent } = fetchWith([redirect('/two', 303)])
    await fetch(home, { method })
    expect(sent.map(({ init }) => init.method)).toEqual([method, method])
  })

  it.each([301, 302, 307, 308])(
    'status %i with the method and the body that the standard says',
    async (status) => {
      const { fetch, sent } = fetchWith([redirect('/two', status)])
      await fetch(home, { method: 'POST', body: 'x' })
      const kept = status > 303
      expect([sent[1]?.init.method, sent[1]?.init.body]).toEqual(kept ? ['POST', 'x'] : ['GET', null])
    },
  )

  it.each([300, 304, 305, 306, 309, 399])('no redirect where the status is %i', async (status) => {
    const { fetch, sent } = fetchWith([redirect('/two', status)])
    expect((await fetch(home)).status).toBe(status)
    expect(sent).toHaveLength(1)
  })
})

describe('authFetch() sends', () => {
  it.each(['getx', 'xpost', 'Getx', 'patch'])('the method %s as it is', async (method) => {
    const { fetch, sent } = fetchWith([])
    await fetch(home, { method })
    expect(sent[0]?.init.method).toBe(method)
  })

  it.each(['get', 'Post', 'DELETE', 'options', 'head', 'put'])(
    'the method %s in capitals',
    async (method) => {
      const { fetch, sent } = fetchWith([])
      await fetch(home, { method })
      expect(sent[0]?.init.method).toBe(method.toUpperCase())
    },
  )

  it('headers whose names only contain those of a transport', async () => {
    const { fetch, sent } = fetchWith([])
    const headers = { 'x-forwarded-host': 'b', hostname: 'c', 'x-content-length': '1' }
    await fetch(home, { headers })
    expect(Object.fromEntries(sent[0]?.headers ?? [])).toMatchObject(headers)
  })

  it('a credential where `data:` is in the query, and nothing to another origin', async () => {
    const { fetch, sent } = fetchWith([])
    await fetch(`${home}/?u=data:x`)
    expect(sent[0]?.headers.get('x-key')).toBe('k')
    for (const url of ['https://evil.example/?u=data:x', 'https://evil.example/blob:'])
      await expect(fetch(url)).rejects.toMatchObject({ code: 'ERR_AUTH_ORIGIN' })
    for (const url of ['xdata:x', 'datax:x', 'xblob:x'])
      await expect(fetch(url)).rejects.toMatchObject({ code: 'ERR_AUTH_URL' })
    expect(sent).toHaveLength(1)
  })
})
