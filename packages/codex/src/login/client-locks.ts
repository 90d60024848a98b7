import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'

/** @internal The locks that Codex takes around its writes of `auth.json`. */
export interface ClientLocks {
  /**
   * Takes both locks, or continues without them: after 5 s, or if the program flock is missing. The write may hold the
   * only valid refresh token, so nothing prevents it.
   *
   * @returns a function that releases the locks
   */
  take(): Promise<() => void>
}

const waitMs = 5000

/**
 * @internal Codex locks `auth.lock` and then `auth.json.lock` with flock(2), which Node lacks. The program flock(1) of
 * util-linux and BusyBox takes the locks and runs `cat`. When this process closes the pipe or is killed, `cat` exits,
 * and the locks are released.
 *
 * @param folder the Codex home
 * @param program the path of flock, for tests
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

/** `cat` echoes its input as soon as both locks are held. */
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
