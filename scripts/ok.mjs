// Prevents the mistake of a gate that only CI knows: runs every gate, the same list everywhere, two at a time, and says at
// the end which passed. `pnpm ok lint size` runs only these and what they need, `pnpm ok --without lint size` all others.
import { spawn } from 'node:child_process'
import { childEnvironment } from './child-environment.mjs'
import { root } from './workspace.mjs'

/** @typedef {{ name: string, after?: string, quiet?: boolean }} Gate */

// The longest first. A gate that reads `dist` waits for the build.
/** @type {Gate[]} */
const gates = [
  { name: 'build', quiet: true },
  { name: 'test:coverage' },
  { name: 'check-pack', after: 'build' },
  { name: 'attw', after: 'build', quiet: true },
  { name: 'publint', after: 'build', quiet: true },
  { name: 'typecheck', after: 'build', quiet: true },
  { name: 'lint', quiet: true },
  { name: 'knip', quiet: true },
  { name: 'size', after: 'build' },
  { name: 'api', after: 'build' },
  { name: 'changesets' },
]

const isExclusion = process.argv[2] === '--without'
const named = process.argv.slice(isExclusion ? 3 : 2)
const unknown = named.filter((name) => !gates.some((gate) => gate.name === name))
if (unknown.length > 0) {
  console.error(`No such gate: ${unknown.join(', ')}. There are ${gates.map(({ name }) => name).join(', ')}.`)
  process.exit(1)
}
const isWanted = (/** @type {Gate} */ { name }) => named.length === 0 || named.includes(name) !== isExclusion
const needed = gates.filter(isWanted).flatMap(({ name, after }) => [name, after])
const waiting = gates.filter(({ name }) => needed.includes(name))

/** @type {Map<string, { ok: boolean, seconds: number }>} */
const results = new Map()
const started = performance.now()
await Promise.all([work(), work()])

console.log('\nGate            Result   Time')
for (const { name } of gates) {
  const result = results.get(name)
  if (result)
    console.log(
      `${name.padEnd(16)}${result.ok ? 'passed' : 'FAILED'} ${result.seconds.toFixed(1).padStart(5)} s`,
    )
}
const failed = [...results].filter(([, { ok }]) => !ok).map(([name]) => name)
const total = ((performance.now() - started) / 1000).toFixed(1)
console.log(failed.length > 0 ? `\nNot ok after ${total} s: ${failed.join(', ')}` : `\nAll ok in ${total} s`)
process.exit(failed.length > 0 ? 1 : 0)

/** Takes gates until none is left. */
async function work() {
  while (waiting.length > 0) {
    const index = waiting.findIndex(({ after }) => !after || results.has(after))
    const [gate] = index < 0 ? [] : waiting.splice(index, 1)
    // The build runs in the other worker.
    if (!gate) await new Promise((resolve) => setTimeout(resolve, 50))
    else if (gate.after && !results.get(gate.after)?.ok) results.set(gate.name, { ok: false, seconds: 0 })
    else await run(gate)
  }
}

/** @param {Gate} gate */
async function run({ name, quiet = false }) {
  const start = performance.now()
  // Output of two gates at a time would mix, so each is printed whole.
  const { output, code } = await pnpmRun(name)
  const seconds = (performance.now() - start) / 1000
  results.set(name, { ok: code === 0, seconds })
  console.log(`\n${code === 0 ? 'passed' : 'FAILED'}  ${name} (${seconds.toFixed(1)} s)`)
  if (code !== 0 || !quiet) console.log(output.trim().replace(/^/gm, '  '))
}

/**
 * @param {string} script
 * @returns {Promise<{ output: string, code: number | null }>}
 */
function pnpmRun(script) {
  return new Promise((resolve) => {
    const child = spawn(`pnpm --silent run ${script}`, {
      cwd: root,
      shell: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: childEnvironment(),
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text) => (output += text))
    child.on('close', (code) => resolve({ output, code }))
  })
}
