/** RFC 3339, with a zone: a time without one would be another one on each machine. */
const instant = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/

/** @internal The instant that a text names; undefined when it is no RFC 3339 time. */
export function instantOf(text: unknown): Date | undefined {
  if (typeof text !== 'string' || !instant.test(text)) return undefined
  const date = new Date(text.toUpperCase().replace(' ', 'T'))
  return Number.isNaN(date.getTime()) ? undefined : date
}
