import { bearerAuth } from '@outbound-auth/bearer'
import OpenAI, { toFile } from 'openai'
import type { Dispatcher } from 'undici'
import { expect, test } from 'vitest'
import { type Handler, loopback } from '../../../../test/support/loopback.js'
import { authInterceptor } from '../../src/index.js'
import { agentWith } from '../agent-with.js'
import { eachUndici } from '../each-undici.js'

const completion = {
  id: 'c1',
  object: 'chat.completion',
  choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'hello' } }],
}
const ask = { model: 'm', messages: [{ role: 'user' as const, content: 'hi' }] }

eachUndici((undici) => {
  /** A client whose requests go through the interceptor, and whose first token has expired. */
  async function setUp() {
    const answer: Handler = ({ headers, path }, response) => {
      const isExpired = headers.authorization !== 'Bearer token-2'
      response.writeHead(isExpired ? 401 : 200, { 'content-type': 'application/json' })
      if (isExpired) response.end('{"error":{"message":"expired"}}')
      else response.end(JSON.stringify(path.endsWith('/files') ? { id: 'file-1' } : completion))
    }
    const { origin, arrivals } = await loopback(answer)
    let issued = 0
    const auth = bearerAuth({ token: async () => `token-${++issued}`, refreshIntervalMs: 0 })
    const agent = agentWith(undici, authInterceptor(auth, { allowedOrigins: [origin] }))
    // openai calls Node's fetch, and an older Node's takes a dispatcher of undici 8 in this form only.
    const { Dispatcher1Wrapper } = undici as {
      Dispatcher1Wrapper?: new (dispatcher: Dispatcher) => Dispatcher
    }
    const dispatcher = Dispatcher1Wrapper ? new Dispatcher1Wrapper(agent) : agent
    const client = new OpenAI({
      apiKey: 'unused',
      baseURL: `${origin}/v1`,
      maxRetries: 0,
      fetchOptions: { dispatcher } as never,
    })
    return { client, arrivals }
  }

  test('authInterceptor() renews the token of openai, which has its dispatcher in fetchOptions', async () => {
    const { client, arrivals } = await setUp()
    const { choices } = await client.chat.completions.create(ask)
    expect(choices[0]?.message.content).toBe('hello')
    const [first, second] = arrivals
    expect(arrivals.map(({ headers }) => headers.authorization)).toEqual(['Bearer token-1', 'Bearer token-2'])
    expect(second?.body).toEqual(first?.body)
    expect(JSON.parse(String(second?.body))).toEqual(ask)
    expect(second?.headers['content-length']).toBe(String(first?.body.length))
  })

  test('authInterceptor() sends an upload of openai again', async () => {
    const { client, arrivals } = await setUp()
    const file = await toFile(Buffer.from('content'.repeat(30_000)), 'a.jsonl', { type: 'text/x-test' })
    expect((await client.files.create({ file, purpose: 'assistants' })).id).toBe('file-1')
    const [first, second] = arrivals
    expect(arrivals).toHaveLength(2)
    expect(second?.headers['content-type']).toMatch(/^multipart\/form-data; boundary=/)
    expect(second?.body.equals(first?.body ?? Buffer.alloc(0))).toBe(true)
    expect(second?.body.includes('content'.repeat(30_000))).toBe(true)
  })
})
