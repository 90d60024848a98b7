import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Dispatcher } from 'undici'
import { onTestFinished } from 'vitest'
import type { AuthInterceptor } from '../src/index.js'
import type { Undici } from './each-undici.js'

/** One request as it arrived. */
export interface Arrival {
  readonly method: string
  /** Path and query. */
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer<ArrayBuffer>
}

export interface Loopback {
  /** `http://127.0.0.1:port`. */
  readonly origin: string
  /** The same server under another origin: `http://localhost:port`. */
  readonly otherHost: string
  readonly arrivals: Arrival[]
  /** How many connections have been opened so far. */
  connections(): number
}

export type Handler = (arrival: Arrival, response: ServerResponse, index: number) => unknown
export type UpgradeHandler = (socket: Duplex, headers: IncomingHttpHeaders, target: string) => void

/**
 * Starts a real server that is gone after the test. Without a handler it answers 200 with `ok`.
 *
 * @param onHeaders sees a request before its body; true: it has answered already
 */
export async function loopback(
  handler: Handler = (_, response) => response.end('ok'),
  onUpgrade?: UpgradeHandler,
  onHeaders: (incoming: IncomingMessage, response: ServerResponse) => boolean = () => false,
): Promise<Loopback> {
  const arrivals: Arrival[] = []
  let connections = 0
  const server = createServer(async (incoming, response) => {
    const chunks: Buffer[] = []
    if (onHeaders(incoming, response)) return
    try {
      for await (const chunk of incoming) chunks.push(chunk)
    } catch {
      return
    }
    const { method = '', url: path = '', headers } = incoming
    const arrival = { method, path, headers, body: Buffer.concat(chunks) }
    arrivals.push(arrival)
    handler(arrival, response, arrivals.length - 1)
  })
  const sockets = new Set<Duplex>()
  server.on('connection', (socket) => {
    connections++
    sockets.add(socket)
  })
  if (onUpgrade) {
    server.on('upgrade', ({ headers, url = '' }, socket) => onUpgrade(socket, headers, url))
    server.on('connect', ({ headers, url = '' }, socket) => onUpgrade(socket, headers, url))
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    otherHost: `http://localhost:${port}`,
    arrivals,
    connections: () => connections,
  }
}

/** An agent that authenticates and is gone after the test. */
export function agentWith(
  undici: Undici,
  ...interceptors: (AuthInterceptor | Dispatcher.DispatcherComposeInterceptor)[]
): Dispatcher {
  const agent = new undici.Agent()
  onTestFinished(() => agent.destroy())
  return agent.compose(...interceptors)
}

/** The reason of a rejected promise. */
export const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'it was sent',
    (error) => error,
  )
