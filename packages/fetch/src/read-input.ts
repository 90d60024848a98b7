import type { AuthBody } from '@outbound-auth/core'
import type { OutboundRequest } from '@outbound-auth/core/exchange'
import type { RequestLike } from './read-target.js'
import { type RequestBody, type RequestBodyOptions, readRequestBody } from './request-body.js'
import { foreignBody, snapshotBody } from './snapshot-body.js'

/** @internal The arguments of one fetch call, merged. */
export interface FetchInput extends Omit<OutboundRequest, 'url' | 'parsedUrl'> {
  readonly redirect: RequestRedirect
  /** All other fields of `init`, known or not, and those of the `Request`. */
  readonly fields: RequestInit
  /** For a request that was not sent: ends the body of a `Request`, as `fetch` does, and unlocks a stream of the caller. */
  abandon?(): void
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
  const { method, headers, body, redirect, signal, ...others } = init ?? {}
  const fields: Record<string, unknown> = request || hasInherited(init) ? readFields(request, init) : {}
  const merged = {
    method: normalizeMethod(method ?? request?.method ?? 'GET'),
    headers: pairsOf(headers ?? request?.headers ?? []),
    redirect: redirect ?? request?.redirect ?? 'follow',
    signal: signal === null ? undefined : (signal ?? request?.signal),
    fields: Object.assign(fields, others),
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
  if (typeof body === 'string') return { ...merged, body }
  const written = isPlatform && !isWhole ? foreignBody(body) : undefined
  if (written) return written.then((final) => ({ ...merged, ...(final as FetchInput) }))
  const { body: copy, contentType, release } = snapshotBody(body)
  return { ...merged, body: copy as AuthBody, contentType, ...(release && { abandon: release }) }
}

function withRequestBody(merged: FetchInput, read: RequestBody | undefined): FetchInput {
  if (!read) return merged
  const { body, contentType, replay } = read
  const abandon = () => {
    // A body that is being sent is locked.
    if (replay && body instanceof ReadableStream) body.cancel().catch(() => {})
  }
  return {
    ...merged,
    body: body as AuthBody,
    contentType,
    ...(replay && { replay: () => replay() as AuthBody }),
    abandon,
  }
}

/** An init may be a `Request`, too, whose fields are not its own properties. */
function hasInherited(init: object | null | undefined): boolean {
  return init !== undefined && init !== null && Object.getPrototypeOf(init) !== Object.prototype
}

function readFields(request: RequestLike | undefined, init: RequestInit | null | undefined) {
  const fields: Record<string, unknown> = {}
  for (const name of requestFields) {
    const value = init?.[name] ?? request?.[name]
    // A navigation cannot be repeated by a script; fetch turns such a request into its default mode as well.
    if (value !== undefined && value !== 'navigate') fields[name] = value
  }
  return fields
}

/** fetch upper-cases these six, and only these. @see https://fetch.spec.whatwg.org/#concept-method-normalize */
function normalizeMethod(method: unknown): string {
  const text = `${method}`
  return /^(delete|get|head|options|post|put)$/i.test(text) ? text.toUpperCase() : text
}

/**
 * @internal fetch makes strings of header values, and trims them. It sends the host of the URL, so no other may be signed.
 *
 * @throws TypeError without any value
 */
export function pairsOf(headers: unknown): [string, string][] {
  if ((typeof headers !== 'object' && typeof headers !== 'function') || headers === null)
    throw refusal(headers === null ? 'null' : `a ${typeof headers}`)
  const pairs: [string, string][] = []
  const add = (name: unknown, value: unknown) => {
    const text = `${name}`
    if (text.length !== 4 || text.toLowerCase() !== 'host') pairs.push([text, `${value}`.trim()])
  }
  if (!(Symbol.iterator in headers)) {
    // Headers of some libraries cannot be iterated.
    if (isVisited(headers)) headers.forEach((value, name) => void add(name, value))
    else for (const [name, value] of Object.entries(headers)) add(name, value)
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
