import type { AuthBody } from '@outbound-auth/core'
import { type OutboundRequest, untilAborted } from '@outbound-auth/core/exchange'
import { recordBody } from './record-body.js'

/** @internal The arguments of one fetch call, merged. */
export interface FetchInput extends Omit<OutboundRequest, 'url'> {
  readonly redirect: RequestRedirect
  /** All other fields of `init`, known or not, and those of the `Request`. */
  readonly fields: RequestInit
}

/** @internal */
export interface ReadInputOptions {
  /** Read the body of a `Request` to its end: the provider needs it. */
  readonly bytes: boolean | undefined
  readonly replayLimitBytes: number
}

const requestFields = [
  'cache',
  'credentials',
  'integrity',
  'keepalive',
  'mode',
  'referrer',
  'referrerPolicy',
] as const

/**
 * @internal Merges `input` and `init` as `fetch` does: a field of `init` wins, and its headers replace all of the
 * `Request`'s. The body of a `Request` counts as read afterwards, as with `fetch`.
 *
 * @throws TypeError when that body was read before
 */
export async function readInput(
  input: string | URL | Request,
  init: RequestInit | null | undefined,
  options: ReadInputOptions,
): Promise<FetchInput> {
  const request = typeof input === 'string' || input instanceof URL ? undefined : input
  const { method, headers, body, redirect, signal, ...others } = init ?? {}
  const fields: Record<string, unknown> = {}
  for (const name of requestFields) {
    // An init may be a Request, too, whose fields are not its own properties.
    const value = init?.[name] ?? request?.[name]
    // A navigation cannot be repeated by a script; fetch turns such a request into its default mode as well.
    if (value !== undefined && value !== 'navigate') fields[name] = value
  }
  const merged = {
    method: normalizeMethod(method ?? request?.method ?? 'GET'),
    headers: pairsOf(headers ?? request?.headers ?? []),
    redirect: redirect ?? request?.redirect ?? 'follow',
    signal: signal === null ? undefined : (signal ?? request?.signal),
    fields: { ...fields, ...others },
  }
  // fetch takes more than an AuthBody (bare buffers, Node streams); every body goes through as it is.
  if (body !== undefined && body !== null) return { ...merged, body: body as AuthBody }
  if (!request || request.body === null) return merged
  if (request.bodyUsed) throw new TypeError('The body of the Request has been read')
  if (request.body && !options.bytes && !globalThis.location) {
    return { ...merged, ...recordBody(request.body, options.replayLimitBytes) }
  }
  // Browsers stream a request only over HTTP/2, and some do not show whether it has a body, so there it is read first.
  const bytes = new Uint8Array(await untilAborted(request.arrayBuffer(), merged.signal))
  return bytes.length > 0 ? { ...merged, body: bytes } : merged
}

/** fetch upper-cases these six, and only these. @see https://fetch.spec.whatwg.org/#concept-method-normalize */
function normalizeMethod(method: string): string {
  return /^(delete|get|head|options|post|put)$/i.test(method) ? method.toUpperCase() : method
}

/** @internal fetch makes strings of header values, and trims them. It sends the host of the URL, so no other may be signed. */
export function pairsOf(headers: HeadersInit): [string, string][] {
  const pairs = Symbol.iterator in headers ? [...headers] : Object.entries(headers)
  return pairs.flatMap(([name = '', value]) => (/^host$/i.test(name) ? [] : [[name, String(value).trim()]]))
}
