import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A service on this machine. */
export interface Service {
  readonly origin: string
  close(): void
}

/** The header that requests must carry, by the first part of their path. */
const wanted: Readonly<Record<string, Readonly<Record<string, string | undefined>>>> = {
  chat: { authorization: 'Bearer secret-1', 'x-team': 'search' },
  images: { 'x-api-key': 'secret-2', 'api-version': '2026-01-01', 'x-project': 'p-7', 'x-tenant': undefined },
  speech: { authorization: 'Token secret-3' },
}

/** Starts a service that answers 200 to requests that carry exactly what they must, and 401 to all others. */
export async function startService(): Promise<Service> {
  const server = createServer((request, response) => {
    const headers = wanted[request.url?.split('/')[1] ?? '']
    const isGood =
      headers && Object.entries(headers).every(([name, value]) => request.headers[name] === value)
    response.writeHead(isGood ? 200 : 401).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}
