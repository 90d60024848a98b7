// Times authentication where a request is sent: authFetch against the platform's fetch, and against what people write
// by hand in its place; the interceptor with a cached token against one with a literal. With `--baseline FOLDER`,
// another built checkout takes part. Exits with 1 when a promise is broken.
import { fork } from 'node:child_process'
import { createServer } from 'node:http'
import { resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import * as bearer from '@outbound-auth/bearer'
import * as sender from '@outbound-auth/fetch'
import { authInterceptor } from '@outbound-auth/undici'
import { measure, printTable } from './measure.mjs'

/** @typedef {typeof globalThis.fetch} Fetch */
/** @typedef {{ authFetch: typeof sender.authFetch, bearerAuth: typeof bearer.bearerAuth }} Packages */

const mostTimesByHand = 2.7
const mostOfBaseline = 0.45
const mostTimesLiteral = 1.15

const self = fileURLToPath(import.meta.url)
const token = 'secret-'.padEnd(120, 'x')
const path = '/v1/chat/completions'
const body = JSON.stringify({
  model: 'm',
  messages: [{ role: 'user', content: 'A question of some words. '.repeat(8) }],
})
const headers = { accept: 'application/json', 'content-type': 'application/json' }
const post = { method: 'POST', headers, body }

/** A wrapper as programs without a library have it. @param {string} origin @param {Fetch} fetch @returns {Fetch} */
function byHand(origin, fetch) {
  const allowed = new Set([origin])
  return (input, init) => {
    const url = new URL(/** @type {string} */ (input))
    if (!allowed.has(url.origin)) throw new Error('This origin must not see the token')
    const own = new Headers(init?.headers)
    own.set('authorization', `Bearer ${token}`)
    return fetch(url.href, { ...init, headers: own })
  }
}

/** @param {Packages} packages @param {string} origin @param {Fetch} fetch @returns {Fetch} */
function withPackages({ authFetch, bearerAuth }, origin, fetch) {
  return authFetch(bearerAuth({ token }), { allowedOrigins: [origin], fetch })
}

/** @param {string | undefined} folder @returns {Promise<Packages | undefined>} */
async function load(folder) {
  if (folder === undefined) return undefined
  const entry = (/** @type {string} */ name) =>
    import(pathToFileURL(resolve(folder, `packages/${name}/dist/index.js`)).href)
  return { ...(await entry('fetch')), ...(await entry('bearer')) }
}

/** Sends with each contender. @param {string} origin @param {Fetch} fetch @param {Packages | undefined} baseline */
function contenders(origin, fetch, baseline) {
  return {
    raw: fetch,
    'by hand': byHand(origin, fetch),
    authFetch: withPackages({ ...sender, ...bearer }, origin, fetch),
    ...(baseline && { baseline: withPackages(baseline, origin, fetch) }),
  }
}

/** @template T, U @param {Record<string, T>} record @param {(value: T) => U} map */
function mapValues(record, map) {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value)]))
}

/** @param {Packages | undefined} baseline @param {RequestInit} init */
function withoutNetwork(baseline, init) {
  const origin = 'https://api.example.com'
  const response = new Response('ok')
  const fetches = contenders(origin, async () => response, baseline)
  // On a busy machine V8 needs about twenty rounds to optimize; the median shall not be one of these.
  return measure(
    mapValues(fetches, (fetch) => () => fetch(origin + path, init)),
    { rounds: 81 },
  )
}

/** @param {Packages | undefined} baseline */
async function overLoopback(baseline) {
  // The server's work is not ours, so it has a process of its own.
  const child = fork(self, ['--serve'])
  const port = await new Promise((listening) => child.once('message', listening))
  const origin = `http://127.0.0.1:${port}`
  const fetches = contenders(origin, fetch, baseline)
  const run = (/** @type {Fetch} */ send) => async () => (await send(origin + path, post)).text()
  const medians = await measure(mapValues(fetches, run), { rounds: 101, roundMs: 60 })
  child.kill()
  return medians
}

/** Dispatches without a network, and answers at once. */
function interceptors() {
  const opts = { origin: 'https://api.example.com', path, ...post }
  const handler = { onResponseError() {} }
  const options = { allowedOrigins: [opts.origin] }
  const cached = bearer.bearerAuth({ token: async () => token, refreshIntervalMs: 3_600_000 })
  const providers = { literal: bearer.bearerAuth({ token }), cached }
  const dispatches = mapValues(providers, (auth) => authInterceptor(auth, options)(() => true))
  const run = (/** @type {ReturnType<ReturnType<typeof authInterceptor>>} */ dispatch) => () => {
    dispatch(/** @type {never} */ (opts), /** @type {never} */ (handler))
  }
  // Many short rounds: the two differ by less than a busy machine's rounds do.
  return { cached, measured: () => measure(mapValues(dispatches, run), { rounds: 301, roundMs: 5 }) }
}

async function main() {
  const at = process.argv.indexOf('--baseline')
  const baseline = await load(at === -1 ? undefined : process.argv[at + 1])
  const names = ['raw', 'by hand', 'authFetch', ...(baseline ? ['baseline'] : [])]
  const rows = {
    'POST without a network': await withoutNetwork(baseline, post),
    'GET without a network': await withoutNetwork(baseline, {}),
    'POST over loopback': await overLoopback(baseline),
  }
  console.log(`CPU microseconds of one request on Node ${process.version}, medians`)
  printTable([
    ['', ...names],
    ...Object.entries(rows).map(([name, medians]) => [
      name,
      ...names.map((key) => medians[key] ?? Number.NaN),
    ]),
  ])
  const { cached, measured } = interceptors()
  const { authFetch } = sender
  await authFetch(cached, { allowedOrigins: ['https://api.example.com'], fetch: async () => new Response() })(
    'https://api.example.com',
  )
  const { literal = Number.NaN, cached: supplied = Number.NaN } = await measured()
  printTable([
    ['interceptor', 'literal', 'cached'],
    ['POST without a network', literal, supplied],
  ])

  /** @param {Record<string, number>} medians @param {string} name */
  const surplus = (medians, name) => (medians[name] ?? Number.NaN) - (medians['by hand'] ?? Number.NaN)
  const stubbed = rows['POST without a network']
  const loopback = rows['POST over loopback']
  const results = [
    check(
      'authFetch / by hand',
      (stubbed['authFetch'] ?? Number.NaN) / (stubbed['by hand'] ?? Number.NaN),
      mostTimesByHand,
    ),
    check('interceptor, cached / literal', supplied / literal, mostTimesLiteral),
    ...(baseline
      ? [
          check(
            'loopback, surplus over by hand, authFetch / baseline',
            surplus(loopback, 'authFetch') / surplus(loopback, 'baseline'),
            mostOfBaseline,
          ),
        ]
      : []),
  ]
  process.exitCode = results.every(Boolean) ? 0 : 1
}

/** @param {string} what @param {number} ratio @param {number} most */
function check(what, ratio, most) {
  console.log(`${what}: ${ratio.toFixed(2)} (at most ${most})`)
  return ratio <= most
}

function serve() {
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.end('ok'))
  })
  server.keepAliveTimeout = 60_000
  server.listen(0, '127.0.0.1', () => process.send?.(/** @type {{ port: number }} */ (server.address()).port))
}

if (process.argv.includes('--serve')) serve()
else await main()
