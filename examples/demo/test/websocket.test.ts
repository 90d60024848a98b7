import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ed25519 } from '@noble/curves/ed25519.js'
import { agentIdentityAuth } from '@outbound-auth/agent-identity'
import { bearerAuth } from '@outbound-auth/bearer'
import { type AuthProvider, handshakeAuth, recoverHandshake } from '@outbound-auth/core'
import { sigV4Auth } from '@outbound-auth/sigv4'
import { expect, it, onTestFinished } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { verifyAssertion } from '../src/verify-assertion.js'
import { verifySignature } from '../src/verify-signature.js'

/** How a server answers a handshake that it does not accept. */
interface Refusal {
  readonly status: number
  readonly body: string
}

/** A server of WebSockets that accepts what `judge` has nothing against, and greets. */
async function socketServer(
  judge: (request: IncomingMessage, count: number) => Promise<Refusal | undefined> | Refusal | undefined,
  answer: (request: IncomingMessage) => object = () => ({}),
): Promise<{ readonly url: string; readonly origin: string; readonly handshakes: () => number }> {
  let handshakes = 0
  const sockets = new WebSocketServer({ noServer: true })
  const server = createServer((request, response) => response.end(JSON.stringify(answer(request))))
  server.on('upgrade', async (request, socket, head) => {
    handshakes += 1
    const refusal = await judge(request, handshakes)
    if (refusal === undefined) {
      sockets.handleUpgrade(request, socket, head, (opened) => opened.send('welcome'))
      return
    }
    const { status, body } = refusal
    const date = new Date().toUTCString()
    socket.end(
      `HTTP/1.1 ${status} Refused\r\nDate: ${date}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of sockets.clients) socket.terminate()
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `ws://127.0.0.1:${port}/v1/live`,
    origin: `http://127.0.0.1:${port}`,
    handshakes: () => handshakes,
  }
}

/** Opens a socket, again after each recovery. @returns the server's first message, or the last status */
async function connect(
  auth: AuthProvider,
  url: string,
  origin: string,
  isBare = false,
): Promise<string | number> {
  for (let attempt = 0; ; attempt++) {
    const opened = await handshakeAuth(auth, { url }, { allowedOrigins: [origin] })
    const socket = new WebSocket(opened.url, { headers: opened.headers })
    const outcome = await new Promise<string | { status: number; isRecovered: boolean }>(
      (resolve, reject) => {
        socket.on('message', (text) => resolve(String(text)))
        socket.on('error', reject)
        socket.on('unexpected-response', async (request, response) => {
          const { statusCode: status = 0, headers } = response
          try {
            const isRecovered = await recoverHandshake(
              auth,
              opened,
              isBare ? status : { status, headers, body: response },
            )
            resolve({ status, isRecovered })
          } catch (error) {
            reject(error)
          }
          request.destroy()
        })
      },
    )
    if (typeof outcome === 'string') {
      socket.close()
      return outcome
    }
    if (!outcome.isRecovered || attempt === 2) return outcome.status
  }
}

it('recoverHandshake() renews a bearer token that a WebSocket server of the ws package has rejected', async () => {
  for (const isBare of [false, true]) {
    const seen: unknown[] = []
    const server = await socketServer(({ headers }) => {
      seen.push(headers.authorization)
      return headers.authorization === 'Bearer token-2' ? undefined : { status: 401, body: 'expired' }
    })
    let calls = 0
    const auth = bearerAuth({ token: () => `token-${++calls}`, refreshIntervalMs: 0 })
    expect(await connect(auth, server.url, server.origin, isBare)).toBe('welcome')
    expect(seen).toEqual(['Bearer token-1', 'Bearer token-2'])
    expect(calls).toBe(2)
  }
})

const keys = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'example-secret' }
const slowMs = 10 * 60_000

/** A service that says what AWS says, and verifies with the signer of the AWS SDK. */
async function awsServer() {
  return socketServer(async ({ url: target = '', headers }) => {
    const query = new URL(target, 'http://localhost').searchParams
    const problem = await verifySignature({ method: 'GET', target, headers, query, body: '' }, keys)
    const code = problem === 'signature expired' ? 'RequestTimeTooSkewed' : 'SignatureDoesNotMatch'
    return problem === undefined ? undefined : { status: 403, body: `<Error><Code>${code}</Code></Error>` }
  })
}

it('recoverHandshake() lets a signer correct its clock after a WebSocket server has rejected the time', async () => {
  const server = await awsServer()
  const slow = () => new Date(Date.now() - slowMs)
  const auth = sigV4Auth({ service: 'execute-api', region: 'us-east-1', credentials: keys, now: slow })
  expect(await connect(auth, `${server.url}?b=2&a=1 x`, server.origin)).toBe('welcome')
  expect(server.handshakes()).toBe(2)
  expect(await connect(auth, server.url, server.origin)).toBe('welcome')
  expect(server.handshakes()).toBe(3)
})

it('recoverHandshake() is false for a signer whose key is wrong, and whose time is right', async () => {
  const server = await awsServer()
  const credentials = { ...keys, secretAccessKey: 'another-secret' }
  const auth = sigV4Auth({ service: 'execute-api', region: 'us-east-1', credentials })
  expect(await connect(auth, server.url, server.origin)).toBe(403)
  expect(server.handshakes()).toBe(1)
})

it('recoverHandshake() lets a signer fetch new credentials after a server has rejected expired ones', async () => {
  const server = await socketServer(async ({ url: target = '', headers }) => {
    const query = new URL(target, 'http://localhost').searchParams
    const problem = await verifySignature({ method: 'GET', target, headers, query, body: '' }, keys)
    return problem === undefined ? undefined : { status: 403, body: '{"__type":"ExpiredTokenException"}' }
  })
  let calls = 0
  const auth = sigV4Auth({
    service: 'execute-api',
    region: 'us-east-1',
    credentials: () => (++calls === 1 ? { ...keys, accessKeyId: 'AKIDOLD' } : keys),
    refreshIntervalMs: 0,
  })
  expect(await connect(auth, server.url, server.origin)).toBe('welcome')
  expect(calls).toBe(2)
})

it('recoverHandshake() lets an agent register a new task after a server has rejected a dead one', async () => {
  const { secretKey, publicKey } = ed25519.keygen()
  const privateKey = Buffer.concat([
    Buffer.from('302e020100300506032b657004220420', 'hex'),
    secretKey,
  ]).toString('base64')
  const judge = ({ headers }: IncomingMessage): Refusal | undefined => {
    const agent = { publicKey, agentRuntimeId: 'agent-1', taskId: 'task-2', nowMs: Date.now() }
    const problem = verifyAssertion(headers.authorization, agent)
    const code = problem === 'unknown task' ? 'task_expired' : 'bad_signature'
    return problem === undefined ? undefined : { status: 401, body: JSON.stringify({ error: { code } }) }
  }
  const registered: unknown[] = []
  const server = await socketServer(judge, (request) => {
    registered.push(request.url)
    return { task_id: 'task-2' }
  })
  const make = () =>
    agentIdentityAuth({
      agentRuntimeId: 'agent-1',
      privateKey,
      taskId: 'task-1',
      registration: { baseUrl: server.origin },
    })
  expect(await connect(make(), server.url, server.origin)).toBe('welcome')
  expect(registered).toEqual(['/v1/agent/agent-1/task/register'])
  expect(server.handshakes()).toBe(2)
  // A bare status says nothing of a task.
  expect(await connect(make(), server.url, server.origin, true)).toBe(401)
  expect(registered).toHaveLength(1)
})
