/** How errors and reasons name a command: its program's name without folder, or `…` when that is so long or strange that it may be a secret in the wrong place. Arguments are never in it. */
export function commandLabel(command: readonly string[]): string {
  const name = command[0]?.split(/[/\\]/).at(-1) ?? ''
  return /^[\w.+-]{1,19}$/.test(name) ? name : '…'
}
