import { createServer, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { apiKeyAuth } from '@outbound-auth/api-key'
import { bearerAuth } from '@outbound-auth/bearer'
import type { Dispatcher } from 'undici'
import { expect, onTestFinished, test } from 'vitest'
import { authInterceptor } from '../../src/index.js'
import { eachUndici, type Undici } from '../each-undici.js'
import { rotatingAuth } from '../rotating-auth.js'

interface Http2Arrival {
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** A server that takes no token but `token-1`, and sees what came over which connection. */
async function http2Server() {
  const arrivals: Http2Arrival[] = []
  const server = createServer().on('stream', async (stream: ServerHttp2Stream, headers) => {
    const chunks: Buffer[] = []
    for await (const chunk of stream) chunks.push(chunk)
    arrivals.push({ headers, body: Buffer.concat(chunks).toString() })
    stream.respond({ ':status': headers['x-token'] === 'token-0' ? 401 : 200 })
    stream.end('done')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return { home: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, arrivals }
}

const bodies: [string, (undici: Undici) => unknown][] = [
  ['a string', () => 'text'],
  ['bytes', () => Buffer.from('text')],
  ['a web stream', () => new Blob(['te', 'xt']).stream()],
  ['an async iterable', () => Readable.from([Buffer.from('te'), Buffer.from('xt')])],
  ['a Blob', () => new Blob(['text'])],
]

eachUndici((undici) => {
  function clientFor(home: string): Dispatcher {
    const client = new undici.H2CClient(home)
    onTestFinished(() => client.destroy())
    return client
  }

  test.each(bodies)(
    'authInterceptor() sends %s of fetch() over HTTP/2 again after a rejection',
    async (_, make) => {
      const { home, arrivals } = await http2Server()
      const plain = clientFor(home)
      const dispatcher = clientFor(home).compose(
        authInterceptor(rotatingAuth({}), { allowedOrigins: [home] }),
      )
      for (const each of [plain, dispatcher]) {
        const init = { method: 'POST', body: make(undici), duplex: 'half', dispatcher: each }
        const response = await undici.fetch(home, init as never)
        expect([response.status, await response.text()]).toEqual([200, 'done'])
      }
      const seen = arrivals.map(({ headers, body }) => [
        headers['content-length'],
        headers['content-type'],
        body,
      ])
      expect(arrivals.map(({ headers }) => headers['x-token'])).toEqual([undefined, 'token-0', 'token-1'])
      expect(seen).toEqual(Array(3).fill(seen[0]))
      expect(seen[0]?.[2]).toBe('text')
    },
  )

  test('authInterceptor() sends a Readable and a form of request() over HTTP/2 again', async () => {
    const { home, arrivals } = await http2Server()
    const form = new undici.FormData()
    form.append('a', 'text')
    for (const body of [Readable.from([Buffer.from('te'), Buffer.from('xt')]), form]) {
      const interceptor = authInterceptor(rotatingAuth({}), { allowedOrigins: [home] })
      const opts = { origin: home, path: '/', method: 'POST', body } as Dispatcher.RequestOptions
      const response = await clientFor(home).compose(interceptor).request(opts)
      expect([response.statusCode, await response.body.text()]).toEqual([200, 'done'])
      const [first, second] = arrivals.splice(0)
      expect(first?.body).toContain('text')
      const length = (arrival: Http2Arrival | undefined) => arrival?.body.length
      expect(length(second)).toBe(length(first))
    }
  })

  test.each([
    [
      'a bearer token',
      (key: () => string) => bearerAuth({ token: async () => key() }),
      'authorization',
      'Bearer ',
    ],
    [
      'a key',
      (key: () => string) => apiKeyAuth({ key: async () => key(), header: 'x-token' }),
      'x-token',
      '',
    ],
  ] as const)('authInterceptor() renews %s over HTTP/2', async (_, make, header, prefix) => {
    const tokens: unknown[] = []
    const server = createServer().on('stream', (stream: ServerHttp2Stream, headers) => {
      tokens.push(headers[header])
      stream.respond({ ':status': headers[header] === `${prefix}second-token` ? 200 : 401 })
      stream.end()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const home = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    let calls = 0
    const auth = make(() => (calls++ === 0 ? 'first-token' : 'second-token'))
    const dispatcher = clientFor(home).compose(authInterceptor(auth, { allowedOrigins: [home] }))
    const init = { method: 'POST', body: '{}', dispatcher }
    expect((await undici.fetch(home, init as never)).status).toBe(200)
    expect(tokens).toEqual([`${prefix}first-token`, `${prefix}second-token`])
  })
})
