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
const maxFrameLength = 300

/** @internal What is safe to show of a foreign error; undefined for a value that is not an object. */
export function foreignError(thrown: unknown): ForeignError | undefined {
  const labels = labelsOf(thrown, maxCauses)
  if (!labels) return undefined
  const stack = framesOf(thrown as object)
  return stack.length > 0 ? { ...labels, stack } : labels
}

/** @internal Names what was thrown in a message: `TypeError, caused by Error ECONNREFUSED (connect)`, or `a string`. */
export function describeThrown(thrown: unknown): string {
  const labels = labelsOf(thrown, maxCauses)
  return labels ? describeForeign(labels) : typeInWords(thrown)
}

function describeForeign({ name, code, syscall, cause }: ForeignError): string {
  const own = [name, code !== name && code, syscall && `(${syscall})`].filter((part) => part).join(' ')
  return cause ? `${own}, caused by ${describeForeign(cause)}` : own
}

function labelsOf(thrown: unknown, depth: number): ForeignError | undefined {
  if (!thrown || typeof thrown !== 'object') return undefined
  const name = read(thrown, 'name')
  const code = read(thrown, 'code')
  const status = read(thrown, 'status')
  const syscall = read(thrown, 'syscall')
  const inner = depth > 0 ? read(thrown, 'cause') : undefined
  const cause = inner instanceof Error || isErrorLike(inner) ? labelsOf(inner, depth - 1) : undefined
  return {
    // Letters alone, because a secret is seldom made of letters alone.
    name: isLabel(name, /^[A-Z][A-Za-z]+$/) ? name : 'Error',
    // `ECONNRESET`, `ERR_HTTP2_ERROR` or `ExpiredToken`: a token in their place has small letters and digits, or more digits.
    ...((isLabel(code, /^([A-Z]+\d?[A-Z]*(_[A-Z\d]+)*|([A-Z][a-z]+)+)$/) || typeof code === 'number') && {
      code,
    }),
    ...(typeof status === 'number' && { status }),
    ...(isLabel(syscall, /^[a-z]+( [a-z]+)?$/) && syscall.length <= 24 && { syscall }),
    ...(cause && { cause }),
  }
}

/** Errors of another realm are not instances of this realm's `Error`. */
function isErrorLike(value: unknown): boolean {
  if (!value || typeof value !== 'object') return false
  return typeof read(value, 'message') === 'string' && typeof read(value, 'name') === 'string'
}

/**
 * The frames of a stack. The message may have several lines, and a line of it may look like a frame; so only the lines
 * after the exact message count, and there are none when the message has been changed since.
 */
function framesOf(error: object): readonly string[] {
  const stack = read(error, 'stack')
  const message = read(error, 'message')
  if (typeof stack !== 'string' || typeof message !== 'string') return []
  const header = message === '' ? '\n' : `: ${message}\n`
  const start = stack.indexOf(header)
  // The name stands before the message. A colon or a line break there belongs to an earlier, longer message.
  if (start < 0 || /[:\n]/.test(stack.slice(0, start))) return []
  const frames: string[] = []
  for (const line of stack.slice(start + header.length).split('\n')) {
    const frame = frameOf(line)
    if (frame) frames.push(frame)
    if (frames.length === maxFrames) break
  }
  return frames
}

/** One line of a V8 stack; undefined for any other line, and for code that is in the URL itself. */
function frameOf(line: string): string | undefined {
  if (line.length > maxFrameLength || !/^ {4}at [^\p{Cc}]+:\d+:\d+\)?$/u.test(line)) return undefined
  if (/\b(data|blob|javascript):/i.test(line)) return undefined
  // Queries, fragments and user names of module URLs are no part of a place in the code.
  return line
    .trim()
    .replace(/[?#][^()]*(?=:\d+:\d+\)?$)/, '')
    .replace(/:\/\/[^/()@]*@/, '://')
}

/** Getters and proxies may throw. */
function read(value: object, property: string): unknown {
  try {
    return (value as Record<string, unknown>)[property]
  } catch {
    return undefined
  }
}

/** Short words of a shape; anything else could be a text that quotes a request. */
function isLabel(value: unknown, shape: RegExp): value is string {
  return typeof value === 'string' && value.length <= 48 && shape.test(value)
}
