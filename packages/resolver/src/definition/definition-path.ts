import { AuthError } from '@outbound-auth/core'

/**
 * The property of a definition that an error is about: `['token']`, `['headers', 'x-team']`, `['token', 'timeoutMs']`.
 * A program finds the line of a configuration file with it, and need not read the message.
 *
 * Errors of `resolve`, `resolveUnknown`, `selectAuth` and `selectBedrock` have a path. An error of a resolved provider
 * has a path if a secret of the definition could not be read. The path is undefined if no single property is at fault.
 * A path holds names, never a value.
 *
 * @example
 * const line = lineOf(definitionPath(error) ?? [])
 */
export function definitionPath(error: unknown): readonly string[] | undefined {
  if (!isOfDefinition(error)) return undefined
  if (Array.isArray(error.path)) return error.path
  if (typeof error.option !== 'string') return undefined
  // Only names of headers and query parameters have dots of their own.
  const [, option = '', , part] = /^([^.]+)(\.(.+))?$/s.exec(error.option) ?? []
  return part === undefined ? [option] : [option, part]
}

/**
 * @internal The same error, now with a path. An error that is neither a `TypeError` nor an `AuthError` stays as it is.
 */
export function withPath<E>(error: E, path: readonly string[]): E {
  if (!isOfDefinition(error)) return error
  // A name with other characters may be a secret in the wrong place, so the path ends before it.
  const odd = path.findIndex((name) => !/^[\w.$-]{1,40}$/.test(name))
  const shown = odd < 0 ? path : path.slice(0, odd)
  return Object.defineProperty(error, 'path', { value: Object.freeze([...shown]), configurable: true })
}

/** @internal The definition is malformed at `path`. */
export function definitionError(message: string, path: readonly string[]): TypeError {
  return withPath(new TypeError(message), path)
}

interface WithPath {
  readonly path?: unknown
  readonly option?: unknown
}

function isOfDefinition(error: unknown): error is WithPath {
  return error instanceof TypeError || AuthError.is(error)
}
