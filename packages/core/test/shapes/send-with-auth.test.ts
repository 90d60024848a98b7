import { once } from 'node:events'
import { createServer, type IncomingMessage, request as requestByHand, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type AuthProvider, bindAuth, type OpenedHandshake } from '../../src/index.js'
import { sendWithAuth } from '../../src/shapes/index.js'
import { bearerOf } from './bearer-of.js'

let server: Server
let origin: string
let url: string
/** The token that the server accepts, and the requests that it got. */
let accepted = 'token-1'
const sent: string[] = []

beforeAll(async () => {
  server = createServer((request, response) => {
    const { authorization = '' } = request.headers
    sent.push(authorization)
    const isAccepted = authorization === `Bearer ${accepted}`
    response.writeHead(isAccepted ? 200 : 401, { 'content-type': 'application/json' })
    response.end(isAccepted ? '{"text":"hello"}' : '{"code":"revoked"}')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  url = `${origin}/v1`
})

afterAll(() => {
  server.closeAllConnections()
  server.close()
})

function lab(first = 'token-1') {
  sent.length = 0
  accepted = first
  let calls = 0
  const auth = bearerOf(() => `token-${++calls}`, 0)
  return { auth: bindAuth(auth, { allowedOrigins: [origin] }), calls: () => calls }
}

const byFetch = ({ url, headers }: OpenedHandshake) => fetch(url, { headers, redirect: 'manual' })
const byHand = ({ url, headers }: OpenedHandshake) =>
  new Promise<IncomingMessage>((resolve, reject) => {
    requestByHand(url, { headers }, resolve).on('error', reject).end()
  })

describe('sendWithAuth()', () => {
  it('sends once when the credential is accepted', async () => {
    const response = await sendWithAuth(lab().auth, { url }, byFetch)
    expect(await response.json()).toEqual({ text: 'hello' })
    expect(sent).toEqual(['Bearer token-1'])
  })

  it.each<[string, (opened: OpenedHandshake) => Promise<unknown>]>([
    ['a Response', byFetch],
    ['an IncomingMessage', byHand],
    ["axios' response", async (opened) => like(opened, (status, data) => ({ status, headers: {}, data }))],
    ["superagent's response", async (opened) => like(opened, (status) => ({ status, text: '{}', body: {} }))],
    ["got's response", async (opened) => like(opened, (statusCode) => ({ statusCode, body: '{}' }))],
  ])('sends again after a 401 that is %s, with one renewal', async (_what, send) => {
    const { auth, calls } = lab('token-2')
    const responses = await Promise.all([1, 2, 3].map(() => sendWithAuth(auth, { url }, send)))
    const statuses = responses.map((response) => {
      const { status, statusCode } = response as { status?: number; statusCode?: number }
      return statusCode ?? status
    })
    expect(statuses).toEqual([200, 200, 200])
    expect(calls()).toBe(2)
    for (const response of responses as Partial<IncomingMessage>[]) response.destroy?.()
  })

  it('returns the rejection, whole, when nothing helps', async () => {
    const { auth } = lab('none')
    const response = await sendWithAuth(auth, { url }, byHand)
    expect(response.statusCode).toBe(401)
    expect(await text(response)).toBe('{"code":"revoked"}')
    expect(sent).toHaveLength(3)
  })

  it.each([
    ['a Response', byFetch],
    ['parsed JSON', (opened: OpenedHandshake) => like(opened, (status, data) => ({ status, data }))],
    ['a stream', byHand],
  ])('shows the provider the body of %s', async (_what, send) => {
    const bodies: string[] = []
    const auth: AuthProvider = {
      ...lab('none').auth.provider,
      async recover({ readBody }) {
        bodies.push(await readBody())
        return false
      },
    }
    const result = await sendWithAuth<unknown>(auth, { url }, send, { allowedOrigins: [origin] })
    expect(bodies).toEqual(['{"code":"revoked"}'])
    if (result instanceof Response) expect(await result.text()).toBe('{"code":"revoked"}')
  })

  it('returns what is no response as it is', async () => {
    const socket = { readyState: 1 }
    expect(await sendWithAuth(lab().auth, { url: url.replace('http', 'ws') }, async () => socket)).toBe(
      socket,
    )
    expect(await sendWithAuth(lab().auth, { url }, async () => undefined)).toBeUndefined()
  })

  it('sends nothing to another origin, and passes on what send throws', async () => {
    const { auth } = lab()
    const elsewhere = sendWithAuth(auth, { url: 'https://evil.example/' }, byFetch)
    await expect(elsewhere).rejects.toMatchObject({ code: 'ERR_AUTH_ORIGIN' })
    const error = new Error('no network')
    await expect(sendWithAuth(auth, { url }, () => Promise.reject(error))).rejects.toBe(error)
    await expect(sendWithAuth(auth, { url }, {} as never)).rejects.toThrow(
      new TypeError('sendWithAuth: send must be a function, got an object'),
    )
  })
})

/** The response as another client shows it. */
async function like<T>(opened: OpenedHandshake, show: (status: number, data: unknown) => T): Promise<T> {
  const response = await byFetch(opened)
  return show(response.status, await response.json())
}

it('sendWithAuth() names itself in an error about a request or an option', async () => {
  const send = async () => ({ status: 200 })
  const take = sendWithAuth as (...given: unknown[]) => Promise<unknown>
  const auth = bearerOf(() => 'token-1')
  await expect(take(auth, { url }, send)).rejects.toThrow(/^sendWithAuth: allowedOrigins must be a list/)
  const options = { allowedOrigins: [origin] }
  await expect(take(auth, { uri: url }, send, options)).rejects.toThrow(
    'sendWithAuth: request: unknown option "uri"; it has url, method, headers, body',
  )
  await expect(take(auth, { url: new URL(url) }, send, options)).rejects.toThrow(
    'sendWithAuth: url must be a string, got an object',
  )
})

describe('sendWithAuth() with a response of any client', () => {
  const elsewhere = 'https://api.example.com'
  const options = { allowedOrigins: [elsewhere] }

  /** A key that each rejection renews, and what the provider was told of the rejections. */
  function renewing(change: Partial<AuthProvider> = {}) {
    const rejections: { status: number; body: string; headers: object; signal?: AbortSignal | undefined }[] =
      []
    const auth: AuthProvider = {
      kind: 'key',
      headerNames: ['x-key'],
      addAuthHeaders: (headers) => headers.set('x-key', `key-${rejections.length + 1}`),
      async recover({ status, headers, readBody }, recoverOptions) {
        const { signal } = recoverOptions ?? {}
        rejections.push({ status, body: await readBody(), headers: Object.fromEntries(headers), signal })
        return true
      },
      ...change,
    }
    return { auth, rejections }
  }

  const utf8 = (body: string) => new TextEncoder().encode(body)
  it.each<[string, object, string]>([
    ['text', { text: '{"a":1}', body: { b: 1 }, data: 'c' }, '{"a":1}'],
    ['a body of text', { body: '{"b":1}', data: 'c' }, '{"b":1}'],
    ['a body of bytes', { body: utf8('{"b":1}') }, '{"b":1}'],
    ['a web stream', { body: new Blob(['{"b":1}']).stream() }, '{"b":1}'],
    ['a stream of Node', { data: Readable.from(['{"b":', '1}']) }, '{"b":1}'],
    ['a parsed body', { body: { b: [1] } }, '{"b":[1]}'],
    ['parsed data', { data: { c: null } }, '{"c":null}'],
    ['a body of null', { body: null }, 'null'],
    ['a function that reads the text', { text: () => 'a', body: '{"b":1}' }, '{"b":1}'],
    ['a Response without a body', new Response(null, { status: 401 }), ''],
    ['a Response', new Response('{"b":1}', { status: 401 }), '{"b":1}'],
    ['itself as a stream', Object.assign(Readable.from(['{"b":1}']), { statusCode: 401 }), '{"b":1}'],
  ])('shows the provider the body of %s', async (_what, response, body) => {
    const { auth, rejections } = renewing()
    const first =
      response instanceof Response || 'statusCode' in response ? response : { status: 401, ...response }
    const answers = [first, { status: 200 }]
    const last = await sendWithAuth(auth, { url: elsewhere }, async () => answers.shift(), options)
    expect([last, rejections.map((rejection) => rejection.body)]).toEqual([{ status: 200 }, [body]])
  })

  it('shows the provider status, headers and signal, and prefers statusCode to status', async () => {
    const { auth, rejections } = renewing({ recoverStatuses: [403] })
    const { signal } = new AbortController()
    const answers = [
      { status: 200, statusCode: 403, headers: { 'retry-after': '1' } },
      { status: 403 },
      { status: 401 },
    ]
    const sentKeys: unknown[] = []
    const last = await sendWithAuth(
      auth,
      { url: elsewhere },
      async ({ headers }) => {
        sentKeys.push(headers['x-key'])
        return answers.shift()
      },
      { ...options, signal },
    )
    expect(last).toEqual({ status: 401 })
    expect(sentKeys).toEqual(['key-1', 'key-2', 'key-3'])
    expect(rejections).toMatchObject([
      { status: 403, headers: { 'retry-after': '1' } },
      { status: 403, headers: {} },
    ])
    expect(rejections.map((rejection) => rejection.signal)).toEqual([signal, signal])
  })

  it('sends three times at most', async () => {
    const { auth, rejections } = renewing()
    let sends = 0
    const send = async () => ({ status: 401, number: ++sends })
    expect(await sendWithAuth(auth, { url: elsewhere }, send, options)).toEqual({ status: 401, number: 3 })
    expect(rejections).toHaveLength(2)
  })

  it('gives the connection of each rejection back, and not that of the result', async () => {
    const { auth } = renewing()
    const ended: unknown[] = []
    const answers = [1, 2, 3].map((number) => ({
      status: 401,
      body: {
        async cancel(this: unknown) {
          ended.push([number, this === answers[number - 1]?.body])
          throw new Error('Already locked')
        },
      },
      destroy: () => ended.push([number, 'destroyed']),
    }))
    let sends = 0
    await sendWithAuth(auth, { url: elsewhere }, async () => answers[sends++], options)
    expect(ended).toEqual([
      [1, true],
      [2, true],
    ])
    const streams = [1, 2].map((number) => ({
      statusCode: number === 1 ? 401 : 200,
      body: number === 1 ? 'a' : undefined,
      destroy(this: unknown) {
        ended.push([number, this === streams[number - 1]])
      },
    }))
    ended.length = sends = 0
    expect(await sendWithAuth(auth, { url: elsewhere }, async () => streams[sends++], options)).toBe(
      streams[1],
    )
    expect(ended).toEqual([[1, true]])
  })

  it.each<[string, unknown]>([
    [
      'without a status',
      {
        clone() {
          throw new Error('This is no response')
        },
      },
    ],
    ['with a status in words', { status: '401', body: 'a' }],
    ['of another status', { status: 403 }],
    ['that is null', null],
  ])('returns a result %s as it is', async (_what, result) => {
    const { auth, rejections } = renewing()
    expect(await sendWithAuth(auth, { url: elsewhere }, async () => result, options)).toBe(result)
    expect(rejections).toEqual([])
  })
})
