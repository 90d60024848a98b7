import Anthropic, { type ClientOptions } from '@anthropic-ai/sdk'
import { apiKeyAuth } from '@outbound-auth/api-key'
import { AuthError, type AuthProvider } from '@outbound-auth/core'
import { describe, expect, test } from 'vitest'
import { answer, type Handler, type Loopback, loopback } from '../../../../test/support/loopback.js'
import { authFetch } from '../../src/index.js'

const ask = { model: 'm', max_tokens: 9, messages: [{ role: 'user' as const, content: 'hi' }] }
const message = {
  id: 'm1',
  type: 'message',
  role: 'assistant',
  model: 'm',
  content: [{ type: 'text', text: 'hello' }],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: { input_tokens: 1, output_tokens: 1 },
}
const failure = (promise: PromiseLike<unknown>): Promise<unknown> =>
  Promise.resolve(promise).then(
    () => 'it was sent',
    (error) => error,
  )

const api =
  (key: () => string): Handler =>
  ({ headers, body }, response) => {
    if (headers['x-api-key'] !== key() || headers.authorization !== undefined) {
      answer(response, 401)
    } else if (JSON.parse(String(body)).stream) {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      const events = [
        { type: 'message_start', message: { ...message, content: [] } },
        { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
        { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'hello' } },
        { type: 'content_block_stop', index: 0 },
        { type: 'message_stop' },
      ]
      for (const event of events) response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
      response.end()
    } else {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(message))
    }
  }

const throughFetch = (auth: AuthProvider, { origin }: Loopback): ClientOptions => ({
  apiKey: 'unused',
  baseURL: origin,
  fetch: authFetch(auth, { allowedOrigins: [origin] }),
})

const throughMiddleware = (auth: AuthProvider, { origin }: Loopback): ClientOptions => ({
  apiKey: 'unused',
  baseURL: origin,
  middleware: [
    (request, next) => {
      const send = authFetch(auth, {
        allowedOrigins: [origin],
        fetch: (url, init) =>
          next({ ...request, ...init, url: String(url), headers: new Headers(init?.headers) }),
      })
      return send(request.url, request)
    },
  ],
})

describe.each([
  ['fetch', throughFetch],
  ['middleware', throughMiddleware],
])('authFetch() in the Anthropic client through %s', (way, options) => {
  test('authFetch() authenticates a call with exactly one credential header', async () => {
    const server = await loopback(api(() => 'key-1'))
    const client = new Anthropic(options(apiKeyAuth({ key: 'key-1', header: 'x-api-key' }), server))
    const { content } = await client.messages.create(ask)
    expect(content).toMatchObject([{ text: 'hello' }])
    expect(server.arrivals[0]?.headers['anthropic-version']).toMatch(/^\d{4}-\d\d-\d\d$/)
  })

  test('authFetch() streams', async () => {
    const server = await loopback(api(() => 'key-1'))
    const client = new Anthropic(options(apiKeyAuth({ key: 'key-1', header: 'x-api-key' }), server))
    const types: string[] = []
    for await (const event of await client.messages.create({ ...ask, stream: true })) types.push(event.type)
    expect(types).toContain('content_block_delta')
    expect(types.at(-1)).toBe('message_stop')
  })

  test('authFetch() recovers from a 401', async () => {
    let issued = 0
    const server = await loopback(api(() => 'key-2'))
    const auth = apiKeyAuth({ key: () => `key-${++issued}`, header: 'x-api-key', refreshIntervalMs: 0 })
    const client = new Anthropic(options(auth, server))
    await client.messages.create(ask)
    expect(server.arrivals.map(({ headers }) => headers['x-api-key'])).toEqual(['key-1', 'key-2'])
  })

  test('authFetch() reaches the caller with a build error, and sends nothing', async () => {
    const server = await loopback()
    const auth = apiKeyAuth({
      header: 'x-api-key',
      key: () => {
        throw AuthError.build('Cannot read the key', { code: 'ERR_AUTH_VAULT' })
      },
    })
    const client = new Anthropic({ ...options(auth, server), maxRetries: 0 })
    const error = await failure(client.messages.create(ask))
    const ours = way === 'middleware' ? error : (error as Error).cause
    expect(ours).toMatchObject({ code: 'ERR_AUTH_VAULT', kind: 'build' })
    expect(error instanceof Anthropic.APIConnectionError).toBe(way === 'fetch')
    expect(server.arrivals).toHaveLength(0)
  })
})
