// Compares OAuth clients: hostile responses that they survive, exchanges for 50 calls, and kB. Prints a Markdown table.
// The peers are in bench/oauth, a workspace of its own. `pnpm bench oauth openid-client` tries one.
import { fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { childEnvironment } from '../scripts/child-environment.mjs'
import { installApart } from '../scripts/workspace-apart.mjs'

const folder = fileURLToPath(new URL('./oauth', import.meta.url))
installApart(folder, ['ignore', 'ignore', 'inherit'])
const { contenders } = await import('./oauth/contenders.mjs')
const answers = await hostileAnswers()
const good = {
  access_token: 'planted-access',
  token_type: 'Bearer',
  expires_in: 3600,
  issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
}
let tokens = 0
const server = createServer((request, response) => {
  request.resume()
  const path = request.url?.slice(1) ?? ''
  if (path === 'count') response.end(String(tokens))
  else if (answers[Number(path)]) answers[Number(path)].answer(response, request)
  else {
    tokens += 1
    // Time enough for all calls of a storm to be there.
    setTimeout(
      () => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(good)),
      50,
    )
  }
})
// A client that is busy with a response for long must not find that its connection was closed meanwhile.
server.keepAliveTimeout = 0
await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)))
const address = server.address()
const origin = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`

console.log(
  `| client | as required, of ${answers.length} | hangs | memory | accepts | rejects | leaks | storm of 50 | 50 in a row | kB gzip |`,
)
console.log('|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|')
for (const { name, imports } of contenders) {
  if (process.argv.length > 2 && !process.argv.includes(name)) continue
  const { faults, storm, inRow } = await tried(name)
  const counts = ['hangs', 'memory', 'accepted', 'rejected', 'leaks'].map((fault) => faults[fault].length)
  const bad = counts.reduce((sum, count) => sum + count, 0)
  const kilobytes = (await gzipSize(imports)) / 1000
  console.log(
    `| ${[name, answers.length - bad, ...counts, storm, inRow, kilobytes.toFixed(1)].join(' | ')} |`,
  )
  for (const [fault, names] of Object.entries(faults))
    if (names.length > 0) console.error(`${name}, ${fault}: ${names.join('; ')}`)
}
server.closeAllConnections()
server.close()

/** The responses of the hostile tests. @returns {Promise<any[]>} */
async function hostileAnswers() {
  const scratch = mkdtempSync(join(tmpdir(), 'outbound-auth-bench-'))
  const outfile = join(scratch, 'hostile-answers.mjs')
  const entry = fileURLToPath(new URL('../test/slow/processes/hostile-answers.ts', import.meta.url))
  await build({ entryPoints: [entry], outfile, format: 'esm', platform: 'node' })
  const { hostileAnswers: answersOf } = await import(pathToFileURL(outfile).href)
  rmSync(scratch, { recursive: true, force: true })
  return answersOf()
}

/** @param {string} name @returns {Promise<any>} */
async function tried(name) {
  const all = answers.map((_, index) => index)
  // Memory that one response took would hide what the next one takes.
  const heavy = all.filter((index) => /bomb|endless|deep|many|MiB/.test(answers[index].name))
  const report = await run(
    name,
    all.filter((index) => !heavy.includes(index)),
  )
  for (const index of heavy) {
    const { faults } = await run(name, [index])
    for (const [fault, names] of Object.entries(faults)) report.faults[fault].push(...names)
  }
  return report
}

/** @param {string} name @param {number[]} indices @returns {Promise<any>} */
function run(name, indices) {
  const shown = answers.map((answer) => ({ name: answer.name, isGood: answer.results.includes('success') }))
  const limitMs = indices.some((index) => answers[index].name.includes('bomb')) ? 8000 : 2000
  const child = fork(join(folder, 'run-contender.mjs'), [name, origin, indices.join(), `${origin}/mcp`], {
    execArgv: ['--expose-gc'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { ...childEnvironment(), HOSTILE_ANSWERS: JSON.stringify(shown), LIMIT_MS: String(limitMs) },
  })
  return new Promise((resolve, reject) => {
    child.on('message', resolve)
    child.on('exit', (code) => reject(new Error(`${name} ended with ${code}`)))
  })
}

/** @param {string} imports */
async function gzipSize(imports) {
  const { outputFiles } = await build({
    stdin: {
      contents: imports,
      resolveDir: imports.includes('@outbound-auth') ? fileURLToPath(new URL('.', import.meta.url)) : folder,
    },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'es2022',
    logLevel: 'silent',
  })
  return gzipSync(outputFiles[0]?.contents ?? '', { level: 9 }).length
}
