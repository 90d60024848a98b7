import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { AuthError } from '../contract/auth-error.js'

/** @internal What to give to `spawn`. */
export interface Spawnable {
  readonly file: string
  readonly args: readonly string[]
  readonly verbatim: boolean
}

/**
 * @internal Prepares a command for `spawn` without a shell. Windows runs batch files only through `cmd.exe`, which
 * interprets their arguments in ways that no quoting prevents, so there they may have none.
 * @throws AuthError `ERR_AUTH_COMMAND_NOT_FOUND` (build)
 * @see https://nvd.nist.gov/vuln/detail/CVE-2024-27980
 */
export function spawnable(command: readonly string[], platform: NodeJS.Platform): Spawnable {
  const [file = '', ...args] = command
  if (platform !== 'win32' || !/\.(cmd|bat)[. ]*$/i.test(file)) return { file, args, verbatim: false }
  if (args.length > 0 || /["%!&|<>^\r\n]/.test(file)) {
    throw AuthError.build(
      'A Windows batch file cannot be a credential command with arguments; name the program itself, or a batch file without arguments',
      { code: 'ERR_AUTH_COMMAND_NOT_FOUND' },
    )
  }
  return {
    file: process.env['ComSpec'] ?? 'cmd.exe',
    args: ['/d', '/s', '/c', `""${file}""`],
    verbatim: true,
  }
}

/**
 * @internal The ends of a child's output that it, and what it starts, writes to, as Linux names them. Must be called
 * right after the start, before the child sends its output elsewhere. Empty on other systems.
 */
export function outputsOf({ pid }: ChildProcess): readonly string[] {
  if (pid === undefined || process.platform !== 'linux') return []
  return outputLinks(pid)
}

/**
 * @internal Kills a child that was started detached, with all that it started. Synchronous, so that it works when this
 * process is about to end.
 *
 * Descendants that have left the process group (`setsid`) are found by their parents, and on Linux also by the session
 * and the output that they share with the child.
 *
 * @param outputs see {@link outputsOf}
 */
export function killTree(
  child: ChildProcess,
  platform: NodeJS.Platform = process.platform,
  outputs: readonly string[] = [],
): void {
  const { pid } = child
  if (pid === undefined) return
  if (platform === 'win32') {
    spawn('taskkill', ['/pid', String(pid), '/t', '/f'], { stdio: 'ignore' }).on('error', () => child.kill())
  } else {
    const hasEnded = child.exitCode !== null || child.signalCode !== null
    const doomed = new Set(hasEnded ? [] : [pid])
    // A process that starts another one while it is being killed is why there is a second look.
    for (let look = 0; look < 3; look++) {
      const found = descendants(listProcesses(platform), doomed, pid, outputs)
      if (look > 0 && found.length === 0) break
      kill(-pid)
      for (const descendant of found) {
        doomed.add(descendant)
        kill(descendant)
      }
    }
  }
  // A grandchild of another user cannot be killed. Its hold on a pipe would keep this process alive.
  child.stdout?.destroy()
  child.stderr?.destroy()
}

interface ListedProcess {
  readonly pid: number
  readonly parent: number
  /** Undefined where the system does not tell. */
  readonly session: number | undefined
}

/** The processes that descend from `doomed`, or are in a session or hold an output of the child. */
function descendants(
  processes: readonly ListedProcess[],
  doomed: ReadonlySet<number>,
  leader: number,
  outputs: readonly string[],
): number[] {
  const found = new Set<number>()
  const isFound = ({ pid, parent, session = -1 }: ListedProcess) => {
    const isChild = doomed.has(parent) || found.has(parent)
    const isInSession = session === leader || doomed.has(session) || found.has(session)
    return isChild || isInSession || outputLinks(pid, outputs).length > 0
  }
  for (let size = -1; size < found.size; ) {
    size = found.size
    for (const each of processes) {
      const isOther = each.pid !== leader && each.pid !== process.pid && !found.has(each.pid)
      if (isOther && isFound(each)) found.add(each.pid)
    }
  }
  return [...found]
}

function listProcesses(platform: NodeJS.Platform): readonly ListedProcess[] {
  if (platform === 'linux') {
    return listFolder('/proc').flatMap((name) => (/^\d+$/.test(name) ? statusOf(Number(name)) : []))
  }
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=', '-o', 'ppid='], {
    encoding: 'utf8',
    timeout: 2000,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  return (stdout ?? '').split('\n').flatMap((line) => {
    const [pid, parent] = line.trim().split(/\s+/).map(Number)
    return pid && parent !== undefined ? [{ pid, parent, session: undefined }] : []
  })
}

/** @see https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
function statusOf(pid: number): ListedProcess[] {
  let status: string
  try {
    status = readFileSync(`/proc/${pid}/stat`, 'latin1')
  } catch {
    return []
  }
  // The second field is the program's name in parentheses, which may hold spaces and parentheses itself.
  const [state = 'X', parent, , session] = status.slice(status.lastIndexOf(')') + 2).split(' ')
  // A dead process keeps its entry until its parent has taken note.
  return /[ZX]/.test(state) ? [] : [{ pid, parent: Number(parent), session: Number(session) }]
}

/** Where standard output and standard error of a process lead; given `wanted`, only those in it. */
function outputLinks(pid: number, wanted?: readonly string[]): string[] {
  if (wanted?.length === 0) return []
  return ['1', '2'].flatMap((descriptor) => {
    try {
      const link = readlinkSync(`/proc/${pid}/fd/${descriptor}`)
      const isShared = /^(pipe|socket):/.test(link)
      return isShared && (wanted?.includes(link) ?? true) ? [link] : []
    } catch {
      return []
    }
  })
}

function listFolder(path: string): string[] {
  try {
    return readdirSync(path)
  } catch {
    return []
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended meanwhile, or belongs to another user.
  }
}
