import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

/** What a token endpoint was sent. */
export interface TokenRequest {
  readonly method: string | undefined
  readonly headers: IncomingHttpHeaders
  readonly form: Record<string, string>
}

/** A token endpoint on loopback, until the test ends. */
export interface TokenEndpoint {
  readonly url: string
  readonly requests: TokenRequest[]
}

/** Starts a token endpoint that answers as a test says. @param atEnd that of its context, for a concurrent test */
export async function startTokenEndpoint(
  answer: (response: ServerResponse, request: TokenRequest) => void,
  atEnd: (close: () => void) => void = onTestFinished,
): Promise<TokenEndpoint> {
  const requests: TokenRequest[] = []
  const server = createServer(async (incoming, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(chunk)
    const form = Object.fromEntries(new URLSearchParams(Buffer.concat(chunks).toString()))
    const request = { method: incoming.method, headers: incoming.headers, form }
    requests.push(request)
    answer(response, request)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  atEnd(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`, requests }
}

/** Answers with JSON. */
export function sendJson(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
