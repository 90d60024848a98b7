import { EventEmitter } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout } from 'node:timers/promises'

/**
 * A model provider on this machine. It accepts one token and two API keys, one of them only with the name of its team,
 * and always says the same sentence.
 */
export interface ModelServer {
  readonly baseUrl: string
  /** The status of each answer. */
  readonly statuses: number[]
  /** How many requests are answered 503 from now on. */
  busy: number
  /** Emits `hung-up` when a client leaves in the middle of a stream. */
  readonly events: EventEmitter
  close(): void
}

/**
 * Starts it. The model `endless` streams until the client leaves, `broken` fails in the middle, `lost` hangs up; there
 * is no `unknown`.
 */
export async function startModelServer(): Promise<ModelServer> {
  const words = ['Grüße', ' from', ' the', ' model']
  const statuses: number[] = []
  const events = new EventEmitter()

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { authorization, 'x-api-key': key, 'x-team': team } = request.headers
    const isKnown =
      authorization === 'Bearer secret-1' || key === 'secret-2' || (key === 'secret-3' && team === 'blue')
    const known = isKnown ? 200 : 401
    const status = model.busy-- > 0 ? 503 : known
    statuses.push(status)
    if (status !== 200) return void response.writeHead(status).end()
    request.setEncoding('utf8')
    let text = ''
    for await (const part of request) text += part
    const asked = JSON.parse(text) as { model: string; stream?: boolean }
    if (asked.model === 'lost') return void request.socket.destroy()
    if (asked.model === 'unknown') {
      response.writeHead(400, { 'content-type': 'application/json' })
      return void response.end(JSON.stringify({ error: { message: 'There is no model "unknown"' } }))
    }
    if (!asked.stream) {
      response.writeHead(200, { 'content-type': 'application/json' })
      return void response.end(JSON.stringify({ choices: [{ message: { content: words.join('') } }] }))
    }
    response.on('close', () => response.writableFinished || events.emit('hung-up'))
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    do for (const content of words) await write(response, { choices: [{ delta: { content } }] })
    while (asked.model === 'endless' && !response.destroyed)
    if (asked.model === 'broken') await write(response, { error: { message: 'The model is overloaded' } })
    response.end('data: [DONE]\n\n')
  }

  const server = createServer((request, response) => void answer(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const model: ModelServer = {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    statuses,
    busy: 0,
    events,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
  return model
}

/** Sends one event in two parts, cut in the middle of a letter where there is one, as networks do. */
async function write(response: ServerResponse, event: object): Promise<void> {
  const bytes = Buffer.from(`data: ${JSON.stringify(event)}\n\n`)
  const letter = bytes.findIndex((byte) => byte > 127)
  const cut = letter < 0 ? bytes.length / 2 : letter + 1
  response.write(bytes.subarray(0, cut))
  await setTimeout(5)
  response.write(bytes.subarray(cut))
  await setTimeout(5)
}
