import { apiKeyAuth } from '@outbound-auth/api-key'
import { asTokenSupplier, bearerAuth } from '@outbound-auth/bearer'
import { AuthError, applyAuth } from '@outbound-auth/core'
import OpenAI, { AzureOpenAI, toFile } from 'openai'
import { describe, expect, test, vi } from 'vitest'
import { answer, type Handler, loopback } from '../../../../test/support/loopback.js'
import { authFetch } from '../../src/index.js'

const completion = {
  id: 'c1',
  object: 'chat.completion',
  created: 1,
  model: 'm',
  choices: [
    { index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'hello', refusal: null } },
  ],
}
const ask = { model: 'm', messages: [{ role: 'user' as const, content: 'hi' }] }
const failure = (promise: PromiseLike<unknown>): Promise<unknown> =>
  Promise.resolve(promise).then(
    () => 'it was sent',
    (error) => error,
  )

/** Answers like the API where the token is right, and 401 where it is not. */
const api =
  (token: () => string): Handler =>
  ({ headers, path, body }, response) => {
    if (headers.authorization !== `Bearer ${token()}`) {
      response.writeHead(401, { 'content-type': 'application/json' }).end('{"error":{"message":"bad key"}}')
    } else if (path.endsWith('/files')) {
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"id":"file-1"}')
    } else if (JSON.parse(String(body)).stream) {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      for (const content of ['one', 'two']) {
        const chunk = {
          ...completion,
          object: 'chat.completion.chunk',
          choices: [{ index: 0, delta: { content } }],
        }
        response.write(`data: ${JSON.stringify(chunk)}\n\n`)
      }
      response.end('data: [DONE]\n\n')
    } else {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(completion))
    }
  }

/** A client and a token that can be renewed. */
async function setUp() {
  let issued = 0
  let valid = 1
  const server = await loopback(api(() => `token-${valid}`))
  const auth = bearerAuth({ token: () => `token-${++issued}`, refreshIntervalMs: 0 })
  const client = new OpenAI({
    apiKey: 'unused',
    baseURL: `${server.origin}/v1`,
    fetch: authFetch(auth, { allowedOrigins: [server.origin] }),
  })
  const expire = () => {
    valid = issued + 1
  }
  return { ...server, auth, client, expire, issued: () => issued }
}

describe('authFetch() in the openai client', () => {
  test('authFetch() authenticates a call, as the README shows it', async () => {
    const { client, arrivals } = await setUp()
    const { choices } = await client.chat.completions.create(ask)
    expect(choices[0]?.message.content).toBe('hello')
    expect(arrivals[0]?.headers.authorization).toBe('Bearer token-1')
  })

  test('authFetch() streams server-sent events', async () => {
    const { client } = await setUp()
    const pieces: (string | null | undefined)[] = []
    for await (const chunk of await client.chat.completions.create({ ...ask, stream: true })) {
      pieces.push(chunk.choices[0]?.delta.content)
    }
    expect(pieces).toEqual(['one', 'two'])
  })

  test('authFetch() uploads a file, after the probe of data: that the client makes', async () => {
    const { client, arrivals, expire } = await setUp()
    await client.chat.completions.create(ask)
    expire()
    const file = await toFile(Buffer.from('content of the file'), 'a.jsonl')
    expect((await client.files.create({ file, purpose: 'batch' })).id).toBe('file-1')
    const [, refused, sent] = arrivals
    for (const upload of [refused, sent]) {
      const [, boundary = 'none'] = /boundary=(.+)$/.exec(upload?.headers['content-type'] ?? '') ?? []
      expect(String(upload?.body)).toContain('content of the file')
      expect(String(upload?.body)).toContain(`--${boundary}--`)
    }
    expect(arrivals).toHaveLength(3)
  })

  test('authFetch() recovers from a 401 that the client never sees', async () => {
    const { client, arrivals, expire, issued } = await setUp()
    await client.chat.completions.create(ask)
    expire()
    const answers = await Promise.all(Array.from({ length: 10 }, () => client.chat.completions.create(ask)))
    expect(answers).toHaveLength(10)
    expect(issued()).toBe(2)
    expect(arrivals).toHaveLength(21)
  })

  test('authFetch() gives a lasting 401 to the client as its AuthenticationError', async () => {
    const { origin } = await loopback(api(() => 'another'))
    const fetch = authFetch(bearerAuth({ token: 'planted-secret' }), { allowedOrigins: [origin] })
    const client = new OpenAI({ apiKey: 'unused', baseURL: origin, fetch })
    const error = await failure(client.chat.completions.create(ask))
    expect(error).toBeInstanceOf(OpenAI.AuthenticationError)
    expect(String((error as Error).stack)).not.toContain('planted-secret')
  })

  test('authFetch() authenticates each retry of the client anew', async () => {
    let count = 0
    const server = await loopback((arrival, response, index) =>
      index === 0
        ? answer(response, 500, { 'retry-after-ms': '1' })
        : api(() => 'token-2')(arrival, response, index),
    )
    const fetch = authFetch(bearerAuth({ token: () => `token-${++count}` }), {
      allowedOrigins: [server.origin],
    })
    const client = new OpenAI({ apiKey: 'unused', baseURL: server.origin, fetch })
    await client.chat.completions.create(ask)
    expect(server.arrivals.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer token-1',
      'Bearer token-2',
    ])
  })

  test('authFetch() replaces the api-key of the Azure client, which would cross redirects', async () => {
    const foreign = await loopback()
    const server = await loopback((_, response) => answer(response, 302, { location: foreign.origin }))
    const auth = apiKeyAuth({ key: 'planted-secret', header: 'api-key' })
    const fetch = authFetch(auth, { allowedOrigins: [server.origin] })
    const client = new AzureOpenAI({ apiKey: 'unused', apiVersion: 'v1', baseURL: server.origin, fetch })
    await failure(client.models.list())
    expect(server.arrivals[0]?.headers['api-key']).toBe('planted-secret')
    expect(foreign.arrivals.length).toBeGreaterThan(0)
    for (const { headers } of foreign.arrivals) expect(headers).not.toHaveProperty('api-key')
  })

  test('asTokenSupplier() serves as the apiKey function, one token for many calls', async () => {
    const server = await loopback(api(() => 'token-1'))
    let issued = 0
    const auth = bearerAuth({ token: () => `token-${++issued}`, refreshIntervalMs: 0 })
    const client = new OpenAI({ apiKey: asTokenSupplier(auth), baseURL: server.origin })
    await Promise.all(Array.from({ length: 50 }, () => client.chat.completions.create(ask)))
    expect(issued).toBe(1)
  })
})

describe('authFetch() build errors in the openai client', () => {
  const broken = bearerAuth({
    token: () => {
      throw AuthError.build('Cannot read the token: run "vault login" first', { code: 'ERR_AUTH_VAULT' })
    },
  })

  test('an error of authFetch() is the cause of "Connection error.", after three calls that send nothing', async () => {
    const { origin, arrivals } = await loopback()
    let applies = 0
    const auth = {
      ...broken,
      applyAuth: (request: Parameters<typeof applyAuth>[1]) => {
        applies += 1
        return applyAuth(broken, request)
      },
    }
    const client = new OpenAI({
      apiKey: 'unused',
      baseURL: origin,
      fetch: authFetch(auth, { allowedOrigins: [origin] }),
    })
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const outcome = failure(client.chat.completions.create(ask))
    await vi.advanceTimersByTimeAsync(60_000)
    vi.useRealTimers()
    const error = await outcome
    expect(error).toBeInstanceOf(OpenAI.APIConnectionError)
    expect(error).toMatchObject({
      message: 'Connection error.',
      cause: { code: 'ERR_AUTH_VAULT', kind: 'build' },
    })
    expect(AuthError.is((error as Error).cause)).toBe(true)
    expect(applies).toBe(3)
    expect(arrivals).toHaveLength(0)
  })

  test('asTokenSupplier() called once before the client is used tells at once what is missing', async () => {
    await expect(asTokenSupplier(broken)()).rejects.toMatchObject({ code: 'ERR_AUTH_VAULT', kind: 'build' })
    expect(await asTokenSupplier(bearerAuth({ token: 'token-1' }))()).toBe('token-1')
  })

  test('AuthError.is() finds ours in the cause, at the first call with maxRetries 0', async () => {
    const { origin } = await loopback()
    const fetch = authFetch(broken, { allowedOrigins: [origin] })
    const client = new OpenAI({ apiKey: 'unused', baseURL: origin, fetch, maxRetries: 0 })
    const seen: string[] = []
    try {
      await client.chat.completions.create(ask)
    } catch (error) {
      const cause = error instanceof OpenAI.APIConnectionError ? error.cause : error
      if (AuthError.is(cause)) seen.push(cause.message)
    }
    expect(seen).toEqual(['Cannot read the token: run "vault login" first'])
  })
})
