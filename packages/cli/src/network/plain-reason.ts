/**
 * The text of the innermost cause of a foreign error, if it is a few plain words and none of them was sent: other texts
 * may quote the request, and with it a credential.
 *
 * @param sent URL, headers and body of the request
 */
export function plainReason(error: unknown, sent: readonly string[]): string | undefined {
  let innermost: unknown
  for (let depth = 0, next = causeOf(error); next !== undefined && depth < 8; depth++) {
    innermost = next
    next = causeOf(next)
  }
  const { message } = (innermost ?? {}) as { message?: unknown }
  if (typeof message !== 'string' || !/^[a-z]{1,12}( [a-z]{1,12}){0,5}$/.test(message)) return undefined
  const known = new Set(
    sent
      .join(' ')
      .toLowerCase()
      .match(/[a-z]+/g),
  )
  return message.split(' ').some((word) => known.has(word)) ? undefined : message
}

function causeOf(error: unknown): unknown {
  return (error as { cause?: unknown } | null | undefined)?.cause ?? undefined
}
