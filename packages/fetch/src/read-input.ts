import type { AuthBody } from '@outbound-auth/core'
import { finalBodyLater, isStream } from '@outbound-auth/core/exchange'
import { checkHeaderName } from '@outbound-auth/core/provider'
import { authenticatedFor } from './authenticated-mark.js'
import type { RequestLike } from './read-target.js'
import type { RequestBody } from './record-body.js'
import { type RequestBodyOptions, readRequestBody } from './request-body.js'
import { type BodySnapshot, isForeign, snapshotBody } from './snapshot-body.js'

/** @internal The arguments of one fetch call, merged. */
export interface FetchInput {
  readonly method: string
  readonly headers: [string, string][]
  body: AuthBody | undefined
  contentType: string | undefined
  replay: (() => AuthBody | undefined) | undefined
  readonly signal: AbortSignal | undefined
  readonly redirect: RequestRedirect
  /** All other fields of `init`, known or not, and those of the `Request`. */
  readonly fields: Readonly<Record<PropertyKey, unknown>> | undefined
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
  checkInitType(init)
  const { method, headers, body, redirect, signal } = init ?? {}
  const merged: FetchInput = {
    method: normalizeMethod(method ?? request?.method ?? 'GET'),
    headers: pairsOf(headers ?? request?.headers),
    body: undefined,
    contentType: undefined,
    replay: undefined,
    signal: signal === null ? undefined : (signal ?? request?.signal),
    redirect: redirect ?? request?.redirect ?? 'follow',
    fields: otherFields(request, init),
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

function checkInitType(init: unknown): void {
  if (init !== undefined && init !== null && typeof init !== 'object' && typeof init !== 'function')
    throw new TypeError(`authFetch: init must be an object, got a ${typeof init}`)
}

/**
 * @internal Rejects what the error of fetch would quote. It leaves out iterables that may be read only once.
 *
 * @throws TypeError
 */
export function checkInit(init: RequestInit | null | undefined): void {
  checkInitType(init)
  const headers: unknown = init?.headers ?? {}
  if (
    Array.isArray(headers) ||
    headers instanceof Set ||
    headers instanceof Map ||
    !(Symbol.iterator in Object(headers))
  )
    for (const [name] of pairsOf(headers)) checkHeaderName(name)
}

/** fetch takes more than an AuthBody (Node streams, say); a body that is not copied goes through as it is. */
function withBody(
  merged: FetchInput,
  body: unknown,
  { isWhole, isPlatform }: ReadInputOptions,
): Promise<FetchInput> | FetchInput {
  const take = (taken: BodySnapshot) => {
    merged.body = taken.body as AuthBody
    merged.contentType = taken.contentType
    merged.abandon = taken.release
    return merged
  }
  const isWritten = isPlatform && !isWhole && isForeign(body)
  const taken = snapshotBody(body, isWhole || isWritten)
  return isWritten ? finalBodyLater(taken.body).then(take) : take(taken)
}

function withRequestBody(merged: FetchInput, read: RequestBody | undefined): FetchInput {
  if (!read) return merged
  const { body, contentType, replay } = read
  merged.body = body as AuthBody
  merged.contentType = contentType
  merged.replay = replay as FetchInput['replay']
  merged.abandon = () => {
    // A body that is being sent is locked.
    if (replay && isStream(body)) body.cancel().catch(() => {})
  }
  return merged
}

/** What is not read above: undefined when there is nothing, as in most calls. */
function otherFields(
  request: RequestLike | undefined,
  init: RequestInit | null | undefined,
): FetchInput['fields'] {
  let fields: Record<PropertyKey, unknown> | undefined
  const add = (name: PropertyKey, value: unknown) => {
    fields ??= {}
    fields[name] = value
  }
  // An init may be a Request, too, whose fields are not its own properties.
  if (request || (init && Object.getPrototypeOf(init) !== Object.prototype)) {
    for (const name of requestFields) {
      const value = init?.[name] ?? request?.[name]
      // A navigation cannot be repeated by a script; fetch turns such a request into its default mode as well.
      if (value !== undefined && value !== 'navigate') add(name, value)
    }
  }
  if (!init) return fields
  for (const name of Object.keys(init)) if (!isRead(name)) add(name, init[name as keyof RequestInit])
  for (const name of Object.getOwnPropertySymbols(init)) {
    if (name !== authenticatedFor) add(name, init[name as unknown as keyof RequestInit])
  }
  return fields
}

function isRead(name: string): boolean {
  return (
    name === 'method' || name === 'headers' || name === 'body' || name === 'signal' || name === 'redirect'
  )
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
 * @throws TypeError without any value
 */
function pairsOf(headers: unknown): [string, string][] {
  const pairs: [string, string][] = []
  if (headers === undefined) return pairs
  if ((typeof headers !== 'object' && typeof headers !== 'function') || headers === null)
    throw refusal(headers === null ? 'null' : `a ${typeof headers}`)
  const add = (name: unknown, value: unknown) => {
    const text = `${name}`
    if (text.length !== 4 || text.toLowerCase() !== 'host') pairs.push([text, `${value}`.trim()])
  }
  if (!(Symbol.iterator in headers)) {
    // Headers of some libraries cannot be iterated.
    if (isVisited(headers)) headers.forEach((value, name) => void add(name, value))
    else for (const name of Object.keys(headers)) add(name, (headers as Record<string, unknown>)[name])
    return pairs
  }
  for (const pair of headers as Iterable<unknown>) {
    if (typeof pair !== 'object' || pair === null || !(Symbol.iterator in pair))
      throw refusal('a list with something else than pairs in it')
    const [name, value, ...others] = pair as Iterable<unknown>
    if (value === undefined || others.length > 0) throw refusal('a list with something else than pairs in it')
    add(name, value)
  }
  return pairs
}

function isVisited(
  headers: object,
): headers is { forEach(visit: (value: unknown, name: unknown) => void): void } {
  const { forEach, get } = headers as Partial<Headers>
  return typeof forEach === 'function' && typeof get === 'function'
}

function refusal(came: string): TypeError {
  return new TypeError(
    `authFetch: headers must be Headers, an object or a list of [name, value] pairs, got ${came}`,
  )
}
