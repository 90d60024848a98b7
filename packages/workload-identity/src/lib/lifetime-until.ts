const longestMs = 30 * 24 * 60 * 60 * 1000

/**
 * @internal How long something lives that a server dates, in milliseconds, at least 1 and at most 30 days. It counts
 * from the `Date` of the response, so a wrong clock here does no harm. Without a `Date` this machine's clock counts.
 *
 * Undefined when the instant is not written as RFC 3339 says.
 */
export function lifetimeUntil(
  instant: unknown,
  headers: { get(name: string): string | null },
  now: Date,
): number | undefined {
  const form = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i
  const endMs = typeof instant === 'string' && form.test(instant) ? Date.parse(instant) : Number.NaN
  if (Number.isNaN(endMs)) return undefined
  const serverMs = Date.parse(headers.get('age') === null ? (headers.get('date') ?? '') : '')
  const lifetimeMs = endMs - (Number.isNaN(serverMs) ? now.getTime() : serverMs)
  return Math.min(Math.max(1, lifetimeMs), longestMs)
}
