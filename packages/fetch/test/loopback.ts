import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

/** One request as it arrived. */
export interface Arrival {
  readonly method: string
  /** Path and query. */
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

export interface Loopback {
  readonly port: number
  /** `http://127.0.0.1:port`. */
  readonly origin: string
  /** The same server under another origin: `http://localhost:port`. */
  readonly otherHost: string
  readonly arrivals: Arrival[]
  /** Connections that are open now. */
  connections(): Promise<number>
}

export type Handler = (arrival: Arrival, response: ServerResponse, index: number) => unknown

/**
 * Starts a real server that is gone after the test. Without a handler it answers 200 with `ok`.
 *
 * @param watch is told what has come of a body, at each part
 */
export async function loopback(
  handler: Handler = (_, response) => response.end('ok'),
  watch: (text: string) => void = () => {},
): Promise<Loopback> {
  const arrivals: Arrival[] = []
  const server = createServer(async (incoming, response) => {
    const chunks: Buffer[] = []
    try {
      for await (const chunk of incoming) {
        chunks.push(chunk)
        watch(String(Buffer.concat(chunks)))
      }
    } catch {
      return
    }
    const { method = '', url: path = '', headers } = incoming
    const arrival = { method, path, headers, body: Buffer.concat(chunks) }
    arrivals.push(arrival)
    handler(arrival, response, arrivals.length - 1)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return {
    port,
    origin: `http://127.0.0.1:${port}`,
    otherHost: `http://localhost:${port}`,
    arrivals,
    connections: () =>
      new Promise((resolve) => server.getConnections((error, count) => resolve(error ? -1 : count))),
  }
}

/** An answer of one line. */
export function answer(response: ServerResponse, status: number, headers: Record<string, string> = {}): void {
  response.writeHead(status, headers).end(`answer ${status}`)
}
