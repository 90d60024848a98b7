// Prevents the mistake of a text that has no place: the map of the site, in the order of its sidebar. Recipes and
// guides are found by globs, so a new file needs no edit here.
import { existsSync, readdirSync } from 'node:fs'
import { listPackages, root } from '../../scripts/workspace.mjs'
import { readSource, titleOf } from './markdown.mjs'

/** @typedef {{ path: string, source: string, title: string }} Page a page that is one file of the repository */

/** The recipes that are about a client, in order; a recipe with another name is about a service or a task. */
const clients = 'openai anthropic ai-sdk mcp axios ky octokit aws-sdk azure-sdk grpc websocket'.split(' ')
const runtimes = 'nextjs cloudflare-workers react-native jest vitest-and-msw'.split(' ')
const tasks = 'debugging-a-401 rotating-keys proxies opentelemetry'.split(' ')

const guide = (name, path = `/${name}`) => page(`docs/guide/${name}.md`, path)
const recipes = pagesIn('docs/recipes', '/recipes/')
const named = (names) => names.flatMap((name) => recipes.filter(({ path }) => path === `/recipes/${name}`))

const placed = {
  start: guide('start'),
  clients: page('docs/clients.md', '/clients/table'),
  clientRecipes: named(clients),
  runtimeRecipes: named(runtimes),
  taskRecipes: named(tasks),
  serviceRecipes: recipes.filter(
    ({ path }) => ![...clients, ...runtimes, ...tasks].includes(path.replace('/recipes/', '')),
  ),
  howItWorks: guide('how-it-works'),
  comingFrom: pagesIn('docs/coming-from', '/coming-from/'),
  yourClient: guide('your-client'),
  writeAProvider: guide('write-a-provider'),
  sharedTokens: guide('shared-tokens'),
  packages: listPackages().map(({ folder }) => ({
    ...page(`packages/${folder}/README.md`, `/packages/${folder}`),
    title: folder,
  })),
  security: [guide('security'), { ...page('SECURITY.md', '/security-policy'), title: 'Security policy' }],
  measurements: [
    guide('measurements'),
    ...optional('docs/comparison.md', '/comparison'),
    page('bench/README.md', '/measurements/benchmarks'),
    page('docs/footprint.md', '/measurements/footprint'),
    page('docs/oauth-comparison.md', '/measurements/oauth-clients'),
    page('docs/workload-identity.md', '/measurements/workload-identity'),
    page('docs/shared-store.md', '/measurements/shared-store'),
    page('docs/login-accidents.md', '/measurements/login-accidents'),
    page('docs/mutation.md', '/measurements/mutation-tests'),
  ],
  codex: [
    page('docs/codex-differences.md', '/codex/differences'),
    page('docs/decision-table.md', '/codex/decision-table'),
  ],
}
const architecture = { ...page('docs/architecture.md', '/architecture'), title: 'Architecture' }

/** All pages that are files, by the part of the site to which they belong. */
export const parts = { ...placed, others: [architecture, ...unplaced()] }

/** All pages that are files. @type {Page[]} */
export const filePages = Object.values(parts).flat()

/** The pages by file and by folder, to find the page of a link. */
export const pageOfFile = new Map([
  ...filePages.map(({ source, path }) => /** @type {const} */ ([source, path])),
  ...listPackages().flatMap(({ folder }) => [
    /** @type {const} */ ([`packages/${folder}`, `/packages/${folder}`]),
    /** @type {const} */ ([`packages/${folder}/api.md`, `/api/${folder}/`]),
    /** @type {const} */ ([`packages/${folder}/CHANGELOG.md`, `/changes#${folder}`]),
  ]),
  ['README.md', '/'],
  ['docs/errors.md', '/errors/'],
  ['docs/recipes', '/clients/'],
  ['docs/coming-from', '/coming-from/'],
])

/** Pages that are neither named above nor generated, so that a new file in docs is not forgotten. */
function unplaced() {
  const known = new Set([
    'docs/errors.md',
    ...[architecture, ...Object.values(placed)].flat().map(({ source }) => source),
  ])
  return readdirSync(`${root}/docs`)
    .filter((name) => name.endsWith('.md') && !known.has(`docs/${name}`))
    .map((name) => page(`docs/${name}`, `/${name.slice(0, -3)}`))
}

function pagesIn(folder, prefix) {
  if (!existsSync(`${root}/${folder}`)) return []
  return readdirSync(`${root}/${folder}`)
    .filter((name) => name.endsWith('.md') && name !== 'README.md')
    .sort()
    .map((name) => page(`${folder}/${name}`, prefix + name.slice(0, -3)))
}

function optional(source, path) {
  return existsSync(`${root}/${source}`) ? [page(source, path)] : []
}

/** @returns {Page} */
function page(source, path) {
  return { path, source, title: titleOf(readSource(source)) }
}
