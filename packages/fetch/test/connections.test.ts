import { bearerAuth } from '@outbound-auth/bearer'
import type { AuthProvider } from '@outbound-auth/core'
import { expect, test } from 'vitest'
import { loopback } from '../../../test/support/loopback.js'
import { authFetch, type FetchOption } from '../src/index.js'

/** Sends requests that are rejected once each, and tells over how many connections. */
async function recoveries(count: number, bytes: number, write: 'at once' | 'in parts' = 'at once') {
  let issued = 0
  let valid = 0
  const ports = new Set<number | undefined>()
  const server = await loopback(({ headers }, response) => {
    ports.add(response.req.socket.remotePort)
    if (headers.authorization === `Bearer token-${valid}`) return response.end('welcome')
    response.writeHead(401)
    if (write === 'at once') return response.end('x'.repeat(bytes))
    response.write('x'.repeat(bytes / 2))
    return setTimeout(() => response.end('x'.repeat(bytes / 2)), 20)
  })
  let token = `token-${++issued}`
  // bearerAuth pauses when a renewed token is rejected again so soon.
  const auth: AuthProvider = {
    kind: 'rotating',
    headerNames: ['authorization'],
    addAuthHeaders: (headers) => headers.set('authorization', `Bearer ${token}`),
    async recover() {
      token = `token-${++issued}`
      return true
    },
  }
  const fetch = authFetch(auth, { allowedOrigins: [server.origin] })
  for (let round = 0; round < count; round++) {
    valid = issued + 1
    const response = await fetch(server.origin, { method: 'POST', body: 'abc' })
    expect(await response.text()).toBe('welcome')
  }
  expect(server.arrivals).toHaveLength(2 * count)
  return ports.size
}

test.each([0, 10, 60_000, 65_536])(
  'authFetch() recovers 50 times over few connections when each 401 has %i bytes',
  async (bytes) => {
    expect(await recoveries(50, bytes)).toBeLessThanOrEqual(5)
  },
)

test('authFetch() waits for a 401 that comes in parts', async () => {
  expect(await recoveries(10, 60_000, 'in parts')).toBeLessThanOrEqual(3)
})

test('authFetch() does not read on in a 401 of more than 64 KiB', async () => {
  let pulled = 0
  let isEnded = false
  const endless = () =>
    new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled += 1
        controller.enqueue(new Uint8Array(1024))
      },
      cancel() {
        isEnded = true
      },
    })
  const answers = [new Response(endless(), { status: 401 }), new Response('ok')]
  const fetch: FetchOption = async () => answers.shift() ?? new Response()
  const auth = bearerAuth({ token: () => `token-${answers.length}`, refreshIntervalMs: 0 })
  await authFetch(auth, { allowedOrigins: ['https://api.example.com'], fetch })('https://api.example.com')
  expect(isEnded).toBe(true)
  expect(pulled).toBeLessThan(80)
})

test('authFetch() reads nothing of a 401 that announces more than 64 KiB', async () => {
  let pulled = 0
  const body = new ReadableStream<Uint8Array>({ pull: () => void pulled++ }, { highWaterMark: 0 })
  const headers = { 'content-length': '65537' }
  const answers = [new Response(body, { status: 401, headers }), new Response('ok')]
  const fetch: FetchOption = async () => answers.shift() ?? new Response()
  const auth = bearerAuth({ token: () => `token-${answers.length}`, refreshIntervalMs: 0 })
  await authFetch(auth, { allowedOrigins: ['https://api.example.com'], fetch })('https://api.example.com')
  expect(pulled).toBe(0)
})

test('authFetch() follows 20 redirects with a body over few connections', async () => {
  const ports = new Set<number | undefined>()
  const { origin } = await loopback(({ path }, response) => {
    ports.add(response.req.socket.remotePort)
    const left = Number(path.slice(1))
    if (left === 0) response.end('ok')
    else response.writeHead(302, { location: `/${left - 1}` }).end('x'.repeat(60_000))
  })
  const fetch = authFetch(bearerAuth({ token: 't' }), { allowedOrigins: [origin] })
  expect((await fetch(`${origin}/20`)).status).toBe(200)
  expect(ports.size).toBeLessThanOrEqual(3)
})

test('authFetch() goes on where the rest of a rejection cannot be read', async () => {
  const broken = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.error(new Error('broken')),
  })
  const locked = new Response('locked', { status: 401 })
  locked.body?.getReader()
  for (const rejection of [new Response(broken, { status: 401 }), locked]) {
    const answers = [rejection, new Response('ok')]
    const fetch: FetchOption = async () => answers.shift() ?? new Response()
    const auth = bearerAuth({ token: () => `token-${answers.length}`, refreshIntervalMs: 0 })
    const authed = authFetch(auth, { allowedOrigins: ['https://api.example.com'], fetch })
    expect((await authed('https://api.example.com')).status).toBe(200)
  }
})

test('authFetch() ends a stalled 401 when the caller aborts', async () => {
  const server = await loopback((_, response) => response.writeHead(401).write('begun'))
  let issued = 0
  let token = `token-${++issued}`
  // bearerAuth pauses when a renewed token is rejected again so soon.
  const auth: AuthProvider = {
    kind: 'rotating',
    headerNames: ['authorization'],
    addAuthHeaders: (headers) => headers.set('authorization', `Bearer ${token}`),
    async recover() {
      token = `token-${++issued}`
      return true
    },
  }
  const controller = new AbortController()
  const reason = new Error('the caller gave up')
  const outcome = authFetch(auth, { allowedOrigins: [server.origin] })(server.origin, {
    signal: controller.signal,
  })
  setTimeout(() => controller.abort(reason), 100)
  await expect(outcome).rejects.toBe(reason)
})
