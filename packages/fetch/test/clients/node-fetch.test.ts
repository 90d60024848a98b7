import { Agent } from 'node:http'
import { Readable } from 'node:stream'
import { bearerAuth } from '@outbound-auth/bearer'
import { AuthError, type AuthProvider } from '@outbound-auth/core'
import NodeForm from 'form-data'
import nodeFetch3, { FormData as FormData3, Request as Request3 } from 'node-fetch'
import nodeFetch2, { Request as Request2 } from 'node-fetch2'
import { describe, expect, onTestFinished, test } from 'vitest'
import { answer, loopback } from '../../../../test/support/loopback.js'
import { authFetch, type Fetch, type FetchOption } from '../../src/index.js'

/** node-fetch with a pool of one connection. */
const pooled = (fetch: FetchOption): FetchOption => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  onTestFinished(() => agent.destroy())
  return (url, init) => fetch(url, Object.assign(init, { agent }))
}

const versions: [string, FetchOption, typeof Request][] = [
  ['node-fetch 2', nodeFetch2, Request2 as never],
  ['node-fetch 3', nodeFetch3, Request3 as never],
]

const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'it was sent',
    (error) => error,
  )

/** A token that the next request finds out of date. */
function rotating() {
  let issued = 0
  let valid = 1
  return {
    // bearerAuth pauses when a renewed token is rejected again so soon.
    auth: {
      kind: 'rotating',
      headerNames: ['authorization'],
      addAuthHeaders: (headers) => headers.set('authorization', `Bearer token-${issued}`),
      async recover() {
        issued += 1
        return true
      },
    } satisfies AuthProvider,
    isValid: (authorization: string | undefined) => authorization === `Bearer token-${valid}`,
    expire: () => {
      valid = issued + 1
    },
  }
}

describe.each(versions)('authFetch() over %s', (_, nodeFetch, Request) => {
  test('authFetch() authenticates, and gives the response of node-fetch', async () => {
    const { origin, arrivals } = await loopback()
    const fetch = authFetch(bearerAuth({ token: 't' }), { allowedOrigins: [origin], fetch: nodeFetch })
    const response = await fetch(`${origin}/a`, { method: 'POST', body: 'b', headers: { 'x-own': 'v' } })
    expect(await response.text()).toBe('ok')
    expect(arrivals).toMatchObject([{ method: 'POST', headers: { authorization: 'Bearer t', 'x-own': 'v' } }])
  })

  test.each<[string, () => unknown, string, string | undefined]>([
    ['a string', () => 'abc', 'abc', '3'],
    ['bytes', () => new TextEncoder().encode('abc'), 'abc', '3'],
    ['a Buffer', () => Buffer.from('abc'), 'abc', '3'],
    ['URLSearchParams', () => new URLSearchParams({ a: 'b c' }), 'a=b+c', '5'],
    ['a Readable', () => Readable.from([Buffer.from('a'), Buffer.from('bc')]), 'abc', undefined],
  ])('authFetch() sends %s', async (_name, body, text, length) => {
    const { origin, arrivals } = await loopback()
    const fetch = authFetch(bearerAuth({ token: 't' }), { allowedOrigins: [origin], fetch: nodeFetch })
    await fetch(origin, { method: 'POST', body: body() as BodyInit })
    expect(String(arrivals[0]?.body)).toBe(text)
    expect(arrivals[0]?.headers['content-length']).toBe(length)
  })

  test('authFetch() sends a form of form-data with its own boundary', async () => {
    const { origin, arrivals } = await loopback()
    const fetch = authFetch(bearerAuth({ token: 't' }), { allowedOrigins: [origin], fetch: nodeFetch })
    const [form, streaming] = [new NodeForm(), new NodeForm()]
    form.append('a', 'b')
    streaming.append('a', Readable.from(['abc']), { filename: 'a.txt' })
    for (const body of [form, streaming]) await fetch(origin, { method: 'POST', body: body as never })
    for (const [index, body] of [form, streaming].entries()) {
      const type = arrivals[index]?.headers['content-type']
      expect(type?.replace('; ', ';')).toBe(`multipart/form-data;boundary=${body.getBoundary()}`)
      expect(String(arrivals[index]?.body)).toContain(`--${body.getBoundary()}--`)
    }
  })

  test('authFetch() follows a redirect at home, and one to another origin without the credential', async () => {
    const foreign = await loopback()
    const home = await loopback(({ path }, response) => {
      if (path === '/end') response.end('ok')
      else answer(response, 302, { location: path === '/away' ? `${foreign.origin}/` : '/end' })
    })
    const fetch = authFetch(bearerAuth({ token: 't' }), { allowedOrigins: [home.origin], fetch: nodeFetch })
    const response = await fetch(`${home.origin}/start`)
    expect([response.status, response.redirected]).toEqual([200, true])
    expect((await fetch(`${home.origin}/away`)).status).toBe(200)
    expect(foreign.arrivals[0]?.headers).not.toHaveProperty('authorization')
    expect(home.arrivals.map(({ headers }) => headers.authorization)).toEqual(Array(3).fill('Bearer t'))
  })

  test('authFetch() sends again after a 401 over the same connection', async () => {
    const { auth, isValid, expire } = rotating()
    const server = await loopback(({ headers }, response) => {
      if (isValid(headers.authorization)) response.end('welcome')
      else response.writeHead(401).end('x'.repeat(60_000))
    })
    const fetch = authFetch(auth, { allowedOrigins: [server.origin], fetch: pooled(nodeFetch) })
    for (let round = 0; round < 10; round++) {
      expire()
      const response = await fetch(server.origin, { method: 'POST', body: 'abc' })
      expect(await response.text()).toBe('welcome')
    }
    expect(server.arrivals).toHaveLength(20)
    expect(await server.openConnections()).toBe(1)
  })

  test('authFetch() leaves a response whole for the caller when a provider has read it', async () => {
    const read: string[] = []
    const provider: AuthProvider = {
      kind: 'reader',
      headerNames: ['x-key'],
      addAuthHeaders: (headers) => headers.set('x-key', 'k'),
      recoverStatuses: [403],
      async recover({ headers, readBody }) {
        read.push(`${headers.get('X-Why')}: ${await readBody()}`)
        return false
      },
    }
    for (const size of [10, 5_000, 100_000]) {
      const text = '<Code>Expired</Code>'.padEnd(size, 'x')
      const { origin } = await loopback((_arrival, response) =>
        response.writeHead(403, { 'x-why': 'because' }).end(text),
      )
      const response = await authFetch(provider, { allowedOrigins: [origin], fetch: nodeFetch })(origin)
      expect(await response.text()).toBe(text)
      expect(read.at(-1)).toMatch(/^because: <Code>Expired/)
    }
  })

  test('authFetch() gives up a body without an end, and later aborts do no harm', async () => {
    const { auth, isValid, expire } = rotating()
    const server = await loopback(({ headers }, response) => {
      if (isValid(headers.authorization)) response.end('welcome')
      else response.writeHead(401).write('begun')
    })
    const fetch = authFetch(auth, { allowedOrigins: [server.origin], fetch: nodeFetch })
    await (await fetch(server.origin)).text()
    expire()
    const controller = new AbortController()
    const response = await fetch(server.origin, { signal: controller.signal })
    expect(await response.text()).toBe('welcome')
    controller.abort()
  })

  test('authFetch() authenticates a Request of node-fetch, whatever it holds', async () => {
    const { origin, arrivals } = await loopback()
    const inits: RequestInit[] = [
      {},
      { method: 'POST', body: 'abc', headers: { 'content-type': 'a/b' } },
      { method: 'PUT', body: Readable.from([Buffer.from('abc')]) as never },
    ]
    for (const sender of [nodeFetch, undefined]) {
      const fetch: Fetch = authFetch(bearerAuth({ token: 't' }), { allowedOrigins: [origin], fetch: sender })
      for (const init of inits.slice(0, sender ? 3 : 2)) await fetch(new Request(origin, init))
    }
    expect(arrivals.map(({ method, body }) => `${method} ${body}`)).toEqual([
      'GET ',
      'POST abc',
      'PUT abc',
      'GET ',
      'POST abc',
    ])
    for (const { headers } of arrivals) expect(headers.authorization).toBe('Bearer t')
  })

  test('authFetch() rejects with errors of node-fetch as they are', async () => {
    const { origin } = await loopback((_arrival, response) => response.destroy())
    const fetch = authFetch(bearerAuth({ token: 't' }), { allowedOrigins: [origin], fetch: nodeFetch })
    const error = (await failure(fetch(origin))) as Error
    expect(error.name).toBe('FetchError')
    expect(AuthError.is(error)).toBe(false)
  })
})

test("authFetch() sends a form of node-fetch 3's own class", async () => {
  const { origin, arrivals } = await loopback()
  const form = new FormData3()
  form.set('a', 'b')
  const fetch = authFetch(bearerAuth({ token: 't' }), { allowedOrigins: [origin], fetch: nodeFetch3 })
  await fetch(origin, { method: 'POST', body: form as never })
  expect(String(arrivals[0]?.body)).toContain('name="a"\r\n\r\nb')
  expect(arrivals[0]?.headers['content-type']).toMatch(/^multipart\/form-data/)
})
