import { typeInWords } from '../contract/type-in-words.js'

/** A `fetch`: the global one, or what `authFetch` returns. */
export type FetchLike = (input: string, init?: RequestInit & { duplex?: 'half' }) => Promise<Response>

/** @internal @throws TypeError when it is not a function */
export function checkFetch(taker: string, fetch: FetchLike): void {
  if (typeof fetch !== 'function')
    throw new TypeError(`${taker}: fetch must be a function, such as authFetch(…), got ${typeInWords(fetch)}`)
}
