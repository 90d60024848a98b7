import { AuthError } from '@outbound-auth/core'

/**
 * The property of a definition that an error is about: `['token']`, `['headers', 'x-team']`, `['token', 'timeoutMs']`. A program
 * finds the line of a configuration file with it, and need not read the message.
 *
 * The errors of `resolve`, `resolveUnknown`, `selectAuth` and `selectBedrock` have a path, and so do those of the resolved
 * provider's secrets. It is undefined where the definition is not at fault, or no single property is. A path holds names, never
 * a value.
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

/** @internal The same error, which {@link definitionPath} now finds at `path`. Any error that is not of a definition stays as it is. */
export function withPath<E>(error: E, path: readonly string[]): E {
  if (!isOfDefinition(error)) return error
  return Object.defineProperty(error, 'path', { value: Object.freeze([...path]), configurable: true })
}

/** @internal A definition is malformed at `path`. */
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
