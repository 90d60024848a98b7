import { createHash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { apiKeyAuth } from '@outbound-auth/api-key'
import { bearerAuth } from '@outbound-auth/bearer'
import type { AuthEvent, AuthProvider } from '@outbound-auth/core'
import { type AwsCredentials, signRequest, sigV4Auth } from '@outbound-auth/sigv4'
import type { Dispatcher } from 'undici'
import { expect, test } from 'vitest'
import { loopback } from '../../../../test/support/loopback.js'
import { authInterceptor } from '../../src/index.js'
import { agentWith } from '../agent-with.js'
import { eachUndici, type Undici } from '../each-undici.js'

/** Takes a handshake with a credential, and greets; rejects any other as HTTP does. */
function server(accepts: (headers: IncomingHttpHeaders, target: string) => boolean) {
  const handshakes: string[] = []
  const listening = loopback(undefined, {
    onUpgrade: (socket, headers, target) => {
      const isAccepted = accepts(headers, target)
      handshakes.push(isAccepted ? 'accepted' : 'rejected')
      if (!isAccepted) {
        // The header is how AWS says that it is the credential.
        const type = 'x-amzn-errortype: UnrecognizedClientException'
        socket.end(`HTTP/1.1 401 Unauthorized\r\n${type}\r\ncontent-length: 2\r\n\r\nno`)
        return
      }
      const key = `${headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`
      const accept = createHash('sha1').update(key).digest('base64')
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: ${accept}\r\n\r\n`,
      )
      socket.write(Buffer.concat([Buffer.from([0x81, 5]), Buffer.from('hello')]))
    },
  })
  return listening.then(({ origin }) => ({ origin, handshakes }))
}

/** Opens a socket and gives its first message. */
function firstMessage(Socket: typeof WebSocket, url: string, dispatcher: Dispatcher): Promise<unknown> {
  return new Promise((resolve) => {
    const socket = new Socket(url, { dispatcher } as never)
    socket.onmessage = ({ data }) => {
      resolve(data)
      socket.close()
    }
    socket.onerror = () => resolve('it was rejected')
  })
}

const sample = (n: number): AwsCredentials => ({
  accessKeyId: `AKIA${n}`,
  secretAccessKey: `planted-secret-${n}`,
})

/** Whether a handshake is signed with these credentials: signing it again gives the same. */
function isSigned(headers: IncomingHttpHeaders, target: string, credentials: AwsCredentials): boolean {
  const date = String(headers['x-amz-date'])
  const time = date.replace(/^(....)(..)(..T..)(..)/, '$1-$2-$3:$4:')
  const signed = signRequest(
    { method: 'GET', url: `http://${headers.host}${target}` },
    { service: 'bedrock', region: 'us-east-1', credentials, now: () => new Date(time) },
  )
  return signed.headers['authorization'] === headers.authorization
}

type Accepts = (n: number) => (headers: IncomingHttpHeaders, target: string) => boolean

/** Providers whose source gives credential 1, then 2, and what a server makes of credential n. */
const kinds: [string, (next: () => number) => AuthProvider, Accepts][] = [
  [
    'a bearer token',
    (next) => bearerAuth({ token: async () => `token-${next()}`, refreshIntervalMs: 0 }),
    (n) => (headers) => headers.authorization === `Bearer token-${n}`,
  ],
  [
    'a query key',
    (next) => apiKeyAuth({ key: async () => `key-${next()}`, query: 'key', refreshIntervalMs: 0 }),
    (n) => (_, target) => target === `/v1?model=m&key=key-${n}`,
  ],
  [
    'a signature',
    (next) =>
      sigV4Auth({
        service: 'bedrock',
        region: 'us-east-1',
        credentials: async () => sample(next()),
        refreshIntervalMs: 0,
      }),
    (n) => (headers, target) => isSigned(headers, target, sample(n)),
  ],
]

const socketsOf = (undici: Undici): [string, typeof WebSocket][] => [
  ['its own WebSocket', undici.WebSocket as never],
]

eachUndici((undici, major) => {
  const sockets = socketsOf(undici)
  // Node's own takes a dispatcher of undici 8 only from Node 26 on.
  const nodes = globalThis.WebSocket as typeof WebSocket | undefined
  if (nodes && (major === 7) === Number.parseInt(process.versions['undici'] ?? '0', 10) < 8)
    sockets.push(["Node's own WebSocket", nodes])

  for (const [name, Socket] of sockets) {
    test.each(kinds)(`authInterceptor() opens ${name} with %s`, async (_, make, accepts) => {
      const { origin, handshakes } = await server(accepts(1))
      const agent = agentWith(
        undici,
        authInterceptor(
          make(() => 1),
          { allowedOrigins: [origin] },
        ),
      )
      const url = `${origin.replace('http', 'ws')}/v1?model=m`
      expect(await firstMessage(Socket, url, agent)).toBe('hello')
      expect(handshakes).toEqual(['accepted'])
    })

    test.each(kinds)(
      `authInterceptor() opens ${name} again with %s that is new, when the first is rejected`,
      async (_, make, accepts) => {
        const { origin, handshakes } = await server(accepts(2))
        let calls = 0
        const outcomes: unknown[] = []
        const observer = (event: AuthEvent) => event.type === 'recovered' && outcomes.push(event.outcome)
        const options = { allowedOrigins: [origin], observer }
        const agent = agentWith(
          undici,
          authInterceptor(
            make(() => ++calls),
            options,
          ),
        )
        const url = `${origin.replace('http', 'ws')}/v1?model=m`
        expect(await firstMessage(Socket, url, agent)).toBe('hello')
        expect([handshakes, calls, outcomes]).toEqual([['rejected', 'accepted'], 2, ['retry']])
      },
    )

    test(`authInterceptor() opens no ${name} to another origin`, async () => {
      const { origin, handshakes } = await server(() => true)
      const auth = authInterceptor(bearerAuth({ token: 'token' }), {
        allowedOrigins: ['https://api.example.com'],
      })
      const agent = agentWith(undici, auth)
      expect(await firstMessage(Socket, origin.replace('http', 'ws'), agent)).toBe('it was rejected')
      expect(handshakes).toEqual([])
    })
  }
})
