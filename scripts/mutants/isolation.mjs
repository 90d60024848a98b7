// Prevents the mistake of a mutant that kills what it finds: a change of `process.kill(-pid)` must not reach a process
// of the machine. Linux can run a command where it sees no process but its own.
import { spawnSync } from 'node:child_process'
import { childEnvironment } from '../child-environment.mjs'

/** The shell is process 1 inside, and reaps what its children leave. */
const shell = ['sh', '-c', '"$@"; exit $?', 'sh']
const alone = ['--pid', '--fork', '--mount-proc', '--kill-child']

/**
 * The words before a command that give it a process table of its own.
 *
 * @returns {string[] | undefined} undefined where the system does not allow it
 */
export function isolation() {
  // Root may do it directly; others where user namespaces are allowed.
  for (const options of [alone, ['--user', '--map-current-user', ...alone]]) {
    const words = ['unshare', ...options, ...shell]
    const [program = '', ...rest] = [...words, 'true']
    const { status } = spawnSync(program, rest, { stdio: 'ignore', env: childEnvironment() })
    if (status === 0) return words
  }
  return undefined
}
