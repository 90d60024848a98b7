import { randomBytes } from 'node:crypto'
import { readFile, readlink } from 'node:fs/promises'
import { hostname } from 'node:os'
import { errnoOf, unless } from '../system/store-file-system.js'

/** Who holds a lock, as its file says it. */
export interface LockHolder {
  readonly pid: number
  /** When the process started, in clock ticks since the machine did; only Linux tells. */
  readonly start?: string | undefined
  /** Where `pid` means something: host, boot and namespace of process ids. */
  readonly machine: string
  /** Tells two stores of one process apart. */
  readonly nonce: string
}

/** What a system without `/proc`, or a process without the right to look at it, says. */
const absent = ['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'EINVAL']

/** This process, as a holder of a new lock. */
export async function describeHolder(): Promise<LockHolder> {
  const [status, boot = '', namespace = ''] = await Promise.all([
    statusOf(process.pid),
    unless(absent, readFile('/proc/sys/kernel/random/boot_id', 'utf8')),
    // In a container process ids begin anew, and its host name may be another container's too.
    unless(absent, readlink('/proc/self/ns/pid')),
  ])
  const machine = [hostname(), boot.trim(), namespace].join(' ')
  return { pid: process.pid, start: status?.start, machine, nonce: randomBytes(12).toString('hex') }
}

/** Reads what a lock's file holds; undefined when its writer has not come to the end of it. */
export function parseHolder(text: string): LockHolder | undefined {
  try {
    const { pid, start, machine, nonce } = JSON.parse(text)
    const isHolder = Number.isSafeInteger(pid) && pid > 0 && typeof machine === 'string'
    return isHolder ? { pid, start, machine, nonce } : undefined
  } catch {
    return undefined
  }
}

/**
 * Whether a holder is certainly gone. False when it lives, and when this process cannot know: on another machine, in
 * another container, or where a process id may have been given away again and no start time tells.
 */
export async function isGone(holder: LockHolder, observer: LockHolder): Promise<boolean> {
  if (holder.machine !== observer.machine) return false
  const status = holder.start === undefined ? undefined : await statusOf(holder.pid)
  // One that was killed keeps its id until its parent has taken note.
  if (status) return status.start !== holder.start || status.state === 'Z' || status.state === 'X'
  try {
    process.kill(holder.pid, 0)
    return false
  } catch (error) {
    return errnoOf(error) === 'ESRCH'
  }
}

/**
 * State and start of a process, where the system tells.
 *
 * @see https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
 */
async function statusOf(pid: number): Promise<{ state: string; start: string } | undefined> {
  // ESRCH: the process ended between opening and reading.
  const stat = await unless([...absent, 'ESRCH'], readFile(`/proc/${pid}/stat`, 'utf8'))
  // The second field is the program's name in parentheses, which may hold blanks and parentheses itself.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ') ?? []
  const [state, start] = [fields[0], fields[19]]
  return state !== undefined && start !== undefined ? { state, start } : undefined
}
