import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { expect, it } from 'vitest'

const source = new URL('../src/cached-credential.ts', import.meta.url).pathname

/** Runs a program with the cache in it, in a process of its own. */
async function run(program: string): Promise<{ stdout: string; tookMs: number }> {
  const contents = `import { cachedCredential } from ${JSON.stringify(source)}\n${program}`
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: '.', loader: 'js' },
    bundle: true,
    format: 'esm',
    write: false,
  })
  const startedAtMs = Date.now()
  const code = outputFiles[0]?.text ?? ''
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', code])
  return { stdout, tookMs: Date.now() - startedAtMs }
}

it('cachedCredential() keeps no finished process alive for a renewal in the background', async () => {
  const { stdout, tookMs } = await run(`
    let calls = 0
    const source = () => calls++ ? new Promise(() => {}) : { value: 'a', id: 'a', expiresAt: new Date(Date.now() + 400) }
    const cache = cachedCredential({ kind: 'test', source, timeoutMs: 20_000 })
    await cache.get()
    await new Promise((resolve) => setTimeout(resolve, 250))
    console.log(await cache.get())
    await new Promise((resolve) => setImmediate(resolve))
    console.log(calls)
  `)
  expect(stdout).toBe('a\n2\n')
  expect(tookMs).toBeLessThan(10_000)
})

it('cachedCredential() gives its time-out to whoever waits, even when nothing else is alive', async () => {
  const { stdout } = await run(`
    const cache = cachedCredential({ kind: 'test', source: () => new Promise(() => {}), timeoutMs: 100 })
    await cache.get().catch((error) => console.log(error.code))
  `)
  expect(stdout).toBe('ERR_AUTH_TIMEOUT\n')
})

it('cachedCredential() keeps no process alive for a caller that has given up', async () => {
  const { stdout, tookMs } = await run(`
    const cache = cachedCredential({ kind: 'test', source: () => new Promise(() => {}), timeoutMs: 20_000 })
    const abort = new AbortController()
    const waits = [cache.get({ signal: abort.signal }), cache.get({ signal: abort.signal })]
    abort.abort('enough')
    await Promise.all(waits).catch(console.log)
  `)
  expect(stdout).toBe('enough\n')
  expect(tookMs).toBeLessThan(10_000)
})
