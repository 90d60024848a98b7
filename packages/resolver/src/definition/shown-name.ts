/**
 * @internal A name for a message. A string that does not look like a name may be a secret in the wrong place, so it is
 * not shown.
 */
export function shownName(name: string): string {
  return /^([A-Z\d_]{1,64}|[\w-]{1,24})$/.test(name) ? name : '…'
}
