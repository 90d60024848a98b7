import { type AuthBody, createHeaderMap, type HeaderMap } from '@outbound-auth/core'
import { addHeader, finalBodyLater, isStream, visitHeaders } from '@outbound-auth/core/exchange'
import { authenticatedFor } from './authenticated-mark.js'
import type { RequestLike } from './read-target.js'
import type { RequestBody } from './record-body.js'
import { type RequestBodyOptions, readRequestBody } from './request-body.js'
import { type BodySnapshot, isForeign, snapshotBody } from './snapshot-body.js'

/** @internal The arguments of one fetch call, merged. */
export interface FetchInput {
  readonly method: string
  readonly headers: HeaderMap
  body: AuthBody | undefined
  contentType: string | undefined
  replay: (() => AuthBody | undefined) | undefined
  readonly signal: AbortSignal | undefined
  readonly redirect: RequestRedirect
  /** All other fields of `init`, known or not, and those of the `Request`. */
  readonly fields: Readonly<Record<PropertyKey, unknown>>
  /** For a request that was not sent: ends the body of a `Request`, as `fetch` does, and unlocks a stream of the caller. */
  abandon: (() => void) | undefined
}

/** @internal */
export interface ReadInputOptions extends Omit<RequestBodyOptions, 'signal'> {
  /** Whether the platform's `fetch` sends, which knows the classes of its own realm only. */
  readonly isPlatform: boolean
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
 * @internal Merges a `Request` and `init` as `fetch` does: a field of `init` wins, and its headers replace all of the
 * `Request`'s. All is read, and copied, before this returns: the caller may change it afterwards.
 *
 * @throws TypeError when `init`, its headers or its body are of a kind that `fetch` refuses
 */
export function readInput(
  request: RequestLike | undefined,
  init: RequestInit | null | undefined,
  options: ReadInputOptions,
): Promise<FetchInput> | FetchInput {
  if (init !== undefined && init !== null && typeof init !== 'object' && typeof init !== 'function')
    throw new TypeError(`authFetch: init must be an object, got a ${typeof init}`)
  const given: RequestInit & { [authenticatedFor]?: unknown } = init ?? {}
  const { method, headers, body, redirect, signal, [authenticatedFor]: _, ...fields } = given
  const merged: FetchInput = {
    method: normalizeMethod(method ?? request?.method ?? 'GET'),
    headers: readHeaders(headers ?? request?.headers),
    body: undefined,
    contentType: undefined,
    replay: undefined,
    signal: signal === null ? undefined : (signal ?? request?.signal),
    redirect: redirect ?? request?.redirect ?? 'follow',
    fields: { ...inheritedFields(request, given), ...fields },
    abandon: undefined,
  }
  if (typeof body === 'string') {
    merged.body = body
    return merged
  }
  if (body !== undefined && body !== null) return withBody(merged, body, options)
  if (!request || request.body === null) return merged
  const reading = readRequestBody(request, { ...options, signal: merged.signal })
  return reading.then((read) => withRequestBody(merged, read))
}

/** fetch takes more than an AuthBody (Node streams, say); a body that is not copied goes through as it is. */
function withBody(
  merged: FetchInput,
  body: unknown,
  { isWhole, isPlatform }: ReadInputOptions,
): Promise<FetchInput> | FetchInput {
  const take = ({ body, contentType, release }: BodySnapshot) =>
    Object.assign(merged, { body, contentType, abandon: release })
  const isWritten = isPlatform && !isWhole && isForeign(body)
  const taken = snapshotBody(body, isWhole || isWritten)
  return isWritten ? finalBodyLater(taken.body).then(take) : take(taken)
}

function withRequestBody(merged: FetchInput, read: RequestBody | undefined): FetchInput {
  const { body, replay } = read ?? {}
  return Object.assign(merged, read, {
    abandon: () => {
      // A body that is being sent is locked.
      if (replay && isStream(body)) body.cancel().catch(() => {})
    },
  })
}

/** Fields of a `Request`; an init may be one, too, whose fields are not its own properties. */
function inheritedFields(request: RequestLike | undefined, init: RequestInit): Record<string, unknown> {
  const fields: Record<string, unknown> = {}
  if (!request && Object.getPrototypeOf(init) === Object.prototype) return fields
  for (const name of requestFields) {
    const value = init[name] ?? request?.[name]
    // A navigation cannot be repeated by a script; fetch turns such a request into its default mode as well.
    if (value !== undefined && value !== 'navigate') fields[name] = value
  }
  return fields
}

/** fetch upper-cases these six, and only these. @see https://fetch.spec.whatwg.org/#concept-method-normalize */
function normalizeMethod(method: unknown): string {
  const text = `${method}`
  if (text === 'GET' || text === 'POST') return text
  return /^(delete|get|head|options|post|put)$/i.test(text) ? text.toUpperCase() : text
}

/**
 * fetch makes strings of header values, and trims them. It sends the host of the URL, so no other may be signed.
 *
 * @throws TypeError or AuthError without any value
 */
function readHeaders(headers: unknown): HeaderMap {
  const map = createHeaderMap()
  if (headers !== undefined)
    visitHeaders('authFetch', headers, (name, value) => addHeader(map, `${name}`, `${value}`.trim()))
  map.delete('host')
  return map
}
