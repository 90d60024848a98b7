// Prevents claiming runtimes that nobody has tried: signs the same requests in Node, Bun, Deno, workerd and Chromium,
// compares every byte, times us against aws4fetch there, and gets OAuth tokens of a server that verifies each request.
// Needs a build; `CHROMIUM` names the browser's program.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { childEnvironment } from './child-environment.mjs'

/** @typedef {{ applyAuth: number, signRequest: number, aws4fetch: number }} Timing */
/** @typedef {{ signatures: string, oauth: string, timings: Timing[] }} Report */

const bench = fileURLToPath(new URL('../bench/', import.meta.url))
const { cases } = await import('../bench/runtime-check.mjs')
const { startOauthServer } = await import('../bench/runtime-oauth-server.mjs')
const oauthServer = await startOauthServer()
const folder = mkdtempSync(join(tmpdir(), 'outbound-auth-runtimes-'))
const limitMs = 120_000

/** @type {Record<string, () => Promise<Report>>} */
const runtimes = {
  'Node 20': () => print('npx', ['-y', '-p', 'node@20', 'node']),
  'Node 24': () => print('npx', ['-y', '-p', 'node@24', 'node']),
  Bun: () => print('npx', ['-y', '-p', 'bun', 'bun']),
  Deno: () => print('npx', ['-y', '-p', 'deno', 'deno', 'run', '--allow-all', '--no-lock']),
  workerd: inWorkerd,
  Chromium: inChromium,
}

/** @param {string} program @param {string[]} args @returns {Promise<Report>} */
async function print(program, args) {
  const child = spawn(program, [...args, 'runtime-print.mjs', oauthServer.origin], {
    cwd: bench,
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: limitMs,
    env: childEnvironment(),
  })
  let output = ''
  for await (const chunk of child.stdout) output += chunk
  return JSON.parse(output)
}

/** @returns {Promise<Report>} */
async function inWorkerd() {
  await bundle('runtime-worker.mjs', 'worker.mjs', ['workerd', 'worker', 'browser'])
  const port = await freePort()
  const config = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = (
    modules = [(name = "worker.mjs", esModule = embed "worker.mjs")],
    compatibilityDate = "2025-06-01",
  )), (name = "internet", network = (allow = ["private"]))],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);`
  writeFileSync(join(folder, 'config.capnp'), config)
  const child = spawn('npx', ['-y', '-p', 'workerd', 'workerd', 'serve', join(folder, 'config.capnp')], {
    stdio: 'inherit',
    detached: true,
    env: childEnvironment(),
  })
  try {
    const origin = `http://127.0.0.1:${port}`
    const signatures = await poll(`${origin}/signatures`)
    const oauth = await (await fetch(`${origin}/oauth?server=${oauthServer.origin}`)).text()
    /** @type {Timing[]} */
    const timings = []
    for (const index of cases.keys()) {
      const row = { applyAuth: Infinity, signRequest: Infinity, aws4fetch: Infinity }
      for (let round = 0; round < 9; round++) {
        for (const contender of /** @type {(keyof Timing)[]} */ (Object.keys(row))) {
          const ask = (/** @type {number} */ calls) =>
            fetch(`${origin}/?case=${index}&contender=${contender}&calls=${calls}`)
          const start = performance.now()
          await (await ask(200)).text()
          row[contender] = Math.min(row[contender], (1000 * (performance.now() - start)) / 200)
        }
      }
      timings.push(row)
    }
    return { signatures, oauth, timings }
  } finally {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
  }
}

/** @returns {Promise<Report>} */
async function inChromium() {
  const page = `import { signatures, timings } from './runtime-check.mjs'
import { oauthStatuses } from './runtime-oauth.mjs'
const oauth = await oauthStatuses('${oauthServer.origin}').catch((error) => String(error))
const body = JSON.stringify({ signatures: await signatures(), oauth, timings: await timings() })
fetch('/report', { method: 'POST', body })`
  writeFileSync(join(bench, '.runtime-page.mjs'), page)
  await bundle('.runtime-page.mjs', 'page.mjs', ['browser']).finally(() =>
    rmSync(join(bench, '.runtime-page.mjs')),
  )
  const { readFileSync } = await import('node:fs')
  /** @type {(report: Report) => void} */
  let resolve = () => {}
  /** @type {Promise<Report>} */
  const reported = new Promise((done) => {
    resolve = done
  })
  const server = createServer(async (request, response) => {
    if (request.method === 'POST') {
      let body = ''
      for await (const chunk of request) body += chunk
      resolve(JSON.parse(body))
      response.end()
    } else if (request.url === '/page.mjs') {
      response.setHeader('content-type', 'text/javascript').end(readFileSync(join(folder, 'page.mjs')))
    } else response.setHeader('content-type', 'text/html').end('<script type=module src=/page.mjs></script>')
  })
  const port = await freePort()
  await new Promise((listening) => server.listen(port, '127.0.0.1', () => listening(undefined)))
  const flags = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    `--user-data-dir=${join(folder, 'profile')}`,
  ]
  // 127.0.0.1 counts as a secure context, which Web Crypto needs.
  const child = spawn(process.env['CHROMIUM'] ?? 'chromium', [...flags, `http://127.0.0.1:${port}/`], {
    stdio: 'ignore',
    detached: true,
    env: childEnvironment(),
  })
  try {
    const failed = new Promise((_, reject) => child.on('error', reject))
    const late = new Promise((_, reject) =>
      setTimeout(() => reject(new Error('no report in time')), limitMs).unref(),
    )
    return /** @type {Report} */ (await Promise.race([reported, failed, late]))
  } finally {
    server.close()
    server.closeAllConnections()
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
  }
}

/** @param {string} entry @param {string} outfile @param {string[]} conditions */
function bundle(entry, outfile, conditions) {
  return build({
    entryPoints: [join(bench, entry)],
    outfile: join(folder, outfile),
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    conditions,
  })
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}

/** @param {string} url */
async function poll(url) {
  for (let tries = 0; tries < 600; tries++) {
    const response = await fetch(url).catch(() => undefined)
    if (response?.ok) return response.text()
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  throw new Error(`nothing answers at ${url}`)
}

/** @type {(string | number)[][]} */
const rows = [['runtime', 'case', 'applyAuth µs', 'signRequest µs', 'aws4fetch µs', 'applyAuth / aws4fetch']]
let expected = ''
let failures = 0
const only = process.argv.slice(2)
for (const [name, run] of Object.entries(runtimes)) {
  if (only.length > 0 && !only.includes(name)) continue
  try {
    const { signatures, oauth, timings } = await run()
    expected ||= signatures
    if (signatures !== expected) throw new Error('its signatures differ from those of the first runtime')
    const refused = oauth.split('\n').filter((line) => !line.endsWith(': 200 "taken" 200 "taken"'))
    if (refused.length > 0) throw new Error(`OAuth fails: ${refused.join('; ')}`)
    console.log(`${name}: ${oauth.split('\n').length} ways to an OAuth token work`)
    timings.forEach(({ applyAuth, signRequest, aws4fetch }, index) => {
      const ratio = applyAuth / aws4fetch
      if (ratio >= 1) failures += 1
      rows.push([name, cases[index]?.name ?? '', applyAuth, signRequest, aws4fetch, ratio])
    })
  } catch (error) {
    failures += 1
    console.error(`${name}: ${error instanceof Error ? error.message : error}`)
  }
}
oauthServer.close()
rmSync(folder, { recursive: true, force: true })
const { printTable } = await import('../bench/measure.mjs')
printTable(rows)
console.log(
  failures === 0
    ? 'All runtimes sign the same bytes, faster than aws4fetch, and get OAuth tokens.'
    : `${failures} failures`,
)
process.exit(failures === 0 ? 0 : 1)
