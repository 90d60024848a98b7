import { inspect } from 'node:util'
import { bearerAuth } from '@outbound-auth/bearer'
import { AuthError, type AuthProvider, type AuthRejection } from '@outbound-auth/core'
import { describe, expect, test, vi } from 'vitest'
import { answer, type Loopback, loopback } from '../../../test/support/loopback.js'
import { authFetch, type Fetch } from '../src/index.js'

const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'it was sent',
    (error) => error,
  )

interface Rotation {
  fetch: Fetch
  server: Loopback
  /** Calls of the token source. */
  calls: () => number
  /** The server refuses every token so far. */
  expire(): void
}

/** A server that takes only the newest token, and a provider that gets it. */
async function rotating(
  options: { replayLimitBytes?: number; delayMs?: () => number } = {},
): Promise<Rotation> {
  const { replayLimitBytes, delayMs = () => 0 } = options
  let issued = 0
  let valid = 1
  const server = await loopback(({ headers }, response) => {
    const isGood = headers.authorization === `Bearer token-${valid}`
    setTimeout(() => (isGood ? response.end('welcome') : answer(response, 401)), delayMs())
  })
  const auth = bearerAuth({ token: () => `token-${++issued}`, refreshIntervalMs: 0 })
  return {
    fetch: authFetch(auth, { allowedOrigins: [server.origin], replayLimitBytes }),
    server,
    calls: () => issued,
    expire: () => {
      valid = issued + 1
    },
  }
}

/** A provider whose recovery is under test. */
function recovering(
  recover: (rejection: AuthRejection) => Promise<boolean>,
  more: Partial<AuthProvider> = {},
): AuthProvider & { applies: () => number } {
  let count = 0
  return {
    kind: 'test',
    headerNames: ['x-attempt'],
    addAuthHeaders: (headers) => headers.set('x-attempt', String(++count)),
    recover: (rejection) => recover(rejection),
    applies: () => count,
    ...more,
  }
}

describe('authFetch() recovery bodies', () => {
  const form = () => {
    const data = new FormData()
    data.set('name', 'value')
    return data
  }
  const stream = () => new Blob(['abc']).stream()
  const post = (body: BodyInit, more: object = {}): RequestInit => ({ method: 'POST', body, ...more })

  test.each<[string, (url: string) => Parameters<Fetch>]>([
    ['no body', (url) => [url]],
    ['a string', (url) => [url, post('abc')]],
    ['bytes', (url) => [url, post(new Uint8Array([1, 2, 255]))]],
    ['URLSearchParams', (url) => [url, post(new URLSearchParams({ a: 'b' }))]],
    ['a Blob', (url) => [url, post(new Blob(['abc'], { type: 'a/b' }))]],
    ['the body of a Request', (url) => [new Request(url, post('abc'))]],
    [
      'a Request and an init, as ky passes them',
      (url) => [new Request(url, post('abc')), { keepalive: false }],
    ],
    ['a Request with a form', (url) => [new Request(url, post(form()))]],
    ['a Request with a stream', (url) => [new Request(url, post(stream(), { duplex: 'half' }))]],
  ])('authFetch() sends %s again, byte for byte, after a recovered 401', async (_, args) => {
    const { fetch, server, expire } = await rotating()
    await fetch(server.origin)
    expire()
    const response = await fetch(...args(server.origin))
    expect(await response.text()).toBe('welcome')
    const [, refused, sent] = server.arrivals
    expect(server.arrivals).toHaveLength(3)
    expect(refused?.headers.authorization).toBe('Bearer token-1')
    expect(sent?.headers.authorization).toBe('Bearer token-2')
    expect(sent?.body).toEqual(refused?.body)
    expect(sent?.headers['content-type']).toBe(refused?.headers['content-type'])
  })

  test('authFetch() sends FormData again with a boundary of its own', async () => {
    const { fetch, server, expire } = await rotating()
    await fetch(server.origin)
    expire()
    expect((await fetch(server.origin, post(form()))).status).toBe(200)
    const { headers, body } = server.arrivals[2] ?? { headers: {} }
    const [, boundary = 'none'] = /boundary=(.+)$/.exec(headers['content-type'] ?? '') ?? []
    expect(String(body)).toContain(`--${boundary}--`)
  })

  test.each<[string, (url: string) => Parameters<Fetch>]>([
    ['a stream', (url) => [url, post(stream(), { duplex: 'half' })]],
    ['the body of a Request above replayLimitBytes', (url) => [new Request(url, post('x'.repeat(101)))]],
  ])(
    'authFetch() gives the 401 back when the request had %s, and the next one has a new token',
    async (_, args) => {
      const { fetch, server, expire, calls } = await rotating({ replayLimitBytes: 100 })
      await fetch(server.origin)
      expire()
      const response = await fetch(...args(server.origin))
      expect(response).toMatchObject({ status: 401, bodyUsed: false })
      expect(await response.text()).toBe('answer 401')
      expect(server.arrivals).toHaveLength(2)
      expect((await fetch(...args(server.origin))).status).toBe(200)
      expect(calls()).toBe(2)
    },
  )

  test('authFetch() replays what the Request held, whatever was done to the chunks that were sent', async () => {
    const sent: string[] = []
    const fetch: Fetch = async (_, init) => {
      const chunks = new Response(init?.body ?? null).body ?? []
      for await (const chunk of chunks as AsyncIterable<Uint8Array>) {
        sent.push(new TextDecoder().decode(chunk))
        chunk.fill(0)
      }
      return new Response(null, { status: sent.length === 1 ? 401 : 200 })
    }
    const authed = authFetch(
      recovering(async () => true),
      { allowedOrigins: ['https://a.example.com'], fetch },
    )
    await authed(new Request('https://a.example.com', post('abc')))
    expect(sent).toEqual(['abc', 'abc'])
  })

  test('authFetch() replays a Request of exactly replayLimitBytes', async () => {
    const { fetch, server, expire } = await rotating({ replayLimitBytes: 100 })
    await fetch(server.origin)
    expire()
    expect((await fetch(new Request(server.origin, post('x'.repeat(100))))).status).toBe(200)
    expect(server.arrivals[2]?.body).toHaveLength(100)
  })
})

describe('authFetch() recovery economy', () => {
  test('authFetch() answers 20 late refusals of one token with one refresh', async () => {
    let index = 0
    const { fetch, server, expire, calls } = await rotating({ delayMs: () => (index++ % 20) * 10 })
    await fetch(server.origin)
    expire()
    const responses = await Promise.all(Array.from({ length: 20 }, () => fetch(server.origin)))
    expect(responses.map(({ status }) => status)).toEqual(Array(20).fill(200))
    expect(calls()).toBe(2)
    expect(server.arrivals).toHaveLength(41)
  })

  test('authFetch() answers 50 concurrent refusals with one refresh', async () => {
    const { fetch, server, expire, calls } = await rotating()
    await Promise.all(Array.from({ length: 50 }, () => fetch(server.origin)))
    expect(calls()).toBe(1)
    expire()
    const responses = await Promise.all(Array.from({ length: 50 }, () => fetch(server.origin)))
    expect(responses.every(({ ok }) => ok)).toBe(true)
    expect(calls()).toBe(2)
  })

  test('authFetch() sends twice against a server that refuses everything, and gives its answer back', async () => {
    const server = await loopback((_, response) => answer(response, 401))
    let issued = 0
    const auth = bearerAuth({ token: () => `token-${++issued}`, refreshIntervalMs: 0 })
    const response = await authFetch(auth, { allowedOrigins: [server.origin] })(server.origin)
    expect(response.status).toBe(401)
    expect(await response.text()).toBe('answer 401')
    expect(server.arrivals).toHaveLength(2)
    expect(issued).toBe(2)
  })

  test('authFetch() does not send again when the source gives the same token', async () => {
    const server = await loopback((_, response) => answer(response, 401))
    const auth = bearerAuth({ token: () => 'token-1', refreshIntervalMs: 0 })
    expect((await authFetch(auth, { allowedOrigins: [server.origin] })(server.origin)).status).toBe(401)
    expect(server.arrivals).toHaveLength(1)
  })

  test('authFetch() asks recover at most twice, with attempts 0 and 1', async () => {
    const server = await loopback((_, response) => answer(response, 401))
    const attempts: number[] = []
    const provider = recovering(async ({ attempt }) => attempts.push(attempt) > 0)
    const response = await authFetch(provider, { allowedOrigins: [server.origin] })(server.origin)
    expect(response.status).toBe(401)
    expect(attempts).toEqual([0, 1])
    expect(server.arrivals.map(({ headers }) => headers['x-attempt'])).toEqual(['1', '2', '3'])
  })
})

describe('authFetch() recovery decisions', () => {
  test('authFetch() shows recover the request as it was sent and the answer', async () => {
    const server = await loopback((_, response) => answer(response, 401, { 'www-authenticate': 'Bearer' }))
    const seen: unknown[] = []
    const provider = recovering(async ({ request, status, headers, readBody }) => {
      const { method, url, body } = request
      seen.push({ method, url, body, status, sent: request.headers.get('x-attempt') })
      seen.push(headers.get('WWW-Authenticate'), await readBody())
      return false
    })
    const fetch = authFetch(provider, { allowedOrigins: [server.origin] })
    const response = await fetch(`${server.origin}/p`, { method: 'POST', body: 'b' })
    const url = `${server.origin}/p`
    expect(seen).toEqual([{ method: 'POST', url, body: 'b', status: 401, sent: '1' }, 'Bearer', 'answer 401'])
    expect(await response.text()).toBe('answer 401')
  })

  test('authFetch() leaves no timer and no open branch behind readBody', async () => {
    let ended = false
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(1000)),
      cancel: () => {
        ended = true
      },
    })
    const answers = [new Response(body, { status: 401 }), new Response('ok')]
    const fetch: Fetch = async () => answers.shift() ?? new Response()
    const provider = recovering(async ({ readBody }) => (await readBody()).length === 64 * 1024)
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      await authFetch(provider, { allowedOrigins: ['https://a.example.com'], fetch })('https://a.example.com')
      expect(vi.getTimerCount()).toBe(0)
    } finally {
      vi.useRealTimers()
    }
    expect(ended).toBe(true)
    expect(answers).toHaveLength(0)
  })

  test('authFetch() does not ask about a 403 unless the provider names it', async () => {
    const server = await loopback((_, response) => answer(response, 403))
    let asked = 0
    const recover = async () => ++asked > 99
    const options = { allowedOrigins: [server.origin] }
    expect((await authFetch(recovering(recover), options)(server.origin)).status).toBe(403)
    expect(asked).toBe(0)
    await authFetch(recovering(recover, { recoverStatuses: [403] }), options)(server.origin)
    expect(asked).toBe(1)
  })

  test('authFetch() gives a long answer back whole when recover read its beginning and gave up', async () => {
    const size = 300_000
    const server = await loopback((_, response) => response.writeHead(401).end('é'.repeat(size / 2)))
    let read = ''
    const provider = recovering(async ({ readBody }) => {
      read = await readBody()
      return false
    })
    const response = await authFetch(provider, { allowedOrigins: [server.origin] })(server.origin)
    expect((await response.arrayBuffer()).byteLength).toBe(size)
    expect(read).toBe('é'.repeat(32 * 1024))
  })

  test('authFetch() lets readBody wait at most two seconds for an answer that stalls', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      let finish = () => {}
      const server = await loopback((_, response) => {
        response.writeHead(401).write('begun')
        finish = () => response.end(' and ended')
      })
      let read: string | undefined
      const provider = recovering(async ({ readBody }) => {
        const reading = readBody()
        await vi.advanceTimersByTimeAsync(1_999)
        expect(await Promise.race([reading, 'still reading'])).toBe('still reading')
        await vi.advanceTimersByTimeAsync(1)
        read = await reading
        return false
      })
      const response = await authFetch(provider, { allowedOrigins: [server.origin] })(server.origin)
      expect(read).toBe('begun')
      finish()
      expect(await response.text()).toBe('begun and ended')
    } finally {
      vi.useRealTimers()
    }
  })

  test('authFetch() lets readBody read what came of an answer that broke off, or nothing of an empty one', async () => {
    const read: string[] = []
    const provider = recovering(async ({ readBody }) => {
      read.push(await readBody())
      return false
    })
    const broken = await loopback((_, response) => {
      response.writeHead(401, { 'content-length': '100' }).write('partial')
      setTimeout(() => response.destroy(), 20)
    })
    const response = await authFetch(provider, { allowedOrigins: [broken.origin] })(broken.origin)
    await expect(response.text()).rejects.toThrow(TypeError)
    const fetch: Fetch = async () => new Response(null, { status: 401 })
    await authFetch(provider, { allowedOrigins: ['https://a.example.com'], fetch })('https://a.example.com')
    expect(read).toEqual(['partial', ''])
  })

  test('authFetch() rejects with the AuthError of recover, and drops the answer', async () => {
    let open = 0
    const server = await loopback((_, response) => {
      open += 1
      response.once('close', () => (open -= 1))
      response.writeHead(401).write('endless')
    })
    const own = AuthError.transient('the vault is down', { code: 'ERR_AUTH_VAULT' })
    for (const [thrown, expected] of [
      [own, { code: 'ERR_AUTH_VAULT', kind: 'transient' }],
      [own, { code: 'ERR_AUTH_VAULT', provider: undefined }],
      [undefined, { code: 'ERR_AUTH_PROVIDER' }],
      [new Error('planted-secret'), { code: 'ERR_AUTH_PROVIDER', kind: 'build' }],
    ] as const) {
      const provider = recovering(() => Promise.reject(thrown))
      const error = await failure(authFetch(provider, { allowedOrigins: [server.origin] })(server.origin))
      expect(error).toMatchObject(expected)
      expect(inspect(error, { showHidden: true, depth: 9 })).not.toContain('planted-secret')
    }
    expect(server.arrivals).toHaveLength(4)
    await vi.waitFor(() => expect(open).toBe(0), 20_000)
  })

  test('authFetch() ends the refused answer before it sends again', async () => {
    const server = await loopback((_, response, index) => {
      if (index % 2 === 0) response.writeHead(401).write('endless')
      else response.end('ok')
    })
    const fetch = authFetch(
      recovering(async () => true),
      { allowedOrigins: [server.origin] },
    )
    for (let index = 0; index < 5; index++) expect(await (await fetch(server.origin)).text()).toBe('ok')
    await vi.waitFor(async () => expect(await server.openConnections()).toBeLessThanOrEqual(2), 20_000)
  })

  test.each([
    [307, ['POST /start b', 'POST /start b', 'POST /end b', 'POST /end b']],
    [303, ['POST /start b', 'POST /start b', 'GET /end ', 'GET /end ']],
  ])('authFetch() recovers at each hop of a %i with what that hop sends', async (code, sends) => {
    const server = await loopback(({ path, headers }, response) => {
      if (Number(headers['x-attempt']) % 2 === 1) answer(response, 401)
      else if (path === '/start') answer(response, code, { location: '/end' })
      else response.end('ok')
    })
    const fetch = authFetch(
      recovering(async () => true),
      { allowedOrigins: [server.origin] },
    )
    const request = new Request(`${server.origin}/start`, { method: 'POST', body: 'b' })
    expect(await (await fetch(request)).text()).toBe('ok')
    expect(server.arrivals.map(({ method, path, body }) => `${method} ${path} ${body}`)).toEqual(sends)
  })
})

describe('authFetch() failures while applying', () => {
  const failing = (error: AuthError, times: number): AuthProvider & { applies: () => number } => {
    let count = 0
    return {
      kind: 'test',
      headerNames: ['x-k'],
      addAuthHeaders() {},
      async applyAuth(request) {
        if (++count <= times) throw error
        request.headers.set('x-k', 'v')
        return request
      },
      applies: () => count,
    }
  }
  const transient = AuthError.transient('busy', { code: 'ERR_AUTH_BUSY' })
  const build = AuthError.build('wrong', { code: 'ERR_AUTH_WRONG' })

  test.each([
    ['a transient failure once', transient, 1, 2, 1],
    ['a transient failure twice', transient, 2, 2, 0],
    ['a build failure', build, 1, 1, 0],
  ])(
    'authFetch() after %s has applied and sent as often as promised',
    async (_, error, times, applies, sends) => {
      const server = await loopback()
      const provider = failing(error, times)
      const outcome = await failure(authFetch(provider, { allowedOrigins: [server.origin] })(server.origin))
      expect(outcome).toBe(sends === 1 ? 'it was sent' : error)
      expect(provider.applies()).toBe(applies)
      expect(server.arrivals).toHaveLength(sends)
    },
  )
})
