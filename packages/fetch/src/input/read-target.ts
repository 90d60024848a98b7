/** A `Request` of any realm or library. */
export interface RequestLike extends Partial<Omit<Request, 'url' | 'method' | 'headers'>> {
  readonly url: string
  readonly method: string
  readonly headers: Headers
}

/** @internal What a fetch call is for. */
export interface FetchTarget {
  /** The URL as it was given. Everything that follows uses this string, and none looks at the input again. */
  readonly text: string
  readonly request?: RequestLike | undefined
}

/**
 * @internal Reads the first argument of a fetch call: a string, a `Request` of any realm or library, or what has to be
 * turned into a string, as `fetch` does. That is done once, since another call may give another string.
 *
 * @throws TypeError when it cannot be a URL
 */
export function readTarget(input: unknown): FetchTarget {
  if (typeof input === 'string') return { text: input }
  if (Object(input) !== input) throw refusal(input === null ? 'null' : typeof input)
  const { url, method, headers } = input as Partial<RequestLike>
  if (typeof url === 'string' && typeof method === 'string' && typeof headers?.get === 'function')
    return { text: url, request: input as RequestLike }
  return { text: toText(input as object) }
}

/** Its own error may quote anything. */
function toText(input: object): string {
  try {
    return String(input)
  } catch {
    throw refusal('an object')
  }
}

function refusal(came: string): TypeError {
  return new TypeError(`authFetch: the input must be a URL as a string, a URL or a Request, got ${came}`)
}
