import type { Reply } from './replies.js'
import type { SeenRequest } from './seen-request.js'

const model = 'model-1'
const json = (value: unknown): Reply => ({ type: 'application/json', pieces: [JSON.stringify(value)] })
const event = (value: unknown, name?: string) =>
  `${name === undefined ? '' : `event: ${name}\n`}data: ${JSON.stringify(value)}\n\n`
const events = (...pieces: string[]): Reply => ({ type: 'text/event-stream', pieces })

/** Replies of the model APIs that the clients speak; undefined for any other path. */
export function modelReply({ url, body, headers }: SeenRequest): Reply | undefined {
  // A signer may have percent-encoded the path anew.
  const pathname = decodeURIComponent(url.pathname)
  const isJson = String(headers['content-type']).startsWith('application/json') && body[0] === 0x7b
  const request = isJson ? JSON.parse(body.toString()) : {}
  if (pathname.endsWith('/chat/completions')) return request.stream ? chatStream() : json(chat())
  if (pathname.endsWith('/responses')) return request.stream ? responseStream() : json(openaiResponse())
  if (pathname.endsWith('/messages')) return request.stream ? messageStream() : json(message('ok'))
  if (pathname.endsWith('/files')) return json({ id: 'file-1', object: 'file', bytes: 1, filename: 'a' })
  if (pathname.endsWith(':generateContent')) return json(generated('ok'))
  if (pathname.endsWith(':streamGenerateContent'))
    return events(event(generated('first')), event(generated(' last')))
  if (pathname.endsWith('/api/chat')) return ollama(request.stream)
  if (pathname.endsWith('/mcp')) return mcp(request)
  return undefined
}

function chat() {
  const choice = { index: 0, message: { role: 'assistant', content: 'ok' }, finish_reason: 'stop' }
  const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 }
  return { id: 'chat-1', object: 'chat.completion', created: 1, model, choices: [choice], usage }
}

function chatStream(): Reply {
  const chunk = (content: string, finish_reason: string | null) =>
    event({
      id: 'chat-1',
      object: 'chat.completion.chunk',
      created: 1,
      model,
      choices: [{ index: 0, delta: { role: 'assistant', content }, finish_reason }],
    })
  return events(chunk('first', null), `${chunk(' last', 'stop')}data: [DONE]\n\n`)
}

function openaiResponse(status = 'completed', text = 'ok') {
  const content = [{ type: 'output_text', text, annotations: [] }]
  return {
    id: 'resp-1',
    object: 'response',
    created_at: 1,
    model,
    status,
    output: [{ type: 'message', id: 'msg-1', role: 'assistant', status, content }],
    usage: {
      input_tokens: 1,
      output_tokens: 1,
      total_tokens: 2,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens_details: { reasoning_tokens: 0 },
    },
  }
}

function responseStream(): Reply {
  const item = { type: 'message', id: 'msg-1', role: 'assistant', status: 'in_progress', content: [] }
  const at = { item_id: 'msg-1', output_index: 0, content_index: 0 }
  const typed = (type: string, value: object, sequence_number: number) =>
    event({ type, sequence_number, ...value }, type)
  return events(
    typed('response.created', { response: { ...openaiResponse('in_progress'), output: [] } }, 0) +
      typed('response.output_item.added', { output_index: 0, item }, 1) +
      typed('response.output_text.delta', { ...at, delta: 'first', logprobs: [] }, 2),
    typed('response.output_text.delta', { ...at, delta: ' last', logprobs: [] }, 3) +
      typed(
        'response.output_item.done',
        { output_index: 0, item: openaiResponse('completed', 'first last').output[0] },
        4,
      ) +
      typed('response.completed', { response: openaiResponse('completed', 'first last') }, 5),
  )
}

/** A message of Anthropic. */
export function message(text: string) {
  return {
    id: 'msg-1',
    type: 'message',
    role: 'assistant',
    model,
    content: text === '' ? [] : [{ type: 'text', text }],
    stop_reason: text === '' ? null : 'end_turn',
    stop_sequence: null,
    usage: { input_tokens: 1, output_tokens: 1 },
  }
}

/** The events of a message of Anthropic: those until the first text, and the others. */
export function messageEvents(): readonly { readonly type: string }[][] {
  const delta = (text: string) => ({
    type: 'content_block_delta',
    index: 0,
    delta: { type: 'text_delta', text },
  })
  return [
    [
      { type: 'message_start', message: message('') } as { type: string },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } } as never,
      delta('first'),
    ],
    [
      delta(' last'),
      { type: 'content_block_stop', index: 0 } as never,
      { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 2 } } as never,
      { type: 'message_stop' },
    ],
  ]
}

function messageStream(): Reply {
  return events(...messageEvents().map((part) => part.map((each) => event(each, each.type)).join('')))
}

function generated(text: string) {
  const candidate = { content: { role: 'model', parts: [{ text }] }, finishReason: 'STOP', index: 0 }
  const usageMetadata = { promptTokenCount: 1, candidatesTokenCount: 1, totalTokenCount: 2 }
  return { candidates: [candidate], usageMetadata, modelVersion: model }
}

function ollama(isStream: boolean): Reply {
  const line = (content: string, done: boolean) =>
    `${JSON.stringify({ model, created_at: '2026-01-01T00:00:00Z', message: { role: 'assistant', content }, done })}\n`
  const pieces = isStream ? [line('first', false), line(' last', true)] : [line('ok', true)]
  return { type: isStream ? 'application/x-ndjson' : 'application/json', pieces }
}

/** A server of the Model Context Protocol with one tool. */
function mcp({
  id,
  method,
  params,
}: {
  id?: number
  method?: string
  params?: { protocolVersion?: string }
}): Reply {
  if (id === undefined) return { status: 202, type: 'application/json', pieces: [''] }
  const reply = (result: unknown) => ({ jsonrpc: '2.0', id, result })
  if (method === 'initialize')
    return json(
      reply({
        protocolVersion: params?.protocolVersion ?? '2025-06-18',
        capabilities: { tools: {} },
        serverInfo: { name: 'lab', version: '1' },
      }),
    )
  if (method === 'tools/list') return json(reply({ tools: [] }))
  if (method === 'tools/call') {
    const progress = {
      jsonrpc: '2.0',
      method: 'notifications/progress',
      params: { progressToken: id, progress: 1 },
    }
    return events(event(progress), event(reply({ content: [{ type: 'text', text: 'first last' }] })))
  }
  return json(reply({}))
}
