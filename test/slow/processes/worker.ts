import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

/** The loads that the project promises, instead of those of every run: `pnpm test:race`. */
export const isFull: boolean = process.env['MODE'] === 'full'

/** Starts a process of `workers/`, which ends with the test. */
export function startWorker(name: string, ...args: string[]): ChildProcess {
  const child = fork(fileURLToPath(new URL(`../workers/${name}.mjs`, import.meta.url)), args, {
    execArgv: ['--expose-gc'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

/** The next message of a process. */
export async function messageOf<T>(child: ChildProcess): Promise<T> {
  const [message] = await once(child, 'message')
  return message
}

/** Starts a process, and waits until it says that it is ready. */
export async function readyWorker(name: string, ...args: string[]): Promise<ChildProcess> {
  const child = startWorker(name, ...args)
  await messageOf(child)
  return child
}

/** The path of a file in a folder of its own, which is gone after the test. */
export async function temporaryPath(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'outbound-auth-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }))
  return join(folder, 'token.json')
}
