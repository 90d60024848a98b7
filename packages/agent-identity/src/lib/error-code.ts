/**
 * @internal The code of a JSON error, wherever servers put it: `code`, `error.code`, or `error` itself. Prose is not
 * looked at: it changes, and a model's answer may quote it.
 */
export function errorCodeOf(answer: unknown): string | undefined {
  const { code, error } = membersOf(answer)
  const codes = [code, membersOf(error)['code'], error]
  return codes.find((candidate): candidate is string => typeof candidate === 'string')
}

/** @internal The same of a text. */
export function errorCodeIn(text: string): string | undefined {
  try {
    return errorCodeOf(JSON.parse(text))
  } catch {
    return undefined
  }
}

function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? Object.assign(Object.create(null), value) : {}
}
