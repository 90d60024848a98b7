import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { bearerAuth } from '@outbound-auth/bearer'
import { type AuthBody, AuthError, type AuthProvider } from '@outbound-auth/core'
import type { Dispatcher } from 'undici'
import { expect, test } from 'vitest'
import { loopback } from '../../../../test/support/loopback.js'
import { authInterceptor } from '../../src/index.js'
import { agentWith, failure } from '../agent-with.js'
import { eachUndici, type Undici } from '../each-undici.js'

const headerAuth = bearerAuth({ token: async () => 'token' })

/** Signs the bytes and nothing else, so a server can tell what was signed. */
const signer: AuthProvider = {
  kind: 'signer',
  headerNames: ['x-digest'],
  requiresBody: true,
  addAuthHeaders() {},
  async applyAuth(request) {
    request.headers.set('x-digest', digest(request.body))
    return request
  },
}

function digest(body: AuthBody | undefined): string {
  if (body !== undefined && !(body instanceof Uint8Array)) throw new Error('these are no bytes')
  return createHash('sha256')
    .update(body ?? '')
    .digest('hex')
}

async function* parts(): AsyncGenerator<string | Uint8Array> {
  yield 'hello '
  yield Buffer.from('wörld')
}

function* syncParts(): Generator<string | Uint8Array> {
  yield 'hello '
  yield Buffer.from('wörld')
}

const text = 'hello wörld'
const bytes = Buffer.from(text)

const bodies: [string, (undici: Undici) => unknown][] = [
  ['a string', () => text],
  ['a Buffer', () => bytes],
  ['a part of a larger buffer', () => new Uint8Array(Buffer.from(`x${text}x`)).subarray(1, bytes.length + 1)],
  ['an ArrayBuffer', () => new Uint8Array(bytes).buffer],
  ['a DataView', () => new DataView(new Uint8Array(bytes).buffer)],
  ['a Blob', () => new Blob([text])],
  ['an async iterable', parts],
  ['an iterable', syncParts],
  ['a list of parts', () => ['hello ', Buffer.from('wörld')]],
]
const streams: typeof bodies = [
  ['a Readable', () => Readable.from([Buffer.from('hello '), Buffer.from('wörld')])],
  ['a web stream', () => new Blob([text]).stream()],
]

function post(dispatcher: Dispatcher, origin: string, body: unknown, headers?: Record<string, string>) {
  const opts = { origin, path: '/', method: 'POST', body, headers: headers ?? null }
  return dispatcher.request(opts as Dispatcher.RequestOptions)
}

eachUndici((undici) => {
  test.each([...bodies, ...streams])(
    'authInterceptor() sends %s for a provider that does not read it',
    async (_, make) => {
      const { origin, arrivals } = await loopback()
      for (const provider of [headerAuth, bearerAuth({ token: 'token' })]) {
        const agent = agentWith(undici, authInterceptor(provider, { allowedOrigins: [origin] }))
        await (await post(agent, origin, make(undici))).body.dump()
      }
      const expected = { body: bytes, headers: { authorization: 'Bearer token' } }
      expect(arrivals).toMatchObject([expected, expected])
    },
  )

  test.each(bodies)('authInterceptor() signs the bytes of %s and sends what was signed', async (_, make) => {
    const { origin, arrivals } = await loopback()
    const agent = agentWith(undici, authInterceptor(signer, { allowedOrigins: [origin] }))
    await (await post(agent, origin, make(undici))).body.dump()
    expect(arrivals).toMatchObject([{ body: bytes, headers: { 'x-digest': digest(bytes) } }])
    expect(arrivals[0]?.headers).not.toHaveProperty('content-type')
  })

  test.each([[undefined], [null], ['']])('authInterceptor() signs no bytes for the body %j', async (body) => {
    const { origin, arrivals } = await loopback()
    const agent = agentWith(undici, authInterceptor(signer, { allowedOrigins: [origin] }))
    await (await post(agent, origin, body)).body.dump()
    expect(arrivals).toMatchObject([{ body: Buffer.alloc(0), headers: { 'x-digest': digest(undefined) } }])
  })

  test.each(streams)(
    'authInterceptor() refuses %s for a provider that signs it: ERR_AUTH_BODY',
    async (_, make) => {
      const { origin, arrivals } = await loopback()
      const agent = agentWith(undici, authInterceptor(signer, { allowedOrigins: [origin] }))
      const error = await failure(post(agent, origin, make(undici)))
      expect(AuthError.is(error)).toBe(true)
      expect(error).toMatchObject({ code: 'ERR_AUTH_BODY', kind: 'build' })
      expect(arrivals).toEqual([])
    },
  )

  test.each<[string, unknown]>([
    ['a part of it is neither bytes nor a string, but 1', [1, 2]],
    ['a part of it is neither bytes nor a string, but null', ['a', null]],
    ['a part of it is neither bytes nor a string, but an object', [{}]],
    ['a part of it is neither bytes nor a string, but undefined', [undefined]],
    ['the body is 5. Pass a string, bytes, a Blob or a form', 5],
    ['the body is a symbol. Pass a string, bytes, a Blob or a form', Symbol('planted')],
  ])('authInterceptor() cannot sign a body of other values: %s', async (why, body) => {
    const { origin, arrivals } = await loopback()
    const agent = agentWith(undici, authInterceptor(signer, { allowedOrigins: [origin] }))
    const error = await failure(post(agent, origin, body))
    expect(error).toMatchObject({ code: 'ERR_AUTH_BODY', provider: 'signer' })
    expect(error).toHaveProperty('message', `Cannot read the body for the signer provider: ${why}`)
    expect(arrivals).toEqual([])
  })

  test('authInterceptor() hands on the error of an iterable that breaks off', async () => {
    const { origin, arrivals } = await loopback()
    const broken = new Error('the disk is gone')
    const body = (async function* () {
      yield 'some'
      throw broken
    })()
    const agent = agentWith(undici, authInterceptor(signer, { allowedOrigins: [origin] }))
    expect(await failure(post(agent, origin, body))).toBe(broken)
    expect(arrivals).toEqual([])
  })

  test.each([
    ['a header', headerAuth],
    ['a signature', signer],
  ])("authInterceptor() sends a form of undici's own with %s", async (_, provider) => {
    const { origin, arrivals } = await loopback()
    const form = new undici.FormData()
    form.append('name', 'välue')
    form.append('file', new Blob(['content'], { type: 'text/x-test' }), 'a.txt')
    const agent = agentWith(undici, authInterceptor(provider, { allowedOrigins: [origin] }))
    await (await post(agent, origin, form)).body.dump()
    const [arrival] = arrivals
    const received = await new Response(arrival?.body, {
      headers: arrival?.headers as Record<string, string>,
    }).formData()
    expect(received.get('name')).toBe('välue')
    const file = received.get('file') as File
    expect([file.name, file.type, await file.text()]).toEqual(['a.txt', 'text/x-test', 'content'])
    if (provider === signer) expect(arrival?.headers['x-digest']).toBe(digest(arrival?.body))
  })

  test("authInterceptor() announces a Blob's type as undici does, unless the caller did", async () => {
    const { origin, arrivals } = await loopback()
    const agent = agentWith(undici, authInterceptor(signer, { allowedOrigins: [origin] }))
    const body = new Blob([text], { type: 'text/x-blob' })
    await (await post(agent, origin, body)).body.dump()
    await (await post(agent, origin, body, { 'Content-Type': 'text/mine' })).body.dump()
    expect(arrivals.map(({ headers }) => headers['content-type'])).toEqual(['text/x-blob', 'text/mine'])
  })

  test.each<[string, string | Uint8Array | URLSearchParams]>([
    ['a string', text],
    ['bytes', new Uint8Array(bytes)],
    ['a query', new URLSearchParams({ a: 'ö' })],
  ])('authInterceptor() signs %s that comes through fetch', async (_, body) => {
    const { origin, arrivals } = await loopback()
    const dispatcher = agentWith(undici, authInterceptor(signer, { allowedOrigins: [origin] }))
    const init = { method: 'POST', body, dispatcher } as Parameters<Undici['fetch']>[1]
    expect(await (await undici.fetch(origin, init)).text()).toBe('ok')
    const sent = Buffer.from(body instanceof Uint8Array ? body : String(body))
    expect(arrivals).toMatchObject([{ body: sent, headers: { 'x-digest': digest(sent) } }])
  })
})

test('authInterceptor() dispatches a body that can be read only once as it is, unless it is needed again', async () => {
  const given = [
    text,
    parts(),
    syncParts(),
    Readable.from([bytes]),
    new Blob([text]).stream(),
    new Blob([text]),
  ]
  const sent: unknown[] = []
  const origin = 'https://api.example.com'
  const provider = bearerAuth({ token: 'token' })
  const dispatch = authInterceptor(provider, { allowedOrigins: [origin] })((opts) => sent.push(opts.body) > 0)
  for (const body of given) {
    const opts = { origin, path: '/', method: 'POST', body } as Dispatcher.DispatchOptions
    dispatch(opts, { onResponseError() {} })
  }
  for (const [index, body] of given.entries()) expect(sent[index]).toBe(body)
})
