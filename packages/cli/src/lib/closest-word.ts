/**
 * The candidate that a mistyped word was probably meant to be: at most a third of its letters are wrong, missing,
 * doubled or exchanged. Undefined if none is that close.
 */
export function closestWord(word: string, candidates: Iterable<string>): string | undefined {
  // A short word is near to every other one. The distance takes time in the product of the lengths.
  if (word.length < 3 || word.length > 60) return undefined
  let closest: string | undefined
  let least = Math.max(1, Math.floor(word.length / 3)) + 1
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) >= least) continue
    const count = distance(word.toLowerCase(), candidate.toLowerCase())
    if (count < least) [closest, least] = [candidate, count]
  }
  return closest
}

/** The end of a sentence about an unknown word: `; did you mean request?`, or nothing. */
export function didYouMean(word: string, candidates: Iterable<string>): string {
  const meant = closestWord(word, candidates)
  return meant === undefined ? '' : `; did you mean ${meant}?`
}

/** Insertions, deletions, replacements and exchanges of neighbours that turn one word into the other. */
function distance(from: string, to: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let row = 1; row <= from.length; row++) {
    const current = [row]
    for (let column = 1; column <= to.length; column++) {
      const isSame = from[row - 1] === to[column - 1]
      const isExchange = row > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
      const exchanged = isExchange ? (beforeLast[column - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY
      current[column] = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (isSame ? 0 : 1),
        exchanged,
      )
    }
    beforeLast = last
    last = current
  }
  return last[to.length] ?? 0
}
