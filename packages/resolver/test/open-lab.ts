import { expect } from 'vitest'

interface Variables {
  get(name: string): string | undefined
  isEmpty(): boolean
  isCurrent(): boolean
}

/** The variables of a host, as a definition sees them. */
export const variablesOf = (env: Readonly<Record<string, string>>): Variables => ({
  get: (name) => env[name]?.trim(),
  isEmpty: () => false,
  isCurrent: () => true,
})

/** The error that a function throws. */
export function problemOf(run: () => unknown): unknown {
  try {
    run()
  } catch (error) {
    return error
  }
  return expect.unreachable('it was taken')
}

/** The error that a promise rejects with; undefined if it does not reject. */
export const failure = (promise: unknown): Promise<unknown> =>
  Promise.resolve(promise).then(
    () => undefined,
    (error: unknown) => error,
  )
