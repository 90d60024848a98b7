import type { AuthBody } from '@outbound-auth/core'
import type { OutboundRequest } from '@outbound-auth/core/exchange'
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
  readonly bytes: boolean
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
 */
export async function readInput(
  input: string | URL | Request,
  init: RequestInit = {},
  options: ReadInputOptions,
): Promise<FetchInput> {
  const request = typeof input === 'string' || input instanceof URL ? undefined : input
  const { method, headers, body, redirect, signal, ...others } = init
  const fields: Record<string, unknown> = {}
  for (const name of requestFields) {
    // A navigation cannot be repeated by a script; fetch turns such a request into its default mode as well.
    if (request?.[name] !== undefined && request[name] !== 'navigate') fields[name] = request[name]
  }
  const merged = {
    method: normalizeMethod(method ?? request?.method ?? 'GET'),
    headers: pairsOf(headers ?? request?.headers),
    redirect: redirect ?? request?.redirect ?? 'follow',
    signal: (signal === undefined ? request?.signal : signal) ?? undefined,
    fields: { ...fields, ...others },
  }
  if (body !== undefined && body !== null) return { ...merged, body: bodyOf(body) }
  if (!request || body === null || !hasBody(request)) return merged
  if (options.bytes || !request.body || globalThis.location) {
    // Browsers can stream a request only over HTTP/2, so there the body is read first.
    return { ...merged, body: new Uint8Array(await request.arrayBuffer()) }
  }
  return { ...merged, ...recordBody(request.body, options.replayLimitBytes) }
}

function hasBody(request: Request): boolean {
  return request.body !== null && !/^(GET|HEAD)$/.test(request.method)
}

/** fetch upper-cases these six, and only these. @see https://fetch.spec.whatwg.org/#concept-method-normalize */
function normalizeMethod(method: string): string {
  return /^(delete|get|head|options|post|put)$/i.test(method) ? method.toUpperCase() : method
}

function pairsOf(headers: HeadersInit | undefined): Iterable<[string, string]> | Record<string, string> {
  return (headers ?? []) as Iterable<[string, string]> | Record<string, string>
}

/** `BodyInit` has two forms that `AuthBody` lacks: a bare buffer, and views that are no `Uint8Array`. */
function bodyOf(body: BodyInit): AuthBody {
  if (body instanceof ArrayBuffer) return new Uint8Array(body)
  if (!ArrayBuffer.isView(body)) return body
  return new Uint8Array(body.buffer, body.byteOffset, body.byteLength)
}
