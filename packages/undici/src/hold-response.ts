import { createHeaderMap, type HeaderMap } from '@outbound-auth/core'
import type { Dispatcher } from 'undici'
import { decodeBody } from './decode-body.js'
import type { Relay } from './relay.js'

const maxReadBytes = 64 * 1024
const maxReadMs = 2000
const maxDiscardBytes = 128 * 1024
const maxDiscardMs = 1000

/** @internal The answer to one attempt, as the engine sees it. */
export interface AttemptResponse {
  readonly status: number
  readonly headers: HeaderMap
  readBody(): Promise<string>
  /** Nobody will see it: lets a short rest run out, so that its connection lives on. */
  discard(): void
  /** The caller gets it, from its start. */
  release(): void
}

/** @internal An answer that waits for the decision whether its request is sent again. */
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
  handler: Dispatcher.DispatchHandler,
  [connection, status, fields, message]: ResponseStart,
): HeldResponse {
  const headers = createHeaderMap(
    Object.entries(fields).map(([name, value]) => [name, [value ?? ''].flat().join(', ')] as const),
  )
  let queue: Buffer[] = []
  let size = 0
  let state: 'held' | 'released' | 'discarded' = 'held'
  let last: (() => void) | undefined
  let wake: (() => void) | undefined
  let text: Promise<string> | undefined
  let readTimer: NodeJS.Timeout | undefined
  let discardTimer: NodeJS.Timeout | undefined
  connection.pause()

  const flush = () => {
    try {
      while (queue.length > 0 && !relay.controller.paused && !relay.signal.aborted) {
        handler.onResponseData?.(relay.controller, queue.shift() as Buffer)
      }
      if (queue.length === 0 && !relay.controller.paused) last?.()
    } catch (error) {
      giveUp(error)
    }
  }
  /** Whatever a handler throws ends its request, as it does where undici itself calls it. */
  const giveUp = (error: unknown) => {
    connection.abort(error as Error)
    relay.fail(error)
  }
  const close = (event: () => void) => {
    last = event
    clearTimeout(readTimer)
    clearTimeout(discardTimer)
    wake?.()
    if (state === 'released') flush()
  }
  const read = async () => {
    if (last === undefined && size < maxReadBytes) {
      await new Promise<void>((resolve) => {
        readTimer = setTimeout(resolve, maxReadMs)
        wake = resolve
        connection.resume()
      })
      clearTimeout(readTimer)
      wake = undefined
      if (state === 'held' && last === undefined) connection.pause()
    }
    return decodeBody(Buffer.concat(queue), headers.get('content-encoding'), maxReadBytes)
  }
  return {
    status,
    headers,
    push(chunk) {
      size += chunk.length
      if (state !== 'discarded') queue.push(chunk)
      else if (size > maxDiscardBytes) connection.abort(new Error('The rest of a refused answer is too long'))
      if (size >= maxReadBytes) wake?.()
      if (state === 'released') flush()
    },
    end(trailers) {
      close(() => relay.finish(() => handler.onResponseEnd?.(relay.controller, trailers)))
    },
    fail(error) {
      close(() => relay.fail(error))
    },
    readBody() {
      text ??= read()
      return text
    },
    discard() {
      state = 'discarded'
      wake?.()
      queue = []
      if (last !== undefined) return
      const abort = () => connection.abort(new Error('The rest of a refused answer takes too long'))
      discardTimer = setTimeout(abort, maxDiscardMs)
      discardTimer.unref()
      connection.resume()
    },
    release() {
      state = 'released'
      relay.onResume(flush)
      try {
        handler.onResponseStart?.(relay.controller, status, fields, message)
      } catch (error) {
        giveUp(error)
        return
      }
      flush()
      if (last === undefined && !relay.controller.paused) connection.resume()
    },
  }
}
