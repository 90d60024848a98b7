import { AuthError } from '../../contract/auth-error.js'

/** @internal Tells a failed check, whose text is ours, from a provider that broke down. */
export class CheckFailure extends Error {
  override readonly name: string = 'CheckFailure'
}

/**
 * @internal Fails the running check unless `holds`.
 *
 * @param seen names things and kinds, never values
 * @param cause the error that was seen instead, for the author of the provider
 */
export function demand(
  holds: boolean,
  expected: string,
  seen: string,
  why: string,
  cause?: unknown,
): asserts holds {
  if (!holds) throw new CheckFailure(`Expected ${expected}, but ${seen}. ${why}`, { cause })
}

/** @internal How a call of the provider ended. */
export interface Outcome<T> {
  readonly value?: T
  readonly error?: unknown
  readonly hasFailed: boolean
}

/** @internal Runs it, and keeps what it throws. */
export async function outcomeOf<T>(run: () => T | Promise<T>): Promise<Outcome<T>> {
  try {
    return { value: await run(), hasFailed: false }
  } catch (error) {
    return { error, hasFailed: true }
  }
}

/** @internal Describes an error without its text, which may quote a secret. */
export function describeError(error: unknown): string {
  if (AuthError.is(error)) return `an AuthError (${error.kind}, ${error.code})`
  return `a foreign ${error instanceof Error ? error.constructor.name : typeof error}`
}
