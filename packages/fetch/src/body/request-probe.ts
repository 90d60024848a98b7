import type { TakeBodyOptions } from './snapshot-form.js'

/** @internal How the body of a `Request` is to be read. */
export interface RequestBodyOptions extends TakeBodyOptions {
  /** How much of it may be sent again, in bytes. */
  readonly replayLimitBytes: number
  readonly signal: AbortSignal | undefined
  /** Whether a class of `Request` refuses streams where it has to, as `readTaken` found out. */
  readonly knownClasses: WeakMap<object, boolean>
}

/**
 * @internal The body of a `Request` that has been taken out of it: its bytes; another `Request` of its class, with
 * that body; or the stream, where that could not be made.
 */
export type TakenBody = Promise<ArrayBuffer> | Request | ReadableStream<Uint8Array>

/** @internal */
export type RequestClass = new (input: unknown, init: object) => Request

/**
 * @internal The fields of a `Request` whose body must not be a stream.
 *
 * @see https://fetch.spec.whatwg.org/#dom-request, step 40
 */
export const probe: object = { method: 'POST', mode: 'no-cors', headers: {}, signal: null }
