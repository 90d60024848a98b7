import { type AuthBody, createHeaderMap, type HeaderMap } from '@outbound-auth/core'
import { addHeader, isStream, visitHeaders } from '@outbound-auth/core/exchange'
import { authenticatedFor } from './authenticated-mark.js'
import type { RequestLike } from './read-target.js'
import type { RequestBody } from './record-body.js'
import { type RequestBodyOptions, readRequestBody } from './request-body.js'
import { takeBody } from './take-body.js'

/** @internal The arguments of one fetch call, merged. */
export interface FetchInput {
  readonly method: string
  readonly headers: HeaderMap
  readonly body: AuthBody | undefined
  readonly contentType: string | undefined
  readonly replay: (() => AuthBody | undefined) | undefined
  readonly signal: AbortSignal | undefined
  readonly redirect: RequestRedirect
  /** All other fields of `init`, known or not, and those of the `Request`. */
  readonly fields: Readonly<Record<PropertyKey, unknown>>
  /** For a request that was not sent: ends the body of a `Request`, as `fetch` does, and unlocks a stream of the caller. */
  abandon(): void
}

/** @internal */
export type ReadInputOptions = Omit<RequestBodyOptions, 'signal'>

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
  checkInitType(init)
  const given: RequestInit & { [authenticatedFor]?: unknown } = init ?? {}
  const { method, headers, body, redirect, signal, [authenticatedFor]: _, ...fields } = given
  const merged = {
    method: normalizeMethod(method ?? request?.method ?? 'GET'),
    headers: readHeaders(headers ?? request?.headers),
    signal: signal === null ? undefined : (signal ?? request?.signal),
    redirect: redirect ?? request?.redirect ?? 'follow',
    fields: { ...inheritedFields(request, given), ...fields },
  }
  const withBody = ({ body, contentType, replay, release }: RequestBody): FetchInput => ({
    ...merged,
    body: body as AuthBody,
    contentType,
    replay: replay as FetchInput['replay'],
    abandon() {
      release?.()
      // A body that is being sent is locked.
      if (replay && isStream(body)) body.cancel().catch(() => {})
    },
  })
  const hasBody = body !== undefined && body !== null
  if (!hasBody && request && request.body !== null)
    return readRequestBody(request, { ...options, signal: merged.signal }).then(withBody)
  const taken = takeBody(body ?? undefined, options)
  return taken instanceof Promise ? taken.then(withBody) : withBody(taken)
}

function checkInitType(init: unknown): void {
  if (init !== undefined && init !== null && typeof init !== 'object' && typeof init !== 'function')
    throw new TypeError(`authFetch: init must be an object, got a ${typeof init}`)
}

/**
 * @internal Rejects headers that the error of fetch would quote. Iterables that may be read only once are left out.
 *
 * @throws TypeError
 */
export function checkInit(init: RequestInit | null | undefined): void {
  checkInitType(init)
  const headers: unknown = init?.headers ?? {}
  const isRepeatable = Array.isArray(headers) || headers instanceof Set || headers instanceof Map
  if (isRepeatable || !(Symbol.iterator in Object(headers))) readHeaders(headers)
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
