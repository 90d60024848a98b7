import { once } from 'node:events'
import { createServer, type IncomingMessage, request as requestByHand, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
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
    await expect(sendWithAuth(auth, { url }, {} as never)).rejects.toThrow('send must be a function')
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
