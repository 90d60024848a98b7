import { valueInWords } from '../contract/type-in-words.js'

/**
 * A `TypeError` whose property `option` names the option at fault, so that programs need not read the message.
 *
 * @param option `baseUrl`, or a part of an option: `headers.x-team`
 */
export function optionError(message: string, option: string): TypeError & { readonly option: string } {
  return nameOption(new TypeError(message), option)
}

/**
 * A `TypeError` for an option of another type or form: `bearerAuth: token must be a string, got a Promise`. It quotes the value
 * only where the value is too short or too plain to be a secret.
 *
 * @param taker the function that was given the option
 * @param needed what the option must be: `a string`
 */
export function invalidOption(
  taker: string,
  option: string,
  needed: string,
  value: unknown,
): TypeError & { readonly option: string } {
  return optionError(`${taker}: ${option} must be ${needed}, got ${valueInWords(value)}`, option)
}

/**
 * Runs the checks of one option. An error that they throw gets the property `option`, which an `AuthError` declares.
 *
 * @param option `baseUrl`, or a part of an option: `headers.x-team`
 * @throws what `check` throws
 */
export function checkOption<T>(option: string, check: () => T): T {
  try {
    return check()
  } catch (error) {
    throw nameOption(error as Error, option)
  }
}

/** @internal Gives an error the property `option`. */
export function nameOption<E extends Error>(error: E, option: string): E & { readonly option: string } {
  // Not enumerable on a TypeError: its message names the option, so a log needs no second line.
  return Object.defineProperty(error as E & { option: string }, 'option', {
    value: option,
    configurable: true,
  })
}
