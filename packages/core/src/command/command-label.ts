/** A longer name of a program is shown when it consists of plain words, one of which says what it is for. */
const helperName =
  /^(?=.{1,40}$)(?=.*(auth|credential|login|plugin|helper|token))[a-z]{1,16}([-_][a-z]{1,16})*(\.[a-z]{2,4})?$/

/**
 * How errors and reasons name a command.
 *
 * It is the program's name without folder (`gcloud`, `docker-credential-desktop`), or `…` when that may be a secret in
 * the wrong place: longer than 19 characters, or with others than letters, digits and `_.+-`. Arguments are never in
 * it.
 */
export function commandLabel(command: readonly string[]): string {
  const name = command[0]?.split(/[/\\]/).at(-1) ?? ''
  return /^[\w.+-]{1,19}$/.test(name) || helperName.test(name) ? name : '…'
}
