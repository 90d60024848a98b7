import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { bearerAuth } from '@outbound-auth/bearer'
import { AuthError } from '@outbound-auth/core'
import { APICallError, generateText, streamText } from 'ai'
import { describe, expect, test } from 'vitest'
import { answer, loopback } from '../../../../test/support/loopback.js'
import { authFetch } from '../../src/index.js'

/** A model behind a server that takes only the newest token. */
async function setUp() {
  let issued = 0
  let valid = 1
  const server = await loopback(({ headers, body }, response) => {
    if (headers.authorization !== `Bearer token-${valid}`) return answer(response, 401)
    const head = { id: 'c1', created: 1, model: 'm' }
    if (JSON.parse(String(body)).stream) {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      for (const content of ['one', 'two']) {
        const finish_reason = content === 'two' ? 'stop' : null
        const choices = [{ index: 0, finish_reason, delta: { role: 'assistant', content } }]
        response.write(`data: ${JSON.stringify({ ...head, object: 'chat.completion.chunk', choices })}\n\n`)
      }
      return response.end('data: [DONE]\n\n')
    }
    const choices = [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'hello' } }]
    response.writeHead(200, { 'content-type': 'application/json' })
    return response.end(JSON.stringify({ ...head, object: 'chat.completion', choices }))
  })
  const auth = bearerAuth({ token: () => `token-${++issued}`, refreshIntervalMs: 0 })
  const models = createOpenAICompatible({
    name: 'gateway',
    baseURL: `${server.origin}/v1`,
    fetch: authFetch(auth, { allowedOrigins: [server.origin] }),
  })
  const expire = () => {
    valid = issued + 1
  }
  return { ...server, model: models('m'), expire, issued: () => issued }
}

describe('authFetch() in the AI SDK', () => {
  test('authFetch() authenticates generateText, and recovers from a 401', async () => {
    const { model, arrivals, expire, issued } = await setUp()
    expect((await generateText({ model, prompt: 'hi' })).text).toBe('hello')
    expire()
    expect((await generateText({ model, prompt: 'hi', maxRetries: 0 })).text).toBe('hello')
    expect(arrivals.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer token-1',
      'Bearer token-1',
      'Bearer token-2',
    ])
    expect(issued()).toBe(2)
  })

  test('authFetch() authenticates streamText', async () => {
    const { model } = await setUp()
    const pieces: string[] = []
    for await (const piece of streamText({ model, prompt: 'hi' }).textStream) pieces.push(piece)
    expect(pieces).toEqual(['one', 'two'])
  })

  test('authFetch() replaces the key that the SDK was given', async () => {
    const { origin, arrivals } = await loopback((_, response) => answer(response, 400))
    const fetch = authFetch(bearerAuth({ token: 'planted-secret' }), { allowedOrigins: [origin] })
    const models = createOpenAICompatible({ name: 'gateway', baseURL: origin, apiKey: 'unused', fetch })
    const error = await generateText({ model: models('m'), prompt: 'hi', maxRetries: 0 }).catch(
      (thrown) => thrown,
    )
    expect(APICallError.isInstance(error)).toBe(true)
    expect(JSON.stringify(error) + String(error.stack)).not.toContain('planted-secret')
    expect(arrivals[0]?.headers.authorization).toBe('Bearer planted-secret')
  })

  test('authFetch() reaches the caller of the SDK with a build error, at once', async () => {
    const { origin, arrivals } = await loopback()
    const own = AuthError.build('Cannot read the token', { code: 'ERR_AUTH_VAULT' })
    const fetch = authFetch(bearerAuth({ token: () => Promise.reject(own) }), { allowedOrigins: [origin] })
    const models = createOpenAICompatible({ name: 'gateway', baseURL: origin, fetch })
    const error = await generateText({ model: models('m'), prompt: 'hi' }).catch((thrown) => thrown)
    expect(error).toBe(own)
    expect(arrivals).toHaveLength(0)
  })
})
