/**
 * A `TypeError` whose property `option` names the option at fault, so that programs need not read the message.
 *
 * @param option `baseUrl`, or a part of an option: `headers.x-team`
 */
export function optionError(message: string, option: string): TypeError & { readonly option: string } {
  return nameOption(new TypeError(message), option)
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
