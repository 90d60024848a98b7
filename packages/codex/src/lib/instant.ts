/** An RFC 3339 time with a zone, because a time without a zone depends on the machine. */
const instant = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/

/** @internal The instant of a text; undefined if the text is not an RFC 3339 time. */
export function instantOf(text: unknown): Date | undefined {
  if (typeof text !== 'string' || !instant.test(text)) return undefined
  const date = new Date(text.toUpperCase().replace(' ', 'T'))
  return Number.isNaN(date.getTime()) ? undefined : date
}
