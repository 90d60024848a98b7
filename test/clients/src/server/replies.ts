import { createHash } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { bedrockReply } from './bedrock-replies.js'
import { modelReply } from './model-replies.js'
import type { SeenRequest } from './seen-request.js'

/** A reply: pieces of a body, sent one after the other. */
export interface Reply {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly type: string
  readonly pieces: readonly (string | Uint8Array)[]
}

/** Replies as the service does whose path it is; the first piece at once, the others when the gate opens. */
export async function replyTo(
  request: SeenRequest,
  response: ServerResponse,
  gate: Promise<void> | undefined,
): Promise<void> {
  if (request.headers['content-type'] === 'application/grpc') return replyToGrpc(response)
  const { status = 200, headers, type, pieces } = replyOf(request)
  response.writeHead(status, { 'content-type': type, ...headers })
  const [first = '', ...others] = pieces
  if (others.length > 0) {
    response.write(first)
    await gate
  }
  response.end(others.length > 0 ? Buffer.concat(others.map((piece) => Buffer.from(piece))) : first)
}

/** One message that says `ok`. */
function replyToGrpc(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/grpc' })
  response.addTrailers({ 'grpc-status': '0' })
  response.end(Buffer.from([0, 0, 0, 0, 2, 0x6f, 0x6b]))
}

function replyOf(request: SeenRequest): Reply {
  return bedrockReply(request) ?? modelReply(request) ?? plainReply(request)
}

/** @returns JSON about the body; two pieces of text for a path that ends with `stream`, two events for `events` */
function plainReply({ url, body, method }: SeenRequest): Reply {
  // A signer may have percent-encoded the path anew.
  const pathname = decodeURIComponent(url.pathname)
  if (pathname.endsWith('/stream')) return { type: 'text/plain', pieces: ['first', ' last'] }
  if (pathname.endsWith('/events'))
    return { type: 'text/event-stream', pieces: ['data: first\n\n', 'data: last\n\n'] }
  if (pathname.includes('/bucket/')) {
    const etag = `"${createHash('md5').update(body).digest('hex')}"`
    if (method === 'PUT') return { type: 'application/xml', headers: { etag }, pieces: [''] }
    const size = { 'content-length': '10', etag }
    return { type: 'text/plain', headers: method === 'HEAD' ? size : { etag }, pieces: ['first', ' last'] }
  }
  if (pathname.endsWith('/graphql')) return { type: 'application/json', pieces: ['{"data":{"text":"ok"}}'] }
  const sha256 = createHash('sha256').update(body).digest('hex')
  return { type: 'application/json', pieces: [JSON.stringify({ text: 'ok', sha256 })] }
}
