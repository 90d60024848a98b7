import { ownProperties } from '@outbound-auth/core/provider'

/**
 * @internal The code of a JSON error, wherever servers put it: `code`, `error.code`, or `error` itself. Messages
 * are ignored, because they change, and the response of a model may quote them.
 */
export function errorCodeOf(response: unknown): string | undefined {
  const { code, error } = ownProperties(response) ?? {}
  const codes = [code, ownProperties(error)?.['code'], error]
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
