import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createSecureServer, type Http2SecureServer } from 'node:http2'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Credentials } from '../kinds/credentials.js'
import { certificate } from './certificate.js'
import { replyTo } from './replies.js'
import type { SeenRequest } from './seen-request.js'

/** The reaction of a server to a request whose credential is right. */
export type Mode =
  | { readonly do: 'answer' }
  /** Sends the first part of a stream, and the rest when `gate` opens. */
  | { readonly do: 'stream'; readonly gate: Promise<void> }
  | { readonly do: 'redirect'; readonly status: number; readonly to: string }
  | { readonly do: 'hang' }

/** Plain http, https, or https with HTTP/2. */
export type Transport = 'http' | 'https' | 'h2'

/** A server on this machine that verifies each request, and notes it. */
export interface LabServer {
  readonly origin: string
  readonly seen: SeenRequest[]
  mode: Mode
  credentials: Credentials | undefined
  /** Asks for claims when it rejects a token, as continuous access evaluation does. */
  hasClaims: boolean
  /** A promise of the next request. */
  next(): Promise<SeenRequest>
  close(): void
}

/** Starts a server. Without credentials it accepts everything. */
export async function startServer(transport: Transport = 'http'): Promise<LabServer> {
  const seen: SeenRequest[] = []
  const waiting: ((request: SeenRequest) => void)[] = []
  const sockets = new Set<Socket>()

  async function note(request: IncomingMessage, body: Buffer): Promise<SeenRequest> {
    const { method = '', headers, rawHeaders } = request
    const host = headers.host ?? (headers[':authority'] as string | undefined)
    const url = new URL(request.url ?? '/', lab.origin)
    const noted: SeenRequest = { method, url, headers: { ...headers, host }, rawHeaders, body }
    noted.problem = await lab.credentials?.verify(noted)
    seen.push(noted)
    for (const resolve of waiting.splice(0)) resolve(noted)
    return noted
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const body = Buffer.concat(chunks)
    if (/^\/accounts\/.*task\/register$/.test(request.url ?? '')) {
      const { register } = lab.credentials as unknown as { register(): string }
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ task_id: register() }))
      return
    }
    const noted = await note(request, body)
    if (noted.problem !== undefined && lab.credentials) return reject(response)
    const { mode } = lab
    if (mode.do === 'hang') return
    if (mode.do === 'redirect') {
      response.writeHead(mode.status, { location: mode.to + noted.url.pathname })
      response.end()
      return
    }
    await replyTo(noted, response, mode.do === 'stream' ? mode.gate : undefined)
  }

  function reject(response: ServerResponse): void {
    const { status, headers, body } = (lab.credentials as Credentials).rejection
    const challenge = `Bearer realm="", error="insufficient_claims", claims="${btoa('{"access_token":{}}')}"`
    response.writeHead(status, { ...headers, ...(lab.hasClaims && { 'www-authenticate': challenge }) })
    response.end(body)
  }

  const listener = (request: IncomingMessage, response: ServerResponse) => {
    handle(request, response).catch(() => response.destroy())
  }
  const server = newServer(transport, listener as never)
  const socketServer = new WebSocketServer({ noServer: true })
  server.on('upgrade', async (request: IncomingMessage, socket: Socket, head: Buffer) => {
    const { problem } = await note(request, Buffer.alloc(0))
    const { mode } = lab
    if (problem !== undefined) {
      const { status, headers, body } = (lab.credentials as Credentials).rejection
      const lines = Object.entries({ ...headers, 'content-length': body.length, connection: 'close' })
      const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')
      socket.end(`HTTP/1.1 ${status} Rejected\r\n${head}\r\n${body}`)
    } else if (mode.do === 'redirect') {
      const to = mode.to + new URL(request.url ?? '/', lab.origin).pathname
      socket.end(`HTTP/1.1 ${mode.status} Moved\r\nlocation: ${to}\r\ncontent-length: 0\r\n\r\n`)
    } else if (mode.do !== 'hang') socketServer.handleUpgrade(request, socket, head, greet)
  })
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
  })
  const lab: LabServer = {
    origin: '',
    seen,
    mode: { do: 'answer' },
    credentials: undefined,
    hasClaims: false,
    next: () => new Promise((resolve) => waiting.push(resolve)),
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return Object.assign(lab, {
    origin: transport === 'http' ? `http://127.0.0.1:${port}` : `https://localhost:${port}`,
  })
}

function newServer(transport: Transport, listener: never): Server | Http2SecureServer {
  if (transport === 'http') return createServer(listener)
  const { cert, key } = certificate()
  return transport === 'https'
    ? createTlsServer({ cert, key }, listener)
    : createSecureServer({ cert, key, allowHTTP1: true }, listener)
}

function greet(socket: WebSocket): void {
  // Clients of a model service take JSON only.
  socket.send(JSON.stringify({ type: 'session.created', text: 'first' }))
  socket.on('message', (data) => socket.send(`echo ${data}`))
  socket.on('error', () => {})
}
