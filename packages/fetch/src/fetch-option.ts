/** A signal in words that the types of node-fetch 2 understand, too, under `exactOptionalPropertyTypes`. */
interface AnySignal extends AbortSignal {
  onabort: null
  addEventListener: AbortSignal['addEventListener'] & SignalListening
  removeEventListener: AbortSignal['removeEventListener'] & SignalListening
}

type SignalListening = (
  type: 'abort',
  listener: (...args: never[]) => unknown,
  options?:
    | boolean
    | { capture?: boolean | undefined; once?: boolean | undefined; passive?: boolean | undefined },
) => void

/** The init that `authFetch` passes to the function that sends. Fields of the caller's own `init` are there as well. */
export interface FetchOptionInit {
  readonly method: string
  readonly headers: Record<string, string>
  /** A body or null. Each `fetch` has other types for it, and `never` fits them all. */
  readonly body: never
  /** The caller's signal or null. */
  readonly signal: AnySignal | null
  readonly redirect: 'follow' | 'error' | 'manual'
}

/** The part of a response that `authFetch` needs. `body` is null, a web stream or a Node stream. */
export interface FetchOptionResponse {
  readonly status: number
  readonly headers: { get(name: string): string | null }
  readonly body: unknown
  clone(): { readonly body: unknown }
}

/**
 * The `fetch` that sends: the platform's, undici's, node-fetch's, or a function that answers in their place.
 *
 * It gets the URL as a string. Only a `Request` that passes untouched, with `otherOrigins: 'pass'`, arrives as it is.
 */
export type FetchOption = (input: string, init: FetchOptionInit) => Promise<FetchOptionResponse>
