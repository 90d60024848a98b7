import { createHmac } from 'node:crypto'
import { Readable } from 'node:stream'
import { bearerAuth } from '@outbound-auth/bearer'
import type { AuthProvider, AuthRequest } from '@outbound-auth/core'
import { combineAuth } from '@outbound-auth/core'
import { describe, expect, test } from 'vitest'
import { type Arrival, answer, type Loopback, loopback } from '../../../test/support/loopback.js'
import { authFetch, type Fetch } from '../src/index.js'

const keys = ['key-0', 'key-1']
const signed = ['content-type', 'x-date', 'x-signed']

function signature(key: string, method: string, url: string, headers: string[], body: string | Uint8Array) {
  return createHmac('sha256', key)
    .update([method, url, ...headers].join('\n'))
    .update('\n')
    .update(body)
    .digest('hex')
}

/** Signs method, URL, some headers and the body, as SigV4 does; the key is renewed after a refusal. */
function signer(): AuthProvider & { signedBodies: AuthRequest['body'][] } {
  let generation = 0
  const signedBodies: AuthRequest['body'][] = []
  return {
    kind: 'signer',
    headerNames: ['x-signature', 'x-date'],
    requiresBody: true,
    signedBodies,
    addAuthHeaders() {},
    async applyAuth(request) {
      const { method, url, headers, body = '' } = request
      if (typeof body !== 'string' && !(body instanceof Uint8Array)) throw new Error('the body is not final')
      signedBodies.push(request.body)
      headers.set('x-date', String(signedBodies.length))
      const values = signed.map((name) => headers.get(name) ?? '')
      headers.set('x-signature', signature(keys[generation] ?? '', method, url, values, body))
      return request
    },
    recoverStatuses: [403],
    recover: async () => ++generation < keys.length,
  }
}

/** A server that verifies what {@link signer} signs, from the bytes that arrive. */
function verifying(
  key: () => string,
  then?: (arrival: Arrival, response: Parameters<typeof answer>[0]) => boolean,
) {
  return loopback((arrival, response) => {
    const { method, path, headers, body } = arrival
    const values = signed.map((name) => String(headers[name] ?? ''))
    const expected = signature(key(), method, `http://${headers.host}${path}`, values, body)
    if (headers['x-signature'] !== expected) answer(response, 403)
    else if (!then?.(arrival, response)) response.end('verified')
  })
}

const form = () => {
  const data = new FormData()
  data.set('a', 'b')
  data.set('file', new Blob(['\r\n--x']), 'ü.bin')
  return data
}
const bodies: [string, () => BodyInit | null][] = [
  ['no body', () => null],
  ['an empty string', () => ''],
  ['a string', () => '{"é":"😀"}'],
  ['bytes', () => new Uint8Array([0, 13, 10, 255])],
  ['a part of a buffer', () => Buffer.from('xabcx').subarray(1, 4)],
  ['a DataView', () => new DataView(new Uint8Array([1, 2, 3]).buffer, 1)],
  ['an ArrayBuffer', () => new Uint8Array([1, 2, 3]).buffer],
  ['URLSearchParams', () => new URLSearchParams({ q: 'a b&ü', r: '~*' })],
  ['a Blob', () => new Blob(['blob'], { type: 'text/x-y' })],
  ['FormData', form],
]
const shapes: [string, (url: string, init: RequestInit) => Parameters<Fetch>][] = [
  ['string and init', (url, init) => [url, init]],
  ['Request', (url, init) => [new Request(url, init)]],
]
const call = ({ origin }: Loopback, provider: AuthProvider): Fetch =>
  authFetch(provider, { allowedOrigins: [origin] })

describe('authFetch() with a signer', () => {
  test.each(
    shapes.flatMap(([shape, args]) => bodies.map(([name, body]) => [name, shape, args, body] as const)),
  )('authFetch() sends %s (%s) exactly as it was signed', async (_name, _shape, args, body) => {
    const server = await verifying(() => 'key-0')
    const init = { method: 'POST', body: body(), headers: { 'X-Signed': ' value ' } }
    const response = await call(server, signer())(...args(`${server.origin}/a b?q=ü#f`, init))
    expect(await response.text()).toBe('verified')
  })

  test.each(bodies)('authFetch() signs %s anew after a refusal and after a 307', async (_, body) => {
    const server = await verifying(
      () => 'key-1',
      ({ path }, response) => {
        if (path !== '/start') return false
        answer(response, 307, { location: '/end?moved' })
        return true
      },
    )
    const provider = signer()
    const fetch = call(server, provider)
    const response = await fetch(`${server.origin}/start`, { method: 'PUT', body: body() })
    expect(await response.text()).toBe('verified')
    expect(server.arrivals.map(({ path }) => path)).toEqual(['/start', '/start', '/end?moved'])
    expect(server.arrivals.map(({ headers }) => headers['x-date'])).toEqual(['1', '2', '3'])
  })

  test('authFetch() signs the body of a Request anew after a refusal', async () => {
    const server = await verifying(() => 'key-1')
    const fetch = call(server, signer())
    const response = await fetch(new Request(server.origin, { method: 'POST', body: form() }))
    expect(await response.text()).toBe('verified')
    expect(server.arrivals[1]?.body).toEqual(server.arrivals[0]?.body)
  })

  test('authFetch() signs the empty GET that a 303 makes of a POST', async () => {
    const server = await verifying(
      () => 'key-0',
      ({ path }, response) => {
        if (path === '/end') return false
        answer(response, 303, { location: '/end' })
        return true
      },
    )
    const response = await call(server, signer())(server.origin, { method: 'POST', body: '{}' })
    expect(await response.text()).toBe('verified')
    expect(server.arrivals[1]).toMatchObject({ method: 'GET', body: Buffer.alloc(0) })
  })

  test('authFetch() keeps the content-type of the caller', async () => {
    const server = await verifying(() => 'key-0')
    const headers = { 'Content-Type': 'application/json' }
    await call(server, signer())(server.origin, { method: 'POST', body: '{}', headers })
    expect(server.arrivals[0]?.headers['content-type']).toBe('application/json')
  })

  test('authFetch() hands strings and a copy of bytes to the signer', async () => {
    const server = await verifying(() => 'key-0')
    const provider = signer()
    const bytes = new Uint8Array([1, 2])
    for (const body of ['text', bytes]) await call(server, provider)(server.origin, { method: 'POST', body })
    expect(provider.signedBodies[0]).toBe('text')
    expect(provider.signedBodies[1]).toEqual(bytes)
    expect(provider.signedBodies[1]).not.toBe(bytes)
  })

  test('authFetch() reads a streaming Request to its end before it is signed', async () => {
    const server = await verifying(() => 'key-0')
    const init = { method: 'POST', body: new Blob(['abc']).stream(), duplex: 'half' }
    const response = await call(server, signer())(new Request(server.origin, init))
    expect(await response.text()).toBe('verified')
    expect(server.arrivals[0]?.headers['content-length']).toBe('3')
  })

  test('authFetch() refuses to sign a stream, and sends nothing', async () => {
    const server = await verifying(() => 'key-0')
    const streams = [new Blob(['abc']).stream(), Readable.from(['abc']) as unknown as BodyInit]
    for (const body of streams) {
      const outcome = call(server, signer())(server.origin, {
        method: 'POST',
        body,
        duplex: 'half',
      } as RequestInit)
      await expect(outcome).rejects.toMatchObject({
        code: 'ERR_AUTH_BODY',
        kind: 'build',
        provider: 'signer',
      })
    }
    expect(server.arrivals).toHaveLength(0)
  })

  test('authFetch() signs after the other providers of a combination', async () => {
    const server = await verifying(() => 'key-0')
    const provider = combineAuth(bearerAuth({ token: 't' }), signer())
    const response = await call(server, provider)(server.origin, { method: 'POST', body: form() })
    expect(await response.text()).toBe('verified')
    expect(server.arrivals[0]?.headers.authorization).toBe('Bearer t')
  })
})
