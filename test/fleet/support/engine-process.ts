import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, existsSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { childEnvironment } from '../../../scripts/child-environment.mjs'
import { untilListening } from '../../../scripts/local-port.mjs'

const startLimitMs = 60_000

/** A server on a port of its own, which a test can kill, stop and start again. */
export interface EngineProcess {
  readonly port: number
  start(): Promise<void>
  /** kill -9, as when the machine of the engine goes. Resolves when the process is gone. */
  kill(): Promise<void>
  /** The engine does nothing until `resume`. */
  suspend(): void
  resume(): void
}

/** How to start a server. */
export interface EngineCommand {
  readonly command: string
  readonly args: readonly string[]
  readonly port: number
  readonly log: string
  /** The user that the server runs as, if it refuses to run as root. */
  readonly user?: ServerUser | undefined
}

/** A user without rights of root. */
export interface ServerUser {
  readonly uid: number
  readonly gid: number
}

/** A server that ends with the test, and with the process of the tests. */
export function engineProcess({ command, args, port, log, user }: EngineCommand): EngineProcess {
  let child: ChildProcess | undefined
  const identity = user ? [`--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups'] : []
  const engine: EngineProcess = {
    port,
    async start() {
      const file = openSync(log, 'a')
      const started = spawn('setpriv', [...identity, '--pdeathsig', 'KILL', command, ...args], {
        stdio: ['ignore', file, file],
        env: childEnvironment(),
      })
      child = started
      await untilListening(port, started, { log, limitMs: startLimitMs })
    },
    async kill() {
      if (!child || child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    },
    suspend: () => void child?.kill('SIGSTOP'),
    resume: () => void child?.kill('SIGCONT'),
  }
  onTestFinished(() => engine.kill())
  return engine
}

/** Options of {@link runProgram}. */
export interface ProgramOptions {
  readonly user?: ServerUser | undefined
  readonly environment?: Readonly<Record<string, string>>
}

/** Runs a program to its end, and returns what it printed. */
export function runProgram(
  command: string,
  args: readonly string[],
  { user, environment = {} }: ProgramOptions = {},
): string {
  const identity = user ? { uid: user.uid, gid: user.gid } : {}
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    encoding: 'utf8',
    env: childEnvironment(environment),
    timeout: 300_000,
    ...identity,
  })
  if (status !== 0) throw new Error(`${command} failed: ${error?.message ?? stderr}${stdout}`)
  return stdout.trim()
}

/** A folder for the files of a server, which is gone after the test. */
export function scratchFolder(user?: ServerUser): string {
  const folder = mkdtempSync(join(tmpdir(), 'fleet-'))
  chmodSync(folder, 0o700)
  if (user) chownSync(folder, user.uid, user.gid)
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }))
  return folder
}

/** The first of these files that exists. */
export function firstFile(paths: readonly string[]): string | undefined {
  return paths.find((path) => existsSync(path))
}
