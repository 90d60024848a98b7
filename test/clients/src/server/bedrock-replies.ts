import { EventStreamCodec } from '@smithy/eventstream-codec'
import { message, messageEvents } from './model-replies.js'
import type { Reply } from './replies.js'
import type { SeenRequest } from './seen-request.js'

const toUtf8 = (bytes: string | Uint8Array) =>
  typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString()
const codec = new EventStreamCodec(toUtf8 as never, (text: string) => Buffer.from(text))

/** Replies of Amazon Bedrock; undefined for a path of another service. */
export function bedrockReply({ url }: SeenRequest): Reply | undefined {
  const [, action] = /\/model\/[^/]+\/([\w-]+)$/.exec(decodeURIComponent(url.pathname)) ?? []
  if (action === 'converse') {
    const usage = { inputTokens: 1, outputTokens: 1, totalTokens: 2 }
    const output = { message: { role: 'assistant', content: [{ text: 'ok' }] } }
    const reply = { output, stopReason: 'end_turn', usage, metrics: { latencyMs: 1 } }
    return { type: 'application/json', pieces: [JSON.stringify(reply)] }
  }
  if (action === 'invoke') return { type: 'application/json', pieces: [JSON.stringify(message('ok'))] }
  if (action === 'converse-stream') {
    const delta = (text: string) => frame('contentBlockDelta', { contentBlockIndex: 0, delta: { text } })
    return eventStream(
      [frame('messageStart', { role: 'assistant' }), delta('first')],
      [
        delta(' last'),
        frame('contentBlockStop', { contentBlockIndex: 0 }),
        frame('messageStop', { stopReason: 'end_turn' }),
        frame('metadata', {
          usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 },
          metrics: { latencyMs: 1 },
        }),
      ],
    )
  }
  if (action === 'invoke-with-response-stream') {
    const chunk = (value: unknown) => frame('chunk', { bytes: btoa(JSON.stringify(value)) })
    const [first = [], others = []] = messageEvents()
    return eventStream(first.map(chunk), others.map(chunk))
  }
  return undefined
}

function eventStream(first: Uint8Array[], others: Uint8Array[]): Reply {
  return { type: 'application/vnd.amazon.eventstream', pieces: [Buffer.concat(first), Buffer.concat(others)] }
}

function frame(type: string, value: unknown): Uint8Array {
  const header = (text: string) => ({ type: 'string' as const, value: text })
  return codec.encode({
    headers: {
      ':event-type': header(type),
      ':content-type': header('application/json'),
      ':message-type': header('event'),
    },
    body: Buffer.from(JSON.stringify(value)),
  })
}
