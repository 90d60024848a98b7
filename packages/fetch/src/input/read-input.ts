import { createHeaderMap, type HeaderMap } from '@outbound-auth/core'
import { addHeader, isStream, type OutboundRequest, visitHeaders } from '@outbound-auth/core/exchange'
import type { RequestBody } from '../body/record-body.js'
import type { RequestBodyOptions } from '../body/request-probe.js'
import { takeBody } from '../body/take-body.js'
import { authenticatedFor } from './authenticated-mark.js'
import type { RequestLike } from './read-target.js'
import { readRequestBody } from './request-body.js'

/** @internal The arguments of one fetch call, merged; without `parsedUrl` for a call that is not authenticated. */
export interface FetchInput extends OutboundRequest {
  readonly headers: HeaderMap
  /** Gives a stream back to the caller. */
  readonly release?: (() => void) | undefined
  readonly redirect: RequestRedirect
  /** All other fields of `init`, known or not, and those of the `Request`. */
  readonly fields: Readonly<Record<PropertyKey, unknown>>
}

/** @internal */
export interface ReadInputOptions extends Omit<RequestBodyOptions, 'signal'> {
  readonly minValidityMs: number | undefined
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
  parsedUrl?: URL,
): Promise<FetchInput> | FetchInput {
  checkInitType(init)
  const given: RequestInit & { [authenticatedFor]?: unknown } = init ?? {}
  const { method, headers, body, redirect, signal, [authenticatedFor]: _, ...fields } = given
  const inherited = inheritedFields(request, given)
  const call = {
    method: normalizeMethod(method ?? request?.method ?? 'GET'),
    url: parsedUrl?.href ?? '',
    parsedUrl,
    headers: readHeaders(headers ?? request?.headers),
    signal: signal === null ? undefined : (signal ?? request?.signal),
    redirect: redirect ?? request?.redirect ?? 'follow',
    minValidityMs: options.minValidityMs,
    fields: inherited ? { ...inherited, ...fields } : fields,
  }
  // V8 of Node 20 gives each object that begins with a spread, and gets more properties, a hidden class of its own:
  // reading such objects took as long as all other work of a request.
  const add = (taken: RequestBody) => Object.assign(call, taken) as FetchInput
  const isInherited = (body === undefined || body === null) && request && request.body !== null
  const taken = isInherited
    ? readRequestBody(request, { ...options, signal: call.signal })
    : takeBody(body ?? undefined, options)
  return taken instanceof Promise ? taken.then(add) : add(taken)
}

/**
 * @internal For a request that was not sent: ends the body of a `Request`, as `fetch` does, and unlocks a stream of
 * the caller.
 */
export function abandon({ release, replay, body }: FetchInput): void {
  release?.()
  // A body that is being sent is locked.
  if (replay && isStream(body)) body.cancel().catch(() => {})
}

function checkInitType(init: unknown): void {
  if (init !== undefined && init !== null && Object(init) !== init)
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
function inheritedFields(request: RequestLike | undefined, init: RequestInit): object | undefined {
  if (!request && Object.getPrototypeOf(init) === Object.prototype) return undefined
  const fields: Record<string, unknown> = {}
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
