/**
 * @internal The code of a JSON error, wherever servers put it: `code`, `error.code`, or `error` itself. Messages
 * are ignored, because they change, and the response of a model may quote them.
 */
export function errorCodeOf(answer: unknown): string | undefined {
  const { code, error } = membersOf(answer)
  const codes = [code, membersOf(error)['code'], error]
  return codes.find((candidate): candidate is string => typeof candidate === 'string')
}

/** @internal The code of a JSON text. */
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
