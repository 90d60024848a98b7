// Prevents the mistake of a mutant that ends the run itself: a changed search for the descendants of a command may find
// all processes, and those of Stryker are among them.
import { readFileSync } from 'node:fs'

const isGuarded = Symbol.for('outbound-auth:spare-runners')
const marks = /** @type {Record<symbol, boolean>} */ (/** @type {unknown} */ (process))

if (!marks[isGuarded]) {
  marks[isGuarded] = true
  const kill = process.kill.bind(process)
  process.kill = (pid, signal) => {
    // As Node answers for a process that does not exist.
    if (isRunner(pid)) throw Object.assign(new Error('kill ESRCH'), { code: 'ESRCH', syscall: 'kill' })
    return kill(pid, signal)
  }
}

/**
 * Whether this id, or group if it is negative, is a process of Stryker's. -1 is every process, 0 the own group.
 *
 * @param {number} pid
 */
function isRunner(pid) {
  if (pid === 0 || pid === -1) return true
  try {
    return readFileSync(`/proc/${Math.abs(pid)}/cmdline`, 'utf8').includes('stryker')
  } catch {
    return false
  }
}
