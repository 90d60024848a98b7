// Prevents the mistake of a promise that lives in two places: the table under "## Size" in a package's README is the
// only one.

/**
 * @typedef {object} SizeBudget
 * @property {string[]} imports `name of package[/subpath]`
 * @property {number} promisedBytes
 * @property {string[]} loadedLater modules that do not count, since only some requests load them with `import()`
 * @property {number} laterBytes what they take together
 * @property {number} line where the row stands in the README
 */

/**
 * Reads the rows of a size table: `` | `bearerAuth`, `authFetch` of `fetch` | 9 kB | | ``. A name from another package
 * is written with it, a name from a subpath likewise: `` `commandToken` of `bearer/command` ``. The last cell names
 * what is not counted, and promises a size for all of it: `` 21 kB: `sealed-box`, for a sealed task id ``.
 *
 * @param {string} readme
 * @param {string} folder the package whose README this is
 * @returns {SizeBudget[]}
 */
export function readSizeBudgets(readme, folder) {
  const lines = readme.split('\n')
  const start = lines.indexOf('## Size')
  if (start < 0) return []
  /** @type {SizeBudget[]} */
  const rows = []
  for (let index = start + 1; index < lines.length && !lines[index]?.startsWith('## '); index++) {
    const line = lines[index] ?? ''
    if (!line.startsWith('| `')) continue
    const [names = '', size = '', later = ''] = line
      .split('|')
      .slice(1)
      .map((cell) => cell.trim())
    const kilobytes = /^(\d+(?:\.\d+)?) kB$/.exec(size)?.[1]
    if (!kilobytes)
      throw new Error(`Cannot read the size row of packages/${folder}/README.md:${index + 1}: ${line}`)
    const imports = Array.from(names.matchAll(/`(\w+)`(?: of `([\w/-]+)`)?/g), ([, name, from]) => {
      return `${name} of ${from ?? folder}`
    })
    const loadedLater = Array.from(later.matchAll(/`([\w-]+)`/g), ([, name = '']) => name)
    const laterBytes = Number(/^(\d+(?:\.\d+)?) kB: /.exec(later)?.[1] ?? 0) * 1000
    if (loadedLater.length > 0 && laterBytes === 0)
      throw new Error(
        `What is loaded later has no size in packages/${folder}/README.md:${index + 1}: ${line}`,
      )
    rows.push({ imports, promisedBytes: Number(kilobytes) * 1000, loadedLater, laterBytes, line: index + 1 })
  }
  return rows
}

/**
 * Finds the sentence of a size section that says what the first row takes now: `It takes 13.4 kB at present.`
 *
 * @param {string} readme
 * @returns {{ statedBytes: number, line: number } | undefined}
 */
export function readStatedSize(readme) {
  const found = /\btakes (\d+(?:\.\d+)?) kB at present\b/.exec(readme)
  if (!found) return undefined
  return { statedBytes: Number(found[1]) * 1000, line: readme.slice(0, found.index).split('\n').length }
}

/**
 * Says that a README states another size than was measured. The releases of Node compress a little differently, so
 * a tenth of a kilobyte is allowed on top of what rounding takes.
 *
 * @param {string} readme its path
 * @param {{ statedBytes: number, line: number }} stated
 * @param {number} bytes what was measured
 */
export function statedSizeProblem(readme, { statedBytes, line }, bytes) {
  if (Math.abs(bytes - statedBytes) <= 150) return undefined
  return `${readme}:${line} says ${statedBytes / 1000} kB at present, and it is ${Math.round(bytes / 100) / 10} kB: write that`
}

/**
 * Says which row of a README does not hold, and what to do.
 *
 * @param {string} row file and line
 * @param {string} label the imports
 * @param {number} bytes what they take
 * @param {number} promised in bytes
 */
export function sizeProblem(row, label, bytes, promised) {
  const next = Math.ceil((bytes * 1.1) / 100) / 10
  return `${row} promises ${promised / 1000} kB for ${label}, which takes ${bytes} B: find what grew, or promise ${next} kB (10 % to spare) and say in the commit why`
}
