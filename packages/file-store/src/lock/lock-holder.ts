import { randomBytes } from 'node:crypto'
import { readFile, readlink } from 'node:fs/promises'
import { hostname } from 'node:os'
import { errnoOf, unless } from '../system/store-file-system.js'

/** The holder of a lock, as its file describes it. */
export interface LockHolder {
  readonly pid: number
  /** The start of the process, in clock ticks since the start of the machine. Only Linux provides it. */
  readonly start?: string | undefined
  /** The host, boot and namespace to which `pid` belongs. */
  readonly machine: string
  /** Tells two stores of one process apart. */
  readonly nonce: string
}

/** Error codes of a system without `/proc`, and of a process that may not read it. */
const absent = ['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'EINVAL']

/** This process, as a holder of a new lock. */
export async function describeHolder(): Promise<LockHolder> {
  const [status, boot = '', namespace = ''] = await Promise.all([
    statusOf(process.pid),
    unless(absent, readFile('/proc/sys/kernel/random/boot_id', 'utf8')),
    // Containers have their own process ids, and two containers may have the same host name.
    unless(absent, readlink('/proc/self/ns/pid')),
  ])
  const machine = [hostname(), boot.trim(), namespace].join(' ')
  return { pid: process.pid, start: status?.start, machine, nonce: randomBytes(12).toString('hex') }
}

/** Reads the file of a lock; undefined if it is not complete. */
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
 * Whether a holder is certainly gone. False if it is alive, and if this process cannot know: on another machine, in
 * another container, or if another process may have the same id and the system provides no start time.
 */
export async function isGone(holder: LockHolder, observer: LockHolder): Promise<boolean> {
  if (holder.machine !== observer.machine) return false
  const status = holder.start === undefined ? undefined : await statusOf(holder.pid)
  // A killed process keeps its id until its parent collects its status.
  if (status) return status.start !== holder.start || status.state === 'Z' || status.state === 'X'
  try {
    process.kill(holder.pid, 0)
    return false
  } catch (error) {
    return errnoOf(error) === 'ESRCH'
  }
}

/**
 * State and start of a process; undefined if the system does not provide them.
 *
 * @see https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
 */
async function statusOf(pid: number): Promise<{ state: string; start: string } | undefined> {
  // ESRCH: the process ended between opening and reading.
  const stat = await unless([...absent, 'ESRCH'], readFile(`/proc/${pid}/stat`, 'utf8'))
  // The second field is the program's name in parentheses, which may contain spaces and parentheses.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ') ?? []
  const [state, start] = [fields[0], fields[19]]
  return state !== undefined && start !== undefined ? { state, start } : undefined
}
