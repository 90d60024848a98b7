import { readSizeBudgets, type SizeBudget } from '../../scripts/size-budgets.mjs'
import type { Rule } from './package-tree.js'

/** The README's title, lead and sections, in this order; others may stand between them. */
export const readmeRule: Rule = ({ folder, manifest, files }) => {
  const readme = files.get('README.md') ?? ''
  const wanted = ['Install', 'Use', 'Errors']
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
 * A code that the sources name, to throw it or to promise it in a doc comment, has a row in the table of errors: in
 * this README, or in that of a package that this one depends on, to which the section then links.
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

/**
 * Whole imports, as a client has them, with a promised size; several of one package are separated by a semicolon.
 * Raising one is a decision, not an edit of a table.
 */
const promised: Readonly<Record<string, string>> = {
  core: 'applyAuth of core + AuthError of core + TransportError of core | 1.6',
  bearer: 'bearerAuth of bearer + authFetch of fetch | 9',
  'api-key': 'apiKeyAuth of api-key + authFetch of fetch | 9',
  oauth: 'oauthAuth of oauth + authFetch of fetch | 12',
  sigv4: 'sigV4Auth of sigv4 + authFetch of fetch | 13',
  'workload-identity': 'workloadIdentityAuth of workload-identity + authFetch of fetch | 11',
  'agent-identity': 'agentIdentityAuth of agent-identity + authFetch of fetch | 14',
  resolver:
    'createResolver of resolver + bearerAuth of bearer + apiKeyAuth of api-key + authFetch of fetch | 13',
  'shared-store':
    'sharedStore of shared-store + redisRecord of shared-store/redis | 7.5; sharedStore of shared-store + postgresRecord of shared-store/postgres | 7.6',
}

/**
 * Promises that were missed, in kB, up to a third above the goal. `## Size` of the README says what the goal is:
 * `The goal is 13 kB`.
 */
const missed: Readonly<Record<string, number>> = {
  'api-key': 11.25,
  bearer: 11.25,
  core: 2,
  oauth: 20.1,
  resolver: 16.2,
  sigv4: 16.25,
  'workload-identity': 12.7,
}

/**
 * The size table promises what was promised, and whole imports only: a client needs `authFetch` to send anything, and
 * a budget for a part has no meaning to it.
 */
export const sizeRule: Rule = ({ folder, files }) => {
  const path = `packages/${folder}/README.md`
  const budgets = readSizeBudgets(files.get('README.md') ?? '', folder)
  const promises = (promised[folder]?.split('; ') ?? []).map((text) => text.split(' | '))
  const importsOf = ({ imports }: SizeBudget) => imports.join(' + ')
  const parts = budgets.filter(
    (budget) =>
      !promises.some(([wanted]) => wanted === importsOf(budget)) &&
      !budget.imports.includes('authFetch of fetch'),
  )
  const problems = parts.map(
    ({ imports, line }) =>
      `${path}:${line}: ${imports.join(' + ')} is a part; promise a size for it with authFetch of fetch, or none`,
  )
  for (const [wanted = '', goal = ''] of promises) {
    const budget = budgets.find((found) => importsOf(found) === wanted)
    if (!budget) problems.push(`${path}: ## Size must have a row for ${wanted}, ${goal} kB`)
    const limit = missed[folder] ?? Number(goal)
    if (budget && budget.promisedBytes > limit * 1000)
      problems.push(`${path}:${budget.line}: promises more than the ${limit} kB that were promised`)
    if (limit > Number(goal) && !files.get('README.md')?.includes(`The goal is ${goal} kB`))
      problems.push(`${path}: ## Size must say: The goal is ${goal} kB`)
  }
  return problems
}
