import type { ServerResponse } from 'node:http'
import type { Arrival } from './lab.js'

/** Replies as the service does whose path it is, or with 401. */
export function replyTo(
  { target, headers, body }: Omit<Arrival, 'status'>,
  response: ServerResponse,
  status: number,
): void {
  if (headers['content-type'] === 'application/grpc') replyToGrpc(response, status)
  else if (status !== 200 && String(headers['authorization']).startsWith('AWS4')) rejectAws(response)
  else replyWithJson(target, body, response, status)
}

function replyWithJson(target: string, body: Buffer, response: ServerResponse, status: number): void {
  response.statusCode = status
  response.setHeader('content-type', 'application/json')
  if (status !== 200) response.setHeader('www-authenticate', 'Bearer')
  const json = status === 200 ? jsonFor(target, body) : { error: { message: 'wrong credential' } }
  if (json === undefined) {
    response.statusCode = 202
    response.end()
  } else response.end(JSON.stringify(json))
}

/** One message of 0 bytes, or UNAUTHENTICATED. */
function replyToGrpc(response: ServerResponse, status: number): void {
  response.writeHead(200, { 'content-type': 'application/grpc' })
  const isRejected = status !== 200
  response.addTrailers({
    'grpc-status': isRejected ? '16' : '0',
    ...(isRejected && { 'grpc-message': 'wrong' }),
  })
  response.end(isRejected ? undefined : Buffer.from([0, 0, 0, 0, 0]))
}

function rejectAws(response: ServerResponse): void {
  response.writeHead(403, { 'content-type': 'application/json', 'x-amzn-errortype': 'ExpiredTokenException' })
  response.end('{"message":"The security token included in the request is expired"}')
}

function jsonFor(target: string, body: Buffer): unknown {
  const request = body[0] === 0x7b ? JSON.parse(body.toString()) : {}
  const path = target.replace(/^\w+ /, '').replace(/\?.*/, '')
  const message = { role: 'assistant', content: 'hello' }
  if (path.endsWith('/chat/completions')) {
    const choices = [{ index: 0, finish_reason: 'stop', message }]
    const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 }
    return { id: 'c1', object: 'chat.completion', created: 1, model: 'm', choices, usage }
  }
  const content = [{ type: 'text', text: 'hello' }]
  if (path.endsWith('/messages')) return { ...message, id: 'm1', type: 'message', model: 'm', content }
  if (path.endsWith('/mcp')) return replyToMcp(request)
  if (path.endsWith('/converse'))
    return {
      output: { message: { role: 'assistant', content: [{ text: 'hello' }] } },
      stopReason: 'end_turn',
    }
  if (path === '/user') return { login: 'octocat' }
  if (path.includes('/docs/$count') || path.includes("/docs('")) return { id: '1', title: 'hello' }
  return { object: 'list', data: [{ id: 'm' }] }
}

/** A server of the Model Context Protocol with one tool; nothing for a notification. */
function replyToMcp(request: {
  id?: number
  method?: string
  params?: { protocolVersion?: string }
}): unknown {
  if (request.id === undefined) return undefined
  const reply = (result: unknown) => ({ jsonrpc: '2.0', id: request.id, result })
  if (request.method !== 'initialize')
    return reply({ tools: [{ name: 'search', inputSchema: { type: 'object' } }] })
  const protocolVersion = request.params?.protocolVersion ?? '2025-06-18'
  return reply({ protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'lab', version: '1' } })
}
