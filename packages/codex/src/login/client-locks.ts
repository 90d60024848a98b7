import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'

/** @internal The locks that Codex takes around its writes of `auth.json`. */
export interface ClientLocks {
  /**
   * Takes both, or does without: after 5 s, and where there is no program that can take them. What is to be written may
   * be the only refresh token that still works, so nothing keeps it from being written.
   *
   * @returns releases them
   */
  take(): Promise<() => void>
}

const waitMs = 5000

/**
 * @internal Codex locks `auth.lock` and then `auth.json.lock` with flock(2), which Node has not. The program flock(1)
 * of util-linux and BusyBox takes them and runs `cat` meanwhile, which ends, and with it the locks, when this process
 * closes the pipe or dies.
 *
 * @param folder the Codex home
 * @param program a test’s own flock
 */
export function clientLocks(folder: string, program = 'flock'): ClientLocks {
  let isMissing = process.platform === 'win32'

  async function take(): Promise<() => void> {
    if (isMissing) return () => {}
    const args = [join(folder, 'auth.lock'), program, join(folder, 'auth.json.lock'), 'cat']
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'ignore'] })
    child.stdin.on('error', () => {})
    const release = () => void child.stdin.end()
    const outcome = await started(child)
    if (outcome === 'missing') isMissing = true
    if (outcome !== 'held') {
      release()
      child.kill()
    }
    return release
  }

  return { take }
}

/** `cat` gives back what it is sent, but only once both locks are held. */
function started(
  child: ChildProcessByStdio<Writable, Readable, null>,
): Promise<'held' | 'missing' | 'failed' | 'late'> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve('late'), waitMs)
    const end = (outcome: 'held' | 'missing' | 'failed') => {
      clearTimeout(timer)
      resolve(outcome)
    }
    child.on('error', (error: NodeJS.ErrnoException) => end(error.code === 'ENOENT' ? 'missing' : 'failed'))
    child.on('close', () => end('failed'))
    child.stdout.once('data', () => end('held'))
    child.stdin.write('\n')
  })
}
