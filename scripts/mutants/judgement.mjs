// Prevents the mistake of a score that nobody can act on: tells mutants that no test notices from those that somebody
// has judged equivalent, by a description that survives a move of the line.

/**
 * @typedef {{ line: number, column: number }} Position
 * @typedef {{
 *   fileName: string
 *   location: { start: Position, end: Position }
 *   mutatorName: string
 *   replacement?: string
 *   status: string
 *   static?: boolean
 * }} MutantResult A mutant as Stryker reports it. Lines and columns begin at 1.
 * @typedef {{ file: string, mutator: string, original: string, replacement: string, in: string }} Mutant `in` is
 *   the text of the line where the mutant begins. Long texts are shortened.
 * @typedef {Mutant & { reason: string }} JudgedMutant
 * @typedef {Mutant & { line: number, column: number }} Survivor
 * @typedef {{
 *   tested: number
 *   killed: number
 *   survivors: Survivor[]
 *   equivalent: number
 *   failed: number
 *   score: number
 *   judgedScore: number
 *   unused: JudgedMutant[]
 * }} Judgement `failed` counts the mutants whose tests could not be run. `score` counts every survivor,
 *   `judgedScore` leaves out those judged equivalent; both are percentages.
 */

const textLimit = 120

/**
 * Counts results. One judged entry stands for one mutant: two equal mutants in equal lines need two entries.
 *
 * Mutants of code that runs when its module is imported count neither as killed nor as survivors, because Stryker
 * switches them on only after the import.
 *
 * @param {readonly MutantResult[]} results
 * @param {ReadonlyMap<string, string>} sources the texts that were changed, by path from the root
 * @param {readonly JudgedMutant[]} judged
 * @returns {Judgement}
 */
export function judge(results, sources, judged) {
  const unused = [...judged]
  /** @type {Survivor[]} */
  const survivors = []
  let killed = 0
  let equivalent = 0
  let failed = 0
  for (const result of results) {
    if (result.static) continue
    if (result.status === 'Killed' || result.status === 'Timeout') killed++
    if (result.status === 'RuntimeError') failed++
    if (result.status !== 'Survived' && result.status !== 'NoCoverage') continue
    const mutant = describeMutant(result, sources.get(result.fileName) ?? '')
    const index = unused.findIndex((each) => isSame(each, mutant))
    if (index >= 0) {
      unused.splice(index, 1)
      equivalent++
    } else survivors.push({ ...mutant, ...result.location.start })
  }
  const tested = killed + survivors.length + equivalent
  return {
    tested,
    killed,
    survivors,
    equivalent,
    failed,
    score: percentage(killed, tested),
    judgedScore: percentage(killed, tested - equivalent),
    unused,
  }
}

/** @param {Survivor} survivor */
export function survivorLine({ file, line, column, mutator, original, replacement }) {
  return `${file}:${line}:${column} ${mutator} ${original} -> ${replacement}`
}

/** @param {Omit<MutantResult, 'status'>} result @param {string} source @returns {Mutant} */
export function describeMutant(
  { fileName, location: { start, end }, mutatorName, replacement = '' },
  source,
) {
  const lines = source.split('\n').slice(start.line - 1, end.line)
  const [first = ''] = lines
  const last = lines.length - 1
  lines[last] = lines[last]?.slice(0, end.column - 1) ?? ''
  lines[0] = lines[0]?.slice(start.column - 1) ?? ''
  return {
    file: fileName,
    mutator: mutatorName,
    original: oneLine(lines.join('\n')),
    replacement: oneLine(replacement),
    in: oneLine(first),
  }
}

/** @param {Mutant} a @param {Mutant} b */
export function isSame(a, b) {
  return (
    a.file === b.file &&
    a.mutator === b.mutator &&
    a.original === b.original &&
    a.replacement === b.replacement &&
    a.in === b.in
  )
}

/** @param {string} text */
function oneLine(text) {
  const words = text.trim().replace(/\s+/g, ' ')
  return words.length > textLimit ? `${words.slice(0, textLimit)}…` : words
}

/** @param {number} part @param {number} whole */
function percentage(part, whole) {
  return whole === 0 ? 100 : (100 * part) / whole
}
