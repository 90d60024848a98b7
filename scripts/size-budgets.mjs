// Prevents the mistake of a budget that lives in two places: the table under "## Size" in a package's README is the only one.

/**
 * @typedef {'own code' | 'own code on Node' | 'with engine' | 'with a literal' | 'everything'} SizeScope
 * @typedef {{ imports: string[], budgetBytes: number, scope: SizeScope }} SizeBudget
 */

/**
 * Reads the rows of a size table: `` | `bearerAuth` | 0.8 kB | own code | ``. A name from another package is written with
 * it: `` `bearerAuth` of `bearer` ``; a name from a subpath likewise: `` `commandToken` of `bearer/command` ``.
 *
 * @param {string} readme
 * @param {string} folder the package whose README this is
 * @returns {SizeBudget[]}
 */
export function readSizeBudgets(readme, folder) {
  const [, section = ''] = readme.split(/^## Size$/m)
  const [table = ''] = section.split(/^## /m)
  return table
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => {
      const [names = '', budget = '', scope = ''] = line
        .slice(1)
        .split('|')
        .map((cell) => cell.trim())
      // A footnote says what the goal is where the budget is not.
      const kilobytes = /^(\d+(?:\.\d+)?) kB ?[¹²³]?$/.exec(budget)?.[1]
      if (!kilobytes || !isScope(scope)) throw new Error(`Cannot read size row of ${folder}: ${line}`)
      const imports = Array.from(names.matchAll(/`(\w+)`(?: of `([\w/-]+)`)?/g), ([, name, from]) => {
        return `${name} of ${from ?? folder}`
      })
      return { imports, budgetBytes: Number(kilobytes) * 1000, scope }
    })
}

/**
 * @param {string} scope
 * @returns {scope is SizeScope}
 */
function isScope(scope) {
  return ['own code', 'own code on Node', 'with engine', 'with a literal', 'everything'].includes(scope)
}
