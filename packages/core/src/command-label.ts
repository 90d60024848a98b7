/**
 * How errors and reasons name a command.
 *
 * It is the program's name without folder, or `…` when that may be a secret in the wrong place: longer than 19 characters, or
 * with others than letters, digits and `_.+-`. Arguments are never in it.
 */
export function commandLabel(command: readonly string[]): string {
  const name = command[0]?.split(/[/\\]/).at(-1) ?? ''
  return /^[\w.+-]{1,19}$/.test(name) ? name : '…'
}
