import type { HeaderMap } from '@outbound-auth/core'
import type { Dispatcher } from 'undici'
import { decodeBody } from '../request/decode-body.js'
import { failRelay, finishRelay, type Relay } from './relay.js'
import { responseHeaders } from './response-headers.js'

const maxReadBytes = 64 * 1024
const maxDrainBytes = 128 * 1024
const maxMs = 2000

/** @internal The response to one attempt, as the engine sees it. */
export interface AttemptResponse {
  readonly status: number
  readonly headers: HeaderMap
  readBody(): Promise<string>
  /** Drops the response. Lets a short rest run out, so that the next attempt can use the same connection. */
  discard(): void | Promise<void>
  /** The caller gets it, from its start. */
  release(): void
}

/** @internal A response that waits for the decision whether its request is sent again. */
export interface HeldResponse extends AttemptResponse {
  push(chunk: Buffer): void
  end(trailers: Parameters<Required<Dispatcher.DispatchHandler>['onResponseEnd']>[1]): void
  fail(error: Error): void
}

/** @internal What a response starts with. */
export type ResponseStart = Parameters<Required<Dispatcher.DispatchHandler>['onResponseStart']>

/** A response that is held, with what has come of it so far. */
interface Hold {
  readonly relay: Relay
  readonly start: ResponseStart
  readonly headers: HeaderMap
  readonly startedAtMs: number
  queue: Buffer[]
  /** Of all that has come, in bytes. */
  size: number
  state: 'held' | 'released' | 'discarded'
  /** Tells the handler how the response ended, once it has. */
  last?: (() => void) | undefined
  wake?: (() => void) | undefined
}

/** @internal */
export function holdResponse(relay: Relay, start: ResponseStart): HeldResponse {
  const { handler, controller } = relay
  const [connection, status, fields] = start
  const headers = responseHeaders(fields)
  const hold: Hold = {
    relay,
    start,
    headers,
    startedAtMs: performance.now(),
    queue: [],
    size: 0,
    state: 'held',
  }
  let text: Promise<string> | undefined
  return {
    status,
    headers,
    push(chunk) {
      hold.size += chunk.length
      const { size, state } = hold
      if (state !== 'discarded') hold.queue.push(chunk)
      // The provider may read that much, and what is here already is free for the next attempt sooner.
      if (state === 'held' && size >= maxReadBytes) connection.pause()
      if (size >= (state === 'discarded' ? maxDrainBytes : maxReadBytes)) hold.wake?.()
      if (state === 'released') flush(hold)
    },
    end(trailers) {
      close(hold, () => finishRelay(relay, () => handler.onResponseEnd?.(controller, trailers)))
    },
    fail(error) {
      close(hold, () => failRelay(relay, error))
    },
    readBody() {
      text ??= read(hold)
      return text
    },
    discard: () => discard(hold),
    release: () => release(hold),
  }
}

/** Hands on what is queued, and the end, as far as the handler takes it. */
function flush(hold: Hold): void {
  const { relay, queue } = hold
  const { handler, controller } = relay
  try {
    while (queue.length > 0 && !controller.paused && !controller.aborted) {
      handler.onResponseData?.(controller, queue.shift() as Buffer)
    }
    if (queue.length === 0 && !controller.paused) hold.last?.()
  } catch (error) {
    giveUp(hold, error)
  }
}

/** Whatever a handler throws ends its request, as it does where undici itself calls it. */
function giveUp({ relay, start: [connection] }: Hold, error: unknown): void {
  connection.abort(error as Error)
  failRelay(relay, error)
}

function close(hold: Hold, event: () => void): void {
  hold.last = event
  hold.wake?.()
  if (hold.state === 'released') flush(hold)
}

/** Waits until something wakes it, at most 2 s from the start of the response. */
function wait(hold: Hold): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, hold.startedAtMs + maxMs - performance.now())
    hold.wake = () => {
      clearTimeout(timer)
      resolve()
    }
  })
}

async function read(hold: Hold): Promise<string> {
  if (hold.last === undefined && hold.size < maxReadBytes) await wait(hold)
  return decodeBody(Buffer.concat(hold.queue), hold.headers.get('content-encoding'), maxReadBytes)
}

async function discard(hold: Hold): Promise<void> {
  const [connection] = hold.start
  hold.wake?.()
  hold.state = 'discarded'
  hold.queue = []
  if (hold.last === undefined && !(Number(hold.headers.get('content-length')) > maxDrainBytes)) {
    connection.resume()
    if (hold.size < maxDrainBytes) await wait(hold)
  }
  if (hold.last === undefined) {
    connection.abort(new Error('The rest of a rejected response is too long, or takes too long'))
    return
  }
  // undici frees the connection in the next turn of the event loop.
  await new Promise<void>((resolve) => {
    setImmediate(resolve)
  })
}

function release(hold: Hold): void {
  const { relay, start } = hold
  const { handler, controller } = relay
  const [connection, status, fields, message] = start
  hold.state = 'released'
  relay.flush = () => flush(hold)
  try {
    handler.onResponseStart?.(controller, status, fields, message)
  } catch (error) {
    giveUp(hold, error)
    return
  }
  flush(hold)
  if (hold.last === undefined && !controller.paused) connection.resume()
}
