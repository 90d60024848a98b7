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

/** @internal */
export function holdResponse(
  relay: Relay,
  [connection, status, fields, message]: ResponseStart,
): HeldResponse {
  const { handler, controller } = relay
  const startedAtMs = performance.now()
  const headers = responseHeaders(fields)
  let queue: Buffer[] = []
  let size = 0
  let state: 'held' | 'released' | 'discarded' = 'held'
  let last: (() => void) | undefined
  let wake: (() => void) | undefined
  let text: Promise<string> | undefined

  const flush = () => {
    try {
      while (queue.length > 0 && !controller.paused && !controller.aborted) {
        handler.onResponseData?.(controller, queue.shift() as Buffer)
      }
      if (queue.length === 0 && !controller.paused) last?.()
    } catch (error) {
      giveUp(error)
    }
  }
  /** Whatever a handler throws ends its request, as it does where undici itself calls it. */
  const giveUp = (error: unknown) => {
    connection.abort(error as Error)
    failRelay(relay, error)
  }
  const close = (event: () => void) => {
    last = event
    wake?.()
    if (state === 'released') flush()
  }
  /** Waits until something wakes it, at most 2 s from the start of the response. */
  const wait = () =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, startedAtMs + maxMs - performance.now())
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  const read = async () => {
    if (last === undefined && size < maxReadBytes) await wait()
    return decodeBody(Buffer.concat(queue), headers.get('content-encoding'), maxReadBytes)
  }
  return {
    status,
    headers,
    push(chunk) {
      size += chunk.length
      if (state !== 'discarded') queue.push(chunk)
      // The provider may read that much, and what is here already is free for the next attempt sooner.
      if (state === 'held' && size >= maxReadBytes) connection.pause()
      if (size >= (state === 'discarded' ? maxDrainBytes : maxReadBytes)) wake?.()
      if (state === 'released') flush()
    },
    end(trailers) {
      close(() => finishRelay(relay, () => handler.onResponseEnd?.(controller, trailers)))
    },
    fail(error) {
      close(() => failRelay(relay, error))
    },
    readBody() {
      text ??= read()
      return text
    },
    async discard() {
      wake?.()
      state = 'discarded'
      queue = []
      if (last === undefined && !(Number(headers.get('content-length')) > maxDrainBytes)) {
        connection.resume()
        if (size < maxDrainBytes) await wait()
      }
      if (last === undefined) {
        connection.abort(new Error('The rest of a rejected response is too long, or takes too long'))
        return
      }
      // undici frees the connection in the next turn of the event loop.
      await new Promise<void>((resolve) => {
        setImmediate(resolve)
      })
    },
    release() {
      state = 'released'
      relay.flush = flush
      try {
        handler.onResponseStart?.(controller, status, fields, message)
      } catch (error) {
        giveUp(error)
        return
      }
      flush()
      if (last === undefined && !controller.paused) connection.resume()
    },
  }
}
