import { execFile, spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { runCommand } from '../../src/command/index.js'

const isWindows = process.platform === 'win32'
const sourceOf = (name: string) => fileURLToPath(new URL(`../../src/${name}.ts`, import.meta.url))

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    // A dead process keeps its id until its parent has taken note.
    const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' })
    return !stdout.trim().startsWith('Z')
  } catch {
    return false
  }
}

/** Kills what a failing test leaves behind. */
function killLater(pid: number): number {
  onTestFinished(() => {
    if (isAlive(pid)) process.kill(pid, 'SIGKILL')
  })
  return pid
}

/** Waits until a process has written its id into a file. */
async function writtenPid(file: string): Promise<number> {
  const pidOf = () => readFile(file, 'utf8').then(Number, () => 0)
  await expect.poll(pidOf).toBeGreaterThan(0)
  return pidOf()
}

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'outbound-auth-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  return folder
}

/** Runs a program with commands in it in a process of its own. */
async function run(program: string): Promise<{ stdout: string; tookMs: number }> {
  const contents = `
    import { cachedToken } from ${JSON.stringify(sourceOf('provider'))}
    import { commandToken, runCommand } from ${JSON.stringify(sourceOf('command/index'))}
    ${program}`
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: '.', loader: 'js' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    write: false,
  })
  // A file, because an argument of a program has at most 128 KiB.
  const file = join(await temporaryFolder(), 'program.mjs')
  await writeFile(file, outputFiles[0]?.text ?? '')
  const startedAtMs = Date.now()
  const { stdout } = await promisify(execFile)(process.execPath, [file])
  return { stdout, tookMs: Date.now() - startedAtMs }
}

describe.skipIf(isWindows)('runCommand()', () => {
  it('is done when the command has ended, also while its child holds standard output open', async () => {
    const output = await runCommand({
      command: ['sh', '-c', 'sleep 60 & echo $!; echo token'],
      timeoutMs: 20_000,
    })
    const [pid = '', token] = output.split('\n')
    killLater(Number(pid))
    expect(token).toBe('token')
    expect(isAlive(Number(pid))).toBe(true)
  })

  it('reads all that was written, also when this process was busy meanwhile', async () => {
    const command = ['sh', '-c', 'sleep 5 & printf first; sleep 0.1; printf second']
    const running = runCommand({ command, timeoutMs: 20_000 })
    for (let round = 0; round < 8; round++) {
      await new Promise((resolve) => setTimeout(resolve, 20))
      for (const endMs = performance.now() + 150; performance.now() < endMs; );
    }
    expect(await running).toBe('firstsecond')
  })

  it('reads all of 64 KiB of a command that leaves a child with its output behind', async () => {
    const command = [process.execPath, '-e']
    const start = "require('node:child_process').spawn('sleep', ['5'], { stdio: 'inherit' }).unref()"
    command.push(`process.stdout.write('a'.repeat(65536), () => { ${start}; process.exit() })`)
    expect(await runCommand({ command, timeoutMs: 20_000 })).toHaveLength(65_536)
  })

  it('says how a command failed, also while its child holds standard error open', async () => {
    const file = join(await temporaryFolder(), 'get-token')
    await writeFile(file, '#!/bin/sh\nsleep 60 & echo "You are not logged in" >&2\nexit 3\n', { mode: 0o700 })
    await expect(runCommand({ command: [file], timeoutMs: 20_000 })).rejects.toMatchObject({
      code: 'ERR_AUTH_COMMAND_FAILED',
      message: 'The credential command get-token exited with status 3: You are not logged in',
    })
  })

  it('waits for a child to which a command has left the printing', async () => {
    const command = ['sh', '-c', '(sleep 0.3; echo late) & exit 0']
    expect(await runCommand({ command, timeoutMs: 20_000 })).toBe('late')
  })

  const idle = `sh -c 'echo $$ > "$F"; exec sleep 60'`
  it.each([
    ['of the same group', `${idle} & wait`],
    ['of another session (setsid)', `setsid ${idle} & wait`],
    ['of another group (job control)', `set -m; ${idle} & wait`],
    ['of another session, two levels down', `setsid sh -c '${idle.replaceAll("'", `'"'"'`)} & wait' & wait`],
    ['of another session, whose parent has ended', `(setsid ${idle} &); sleep 60`],
    ['of another session, without output', `setsid ${idle} > /dev/null 2>&1 & wait`],
  ])('kills a process %s when the caller aborts', async (_, script) => {
    const file = join(await temporaryFolder(), 'pid')
    const abort = new AbortController()
    const command = ['sh', '-c', script]
    const running = runCommand({ command, env: { ...process.env, F: file }, timeoutMs: 60_000 }, abort.signal)
    const failure = running.catch((error) => error)
    const pid = killLater(await writtenPid(file))
    abort.abort('enough')
    expect(await failure).toBe('enough')
    await expect.poll(() => isAlive(pid), { timeout: 5000 }).toBe(false)
  })

  it('kills a process of another session when the time is over', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const file = join(await temporaryFolder(), 'pid')
    const command = ['sh', '-c', `setsid ${idle} & wait`]
    const running = runCommand({ command, env: { ...process.env, F: file }, timeoutMs: 600_000 })
    const failure = running.catch((error) => error)
    const pid = killLater(await writtenPid(file))
    expect(isAlive(pid)).toBe(true)
    vi.advanceTimersByTime(600_000)
    vi.useRealTimers()
    expect(await failure).toMatchObject({ code: 'ERR_AUTH_COMMAND_TIMEOUT' })
    await expect.poll(() => isAlive(pid), { timeout: 5000 }).toBe(false)
  })
})

describe.skipIf(isWindows)('a process that runs a command', () => {
  it('ends soon when every caller of a cached commandToken() has given up, and ends the command', async () => {
    const { stdout, tookMs } = await run(`
      const command = ['sh', '-c', 'echo $$ >&2; exec sleep 60']
      const cache = cachedToken({ kind: 'test', source: commandToken({ command, timeoutMs: 30_000 }) })
      const abort = new AbortController()
      const waits = [cache.get({ signal: abort.signal }), cache.get({ signal: abort.signal })]
      setTimeout(() => abort.abort('enough'), 300)
      await Promise.all(waits).catch(console.log)`)
    expect(stdout).toBe('enough\n')
    expect(tookMs).toBeLessThan(15_000)
  })

  it('waits for the command as long as a caller waits', async () => {
    const { stdout } = await run(`
      const command = ['sh', '-c', 'sleep 1; echo token']
      const cache = cachedToken({ kind: 'test', source: commandToken({ command, timeoutMs: 30_000 }) })
      console.log(await cache.get())`)
    expect(stdout).toBe('token\n')
  })

  it('waits for a runCommand() and a commandToken() that no cache has called', async () => {
    const { stdout } = await run(`
      const command = ['sh', '-c', 'sleep 0.5; echo token']
      console.log(await runCommand({ command, timeoutMs: 30_000 }))
      const signal = AbortSignal.timeout(30_000)
      console.log(await commandToken({ command, timeoutMs: 30_000 })({ signal, forceRefresh: false }))`)
    expect(stdout).toBe("token\n{ token: 'token' }\n")
  })

  it('ends a command that runs when it exits', async () => {
    const { stdout } = await run(`
      import { spawnSync } from 'node:child_process'
      void runCommand({ command: ['sh', '-c', 'setsid sleep 61.25 & wait'], timeoutMs: 60_000 })
      let pid
      while (!pid) {
        await new Promise((resolve) => setTimeout(resolve, 50))
        const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=', '-o', 'args='], { encoding: 'utf8' })
        pid = /(\\d+) sleep 61\\.25/.exec(stdout)?.[1]
      }
      console.log(pid)
      process.exit()`)
    const pid = killLater(Number(stdout))
    expect(pid).toBeGreaterThan(0)
    await expect.poll(() => isAlive(pid), { timeout: 5000 }).toBe(false)
  })
})
