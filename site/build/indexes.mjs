// Prevents the mistake of a page that is in the sidebar alone: writes the front page, and the pages that list others.
import { existsSync } from 'node:fs'
import { listPackages, root } from '../../scripts/workspace.mjs'
import { readApi } from './api/read-api.mjs'
import { bodyOf, readSource, relink, summaryOf } from './markdown.mjs'
import { readServices } from './services.mjs'
import { parts } from './site-map.mjs'

/** The front page: the promise, five lines of code, the comparison. @param {ReadonlyMap<string, string>} pages */
export function renderFront(pages) {
  const front = readSource('site/front.md')
  const text = front.replace('<!-- comparison -->', comparison(pages))
  return {
    path: '/',
    title: '',
    text,
    head: { layout: 'page', sidebar: false, pageClass: 'front-page', editLink: false },
  }
}

function comparison(pages) {
  const source = 'docs/comparison.md'
  if (!existsSync(`${root}/${source}`))
    return relink(
      readSource('docs/footprint.md')
        .split('\n')
        .filter((line) => line.startsWith('|'))
        .join('\n'),
      'docs/footprint.md',
      pages,
    )
  const [first = ''] = bodyOf(readSource(source)).split(/^## /m)
  return `${relink(first.trim(), source, pages)}\n\n[More about each row](/comparison)`
}

/** The pages of lists. @param {ReadonlyMap<string, string>} pages */
export function renderIndexes(pages) {
  return [clients(), services(), comingFrom(), packages(pages), api()].map(([path, title, text]) => ({
    path,
    title,
    text: `# ${title}\n\n${text}`,
  }))
}

function clients() {
  const text = [
    'A client takes a `fetch`, a dispatcher of undici, or a function that returns a key. Each works. With `fetch` or a dispatcher, a rejected credential is renewed, and it goes nowhere else.',
    '',
    '| your client takes | you pass | after a 401 |',
    '|---|---|---|',
    '| a `fetch` | [`authFetch(auth, { allowedOrigins })`](/packages/fetch) | renewed once, sent again |',
    '| a dispatcher of undici | [`authInterceptor(auth, { allowedOrigins })`](/packages/undici) | renewed once, sent again |',
    '| a function that returns a key | [`asTokenSupplier(auth)`](/packages/bearer#as-an-sdks-key-function) | the 401 is yours |',
    '| a credential object of its own | [`@outbound-auth/core/shapes`](/packages/core#your-client) | as the SDK does |',
    '| a URL and headers | [`sendWithAuth`](/packages/core#your-client), or [`handshakeAuth`](/packages/core#websockets) | renewed, you send again |',
    '',
    '[A tested line for each of over 100 clients](/clients/table).',
    '',
    ...list('Recipes', parts.clientRecipes),
    ...list('Runtimes and test runners', parts.runtimeRecipes),
    ...list('In operation', parts.taskRecipes),
  ]
  return ['/clients/', 'Clients', text.join('\n')]
}

function services() {
  const rows = readServices(readApi()).map(
    ({ path, name, text }) => `| [${name}](${path}) | ${summaryOf(text)} |`,
  )
  const text = [
    'Each service below has a preset: its header, its base URL and the variable with its key. Any other service takes a [bearer token](/packages/bearer), an [API key](/packages/api-key), an [AWS signature](/packages/sigv4) or an [OAuth token](/packages/oauth).',
    '',
    '| service | credential |',
    '|---|---|',
    ...rows,
    '| [Amazon Bedrock](/packages/resolver#amazon-bedrock) | An API key or AWS signatures, chosen by `selectBedrock`. |',
    '| [S3, R2 and other services of AWS](/packages/sigv4#which-options-a-service-needs) | AWS signatures. |',
    '| [a Codex home](/packages/codex) | The login and the providers of Codex. |',
    '',
    ...list('Recipes', parts.serviceRecipes),
  ]
  return ['/services/', 'Services', text.join('\n')]
}

function comingFrom() {
  const rows = parts.comingFrom.map(
    ({ path, title, source }) => `| [${title}](${path}) | ${summaryOf(readSource(source))} |`,
  )
  const text = [
    'Each page shows what you have now and what replaces it.',
    '',
    '| you have | |',
    '|---|---|',
    ...rows,
  ]
  return ['/coming-from/', 'Coming from', text.join('\n')]
}

function packages(pages) {
  const rows = listPackages().map(
    ({ folder, manifest }) => `| [\`${folder}\`](/packages/${folder}) | ${manifest.description} |`,
  )
  const text = [
    'Install only what you need: a provider, and an adapter that sends. Both bring `core`.',
    '',
    '<Drawing name="packages" />',
    '',
    '| package | what it is |',
    '|---|---|',
    ...rows,
    '',
    relink('[How the packages depend on each other](docs/architecture.md)', 'README.md', pages),
  ]
  return ['/packages/', 'Packages', text.join('\n')]
}

function api() {
  const symbols = readApi()
  const rows = listPackages().map(({ folder, manifest }) => {
    const count = symbols.filter((symbol) => symbol.folder === folder).length
    return `| [${folder}](/api/${folder}/) | ${count} names | ${manifest.description} |`
  })
  const text = [
    'Made of the published declarations. Each name has a page.',
    '',
    '| package | | |',
    '|---|---|---|',
    ...rows,
  ]
  return ['/api/', 'API', text.join('\n')]
}

function list(title, found) {
  if (found.length === 0) return []
  const rows = found.map(
    (page) => `| [${page.title}](${page.path}) | ${summaryOf(readSource(page.source))} |`,
  )
  return [`## ${title}`, '', '| | |', '|---|---|', ...rows, '']
}
