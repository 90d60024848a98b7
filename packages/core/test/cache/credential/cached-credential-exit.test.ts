import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { expect, it, onTestFinished } from 'vitest'

const source = fileURLToPath(new URL('../../../src/cache/cached-credential.ts', import.meta.url))

/** Runs a program with the cache in it, in a process of its own, and returns what it printed until it ended. */
async function run(program: string): Promise<string> {
  const contents = `import { cachedCredential } from ${JSON.stringify(source)}\n${program}`
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: '.', loader: 'js' },
    bundle: true,
    format: 'esm',
    write: false,
  })
  // A file, because an argument of a program has at most 128 KiB.
  const folder = await mkdtemp(join(tmpdir(), 'outbound-auth-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const file = join(folder, 'program.mjs')
  await writeFile(file, outputFiles[0]?.text ?? '')
  const { stdout } = await promisify(execFile)(process.execPath, [file])
  return stdout
}

it('cachedCredential() keeps no finished process alive for a renewal in the background', async () => {
  // A process that is kept alive prints the end of the renewal, after its time limit.
  const stdout = await run(`
    let calls = 0
    let nowMs = 0
    const source = () => calls++ ? new Promise(() => {}) : { value: 'a', id: 'a', expiresAt: new Date(1000) }
    const observer = ({ type, code }) => console.log(type, code ?? '')
    const cache = cachedCredential({ kind: 'test', source, observer, now: () => new Date(nowMs), timeoutMs: 5000 })
    await cache.get()
    nowMs = 700
    console.log(await cache.get())
  `)
  expect(stdout.split(/\s+/)).toEqual(['refresh-started', 'refresh-ended', 'refresh-started', 'a', ''])
})

it('cachedCredential() gives its time-out to whoever waits, even when nothing else is alive', async () => {
  const stdout = await run(`
    const cache = cachedCredential({ kind: 'test', source: () => new Promise(() => {}), timeoutMs: 100 })
    await cache.get().catch((error) => console.log(error.code))
  `)
  expect(stdout).toBe('ERR_AUTH_TIMEOUT\n')
})

it('cachedCredential() keeps no process alive for a caller that has given up', async () => {
  const stdout = await run(`
    let begin
    const begun = new Promise((resolve) => (begin = resolve))
    const source = () => new Promise(begin)
    const observer = ({ type, code }) => console.log(type, code ?? '')
    const cache = cachedCredential({ kind: 'test', source, observer, timeoutMs: 5000 })
    const abort = new AbortController()
    const waits = [cache.get({ signal: abort.signal }), cache.get({ signal: abort.signal })]
    await begun
    abort.abort('enough')
    await Promise.all(waits).catch((reason) => console.log(reason))
  `)
  expect(stdout.split(/\s+/)).toEqual(['refresh-started', 'enough', ''])
})
