import { typeInWords } from './type-in-words.js'

/** All that is kept of an error which this project did not make: foreign texts may quote requests and secrets. */
export interface ForeignError {
  /** Its `name`, or `Error` when that does not look like a name. */
  readonly name: string
  /** Its `code`, when that is a number or looks like a code: `ECONNRESET`. */
  readonly code?: string | number
  /** Its `status`, when that is a number. */
  readonly status?: number
  /** The system call that failed: `connect`, `getaddrinfo`. */
  readonly syscall?: string
  /** The same of the error's own cause: `fetch failed` is caused by `ECONNREFUSED`. */
  readonly cause?: ForeignError
  /** Up to ten lines of its stack, without the message: `at readToken (file:///app/login.js:12:34)`. */
  readonly stack?: readonly string[]
}

const maxCauses = 5
const maxFrames = 10

/** @internal What is safe to show of a foreign error; undefined for a value that is not an object. */
export function foreignError(thrown: unknown): ForeignError | undefined {
  const labels = labelsOf(thrown)
  const stack = framesOf(thrown)
  return labels && stack.length > 0 ? { ...labels, stack } : labels
}

/** @internal Names what was thrown in a message: `TypeError, caused by Error ECONNREFUSED (connect)`, or `a string`. */
export function describeThrown(thrown: unknown): string {
  const labels = labelsOf(thrown)
  return labels ? describeForeign(labels) : typeInWords(thrown)
}

function describeForeign({ name, code, syscall, cause }: ForeignError): string {
  const words = [name, code !== name && code, syscall && `(${syscall})`].filter(Boolean).join(' ')
  return cause ? `${words}, caused by ${describeForeign(cause)}` : words
}

function labelsOf(thrown: unknown, depth = maxCauses): ForeignError | undefined {
  if (!thrown || typeof thrown !== 'object') return undefined
  /** Short words of a shape, or a number; anything else could be a text that quotes a request. */
  const label = <T extends string | number>(property: string, shape?: RegExp): T | undefined => {
    const value = readProperty(thrown, property)
    const isText = shape && typeof value === 'string' && value.length <= 48 && shape.test(value)
    return isText || (!shape && typeof value === 'number') ? (value as T) : undefined
  }
  // `ECONNRESET`, `ERR_HTTP2_ERROR` or `ExpiredToken`: a token in their place has small letters and digits, or more
  // digits.
  const code =
    label<string>('code', /^([A-Z]+\d?[A-Z]*(_[A-Z\d]+)*|([A-Z][a-z]+)+)$/) ?? label<number>('code')
  const status = label<number>('status')
  const syscall = label<string>('syscall', /^(?=.{1,24}$)[a-z]+( [a-z]+)?$/)
  const cause = readProperty(thrown, 'cause')
  // Errors of another realm are not instances of this realm's `Error`.
  const isError =
    typeof readProperty(cause, 'message') === 'string' && typeof readProperty(cause, 'name') === 'string'
  const labels = isError && depth > 0 && labelsOf(cause, depth - 1)
  return {
    // Letters alone, because a secret is seldom made of letters alone.
    name: label('name', /^[A-Z][A-Za-z]+$/) ?? 'Error',
    ...(code !== undefined && { code }),
    ...(status !== undefined && { status }),
    ...(syscall && { syscall }),
    ...(labels && { cause: labels }),
  }
}

/** One line of a V8 stack, up to 300 characters long, whose code is not in the URL itself. */
const frame = /^(?=.{1,300}$)(?!.*\b(data|blob|javascript):) {4}at [^\p{Cc}]+:\d+:\d+\)?$/iu

/**
 * The frames of a stack. The message may have several lines, and a line of it may look like a frame; so only the lines
 * after the exact message count, and there are none when the message has been changed since.
 */
function framesOf(error: unknown): readonly string[] {
  const stack = readProperty(error, 'stack')
  const message = readProperty(error, 'message')
  if (typeof stack !== 'string' || typeof message !== 'string') return []
  const header = `${message && `: ${message}`}\n`
  const start = stack.indexOf(header)
  // The name stands before the message. A colon or a line break there belongs to an earlier, longer message.
  if (start < 0 || /[:\n]/.test(stack.slice(0, start))) return []
  const lines = stack.slice(start + header.length).split('\n')
  const frames = lines.filter((line) => frame.test(line)).slice(0, maxFrames)
  return frames.map(withoutQuery)
}

/** Queries, fragments and user names of module URLs are no part of a place in the code. */
function withoutQuery(line: string): string {
  return line
    .trim()
    .replace(/[?#][^()]*(?=:\d+:\d+\)?$)/, '')
    .replace(/:\/\/[^/()@]*@/, '://')
}

/** @internal A property of any value; undefined where a getter or a proxy throws. */
export function readProperty(value: unknown, property: PropertyKey): unknown {
  try {
    return (value as Record<PropertyKey, unknown> | undefined | null)?.[property]
  } catch {
    return undefined
  }
}
