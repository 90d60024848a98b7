/** @internal A name for a message; what is too long for one, or has other characters, may be a secret in its place. */
export function shownName(name: string): string {
  return /^([A-Z\d_]{1,64}|[\w-]{1,24})$/.test(name) ? name : '…'
}
