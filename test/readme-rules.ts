import { readSizeBudgets } from '../scripts/size-budgets.mjs'
import type { Rule } from './package-tree.js'

/** The README's title, lead and sections, in this order; others may stand between them. */
export const readmeRule: Rule = ({ folder, manifest, files }) => {
  const readme = files.get('README.md') ?? ''
  const wanted = ['Install', 'Use', 'Errors', ...(manifest.bin ? [] : ['Size'])]
  const prose = readme.replace(/^```.*?^```$/gms, '')
  const found = Array.from(prose.matchAll(/^## (.+)$/gm), ([, title]) => title).filter((title) =>
    wanted.includes(title ?? ''),
  )
  const problems: string[] = []
  if (!readme.startsWith(`# @outbound-auth/${folder}\n\n`)) {
    problems.push(`README.md must begin with # @outbound-auth/${folder}`)
  }
  const lead = prose.split('\n\n')[1] ?? ''
  if (!/^[A-Za-z`*[]/.test(lead)) problems.push('README.md: a paragraph on what it is must follow the title')
  if (found.join() !== wanted.join()) {
    problems.push(`README.md must have the sections ${wanted.map((title) => `## ${title}`).join(', ')}`)
  }
  if (!manifest.bin && !/^## Use$.*?^```ts$/ms.test(readme))
    problems.push('README.md: ## Use has no ts block')
  return problems
}

/**
 * A code that the sources name, to throw it or to promise it in a doc comment, has a row in the table of errors: in this
 * README, or in that of a package that this one depends on, to which the section then links.
 */
export const errorTableRule: Rule = ({ manifest, files }, all) => {
  const named = new Set<string>()
  for (const [path, text] of files) {
    if (path.startsWith('src/'))
      for (const [code] of text.matchAll(/\bERR_AUTH_[A-Z_]*[A-Z]\b/g)) named.add(code)
  }
  const own = listedCodes(files)
  const dependencies = all.filter(({ manifest: { name } }) => name in (manifest.dependencies ?? {}))
  const inherited = dependencies.flatMap((tree) => listedCodes(tree.files))
  return [
    ...[...named]
      .filter((code) => !own.includes(code) && !inherited.includes(code))
      .map((code) => `README.md: ## Errors lacks ${code}`),
    ...own
      .filter((code) => !named.has(code) && !inherited.includes(code))
      .map((code) => `README.md: ## Errors lists ${code}, which no source names`),
  ]
}

function listedCodes(files: ReadonlyMap<string, string>): string[] {
  const [, section = ''] = (files.get('README.md') ?? '').split(/^## Errors$/m)
  const [table = ''] = section.split(/^## /m)
  return Array.from(table.matchAll(/^\| `(ERR_AUTH_[A-Z_]+)`/gm), ([, code = '']) => code)
}

/** The sizes that the project set out to keep: raising one is a decision, not an edit of a table. */
const promised: Readonly<Record<string, readonly string[]>> = {
  core: [
    'applyAuth of core + AuthError of core + TransportError of core | 1500 | everything',
    'cachedCredential of core | 1500 | everything',
  ],
  bearer: ['bearerAuth of bearer | 800 | own code'],
  'api-key': ['apiKeyAuth of api-key | 1000 | own code'],
  resolver: ['createResolver of resolver | 1500 | own code'],
  fetch: [
    'authFetch of fetch | 3000 | with engine',
    'authFetch of fetch + bearerAuth of bearer | 5000 | with a literal',
  ],
}

/** Goals that were missed, and what is kept instead; CONTRIBUTING.md says what was tried. None may grow beyond a quarter over its goal. */
const missed: Readonly<Record<string, number>> = {
  'cachedCredential of core': 1850,
  'createResolver of resolver': 1875,
  'authFetch of fetch': 3750,
  'authFetch of fetch + bearerAuth of bearer': 6250,
}

/** The size table can be read, and holds at least what was promised. */
export const sizeRule: Rule = ({ folder, manifest, files }) => {
  const budgets = readSizeBudgets(files.get('README.md') ?? '', folder)
  if (budgets.length === 0 && !manifest.bin) return ['README.md: ## Size has no row']
  const rows = budgets.map(({ imports, budgetBytes, scope }) => ({
    key: imports.sort().join(),
    budgetBytes,
    scope,
  }))
  return (promised[folder] ?? []).flatMap((promise) => {
    const [imports = '', goal, scope] = promise.split(' | ')
    const limit = Math.min(missed[imports] ?? Number(goal), Number(goal) * 1.25)
    const key = imports.split(' + ').sort().join()
    const kept = rows.some((row) => row.key === key && row.scope === scope && row.budgetBytes <= limit)
    return kept ? [] : [`README.md: ## Size must promise ${imports} | ${limit} | ${scope}`]
  })
}
