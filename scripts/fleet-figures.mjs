// Prevents the mistake of a figure in the documentation that nobody has measured: formats what `pnpm test:fleet` has
// measured as docs/shared-store.md.
import { cpus, totalmem } from 'node:os'

/**
 * @typedef {object} Figure
 * @property {'promised' | 'not promised' | 'others' | 'latency'} table
 * @property {string} name
 * @property {number} rounds
 * @property {number} refreshes
 * @property {number} reuses
 * @property {number} lost
 * @property {number} runs
 * @property {string} time
 */

const counted = '| case | rounds | refreshes | reuses | logins lost | time |\n|---|---|---|---|---|---|'

const others = [
  '8 processes keep the same login with `rotatingToken` in each store, all over ioredis. The locks of redlock and of',
  '`SET NX PX` end after 10 s, as in the README of redlock. The last round shows whether the login works.',
].join('\n')

/** The tables in their order. */
const tables = /** @type {const} */ ([
  { key: 'promised', title: 'What the store promises', head: counted },
  { key: 'not promised', title: 'What no store can promise', head: counted },
  { key: 'others', title: 'Beside other locks', head: `${others}\n\n${counted}` },
  { key: 'latency', title: 'Round trips', head: '| a request with | round trips to the engine |\n|---|---|' },
])

/** @param {string} lines one figure a line, as JSON */
export function figureTables(lines) {
  /** @type {Figure[]} */
  const figures = lines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
  const sections = tables.map(({ key, title, head }) => {
    const rows = figures.filter(({ table }) => table === key).map(rowOf)
    return rows.length === 0 ? '' : `## ${title}\n\n${[head, ...rows].join('\n')}\n`
  })
  return sections.filter((section) => section !== '').join('\n')
}

/** @param {Figure} figure */
function rowOf({ table, name, rounds, refreshes, reuses, lost, runs, time }) {
  if (table === 'latency') return `| ${name} | ${time} |`
  return `| ${name} | ${rounds} | ${refreshes} | ${reuses} | ${lost} of ${runs} | ${time} |`
}

/** The page with a head that says how its figures came about. @param {string} text of the tables */
export function formatPage(text) {
  const memory = Math.round(totalmem() / 2 ** 30)
  const machine = `${cpus().length} shared cores, ${memory} GiB, Node ${process.version}`
  const date = new Date().toISOString().slice(0, 10)
  return `${opening}

Measured with \`pnpm test:fleet\` on ${date}: ${machine}. Times depend on what else the machine does; counts do not.

${text}`
}

const opening = [
  '# Figures of shared-store',
  [
    'Processes share one login with [`sharedStore`](../packages/shared-store/README.md) and `rotatingToken` over real',
    'servers of Redis and PostgreSQL. In each round the API rejects the access token, and all processes send a request',
    'at the same time. A certified OAuth server counts refreshes and reuses. A reuse is a refresh token that was shown',
    'again after the server had replaced it; the server then revokes the login.',
  ].join('\n'),
  [
    'The time is that of the requests, from the start to the response of the API, or that of the slowest request.',
    '`pnpm test:fleet` writes this page.',
  ].join('\n'),
].join('\n\n')
