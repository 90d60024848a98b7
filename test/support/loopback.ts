import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { onTestFinished } from 'vitest'

/** One request as it arrived. */
export interface Arrival {
  readonly method: string
  /** Path and query. */
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer<ArrayBuffer>
}

/** A server on this machine. */
export interface Loopback {
  readonly port: number
  /** `http://127.0.0.1:port`. */
  readonly origin: string
  /** The same server under another origin: `http://localhost:port`. */
  readonly otherHost: string
  /** The requests so far, each after its body has arrived. */
  readonly arrivals: Arrival[]
  /** The number of connections that have been opened so far. */
  connections(): number
  /** The number of connections that are open now. */
  openConnections(): Promise<number>
}

/** Responds to a request. `index` is 0 for the first request. */
export type Handler = (arrival: Arrival, response: ServerResponse, index: number) => unknown
/** Takes over a connection after an upgrade or CONNECT. */
export type UpgradeHandler = (socket: Duplex, headers: IncomingHttpHeaders, target: string) => void

/** Options of {@link loopback}. */
export interface LoopbackOptions {
  /** Gets the body so far, at each part of it. */
  readonly onBody?: ((text: string) => void) | undefined
  /** Gets a request before its body. Returns true if it has responded. */
  readonly onHeaders?: ((incoming: IncomingMessage, response: ServerResponse) => boolean) | undefined
  readonly onUpgrade?: UpgradeHandler | undefined
  /** Gets the function that stops the server. @default onTestFinished, for a server within one test */
  readonly atEnd?: ((stop: () => void) => void) | undefined
}

/** Starts a real server, which stops at the end of the test. Without a handler it responds 200 with `ok`. */
export async function loopback(
  handler: Handler = (_, response) => response.end('ok'),
  options: LoopbackOptions = {},
): Promise<Loopback> {
  const { onBody, onHeaders, onUpgrade, atEnd = onTestFinished } = options
  const arrivals: Arrival[] = []
  const sockets = new Set<Duplex>()
  let connections = 0
  const server = createServer(async (incoming, response) => {
    const chunks: Buffer[] = []
    if (onHeaders?.(incoming, response)) return
    try {
      for await (const chunk of incoming) {
        chunks.push(chunk)
        onBody?.(String(Buffer.concat(chunks)))
      }
    } catch {
      return
    }
    const { method = '', url: path = '', headers } = incoming
    const arrival = { method, path, headers, body: Buffer.concat(chunks) }
    arrivals.push(arrival)
    handler(arrival, response, arrivals.length - 1)
  })
  server.on('connection', (socket) => {
    connections++
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  if (onUpgrade) {
    server.on('upgrade', ({ headers, url = '' }, socket) => onUpgrade(socket, headers, url))
    server.on('connect', ({ headers, url = '' }, socket) => onUpgrade(socket, headers, url))
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  atEnd(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  const { port } = server.address() as AddressInfo
  return {
    port,
    origin: `http://127.0.0.1:${port}`,
    otherHost: `http://localhost:${port}`,
    arrivals,
    connections: () => connections,
    openConnections: () =>
      new Promise((resolve) => server.getConnections((error, count) => resolve(error ? -1 : count))),
  }
}

/** Responds with one line. */
export function answer(response: ServerResponse, status: number, headers: Record<string, string> = {}): void {
  response.writeHead(status, headers).end(`answer ${status}`)
}

/** Responds with JSON. */
export function sendJson(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
