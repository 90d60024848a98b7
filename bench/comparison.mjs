// Prints docs/comparison.md: what this library and those that people use instead do in five situations, each measured
// with the real package in a process of its own. Installs bench/comparison, a workspace that nothing else installs.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { childEnvironment } from '../scripts/child-environment.mjs'
import { environmentWithoutProxy, installApart, makeCertificate } from '../scripts/workspace-apart.mjs'

const folder = fileURLToPath(new URL('comparison/', import.meta.url))
const libraries = {
  ours: 'bearer, fetch',
  google: 'google-auth-library',
  azure: '@azure/identity',
  aws4fetch: 'aws4fetch',
  sdk: "an SDK's `apiKey` function",
  hand: '`fetch` with a header',
}

installApart(folder, ['ignore', 2, 2])
const certificates = await makeCertificate(folder)
const environment = environmentWithoutProxy({ NODE_EXTRA_CA_CERTS: `${certificates}/cert.pem` })

const situations = [
  [
    'calls of the token source, 50 requests at once',
    (/** @type {string} */ name) => count('together', name, ({ calls }) => calls),
  ],
  [
    'renewals, 20 late 401s of one dead token',
    (name) => count('dead', name, ({ renewals, sent, of }) => `${renewals}, ${sent} of ${of} succeed`),
  ],
  [
    'issuer down, token valid for 60 s',
    (name) => count('outage', name, ({ sent, of }) => `${sent} of ${of} sent`),
  ],
  [
    'key that a redirect takes to another origin',
    (name) =>
      count('redirect', name, ({ leaked }) => leaked.map((each) => `\`${each}\``).join(', ') || 'none'),
  ],
  [
    '8 processes, one rotating refresh token',
    (name) =>
      rotating(name, ({ sent, of, reused }) => `${sent} of ${of} authorised, ${reused} old tokens shown`),
  ],
]
console.log(`| | ${Object.values(libraries).join(' | ')} |`)
console.log(`|---|${'---|'.repeat(Object.keys(libraries).length)}`)
for (const [title, measure] of situations)
  console.log(`| ${title} | ${Object.keys(libraries).map(measure).join(' | ')} |`)

/** @param {string} row @param {string} name @param {(counted: any) => unknown} tell */
function count(row, name, tell) {
  if (name === 'aws4fetch' && row !== 'redirect') return 'n/a'
  return tell(measured(['measure-row.mjs', row, name]))
}

/** @param {string} name @param {(counted: any) => unknown} tell */
function rotating(name, tell) {
  return name === 'ours' || name === 'google' ? tell(measured(['rotating.mjs', name])) : 'n/a'
}

/** @param {string[]} args */
function measured(args) {
  const { stdout, status } = spawnSync(process.execPath, ['--no-warnings', ...args], {
    cwd: folder,
    env: childEnvironment(environment, {}),
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  if (status !== 0) throw new Error(`node ${args.join(' ')} ended with ${status}`)
  return JSON.parse(stdout)
}
