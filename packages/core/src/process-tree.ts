import { type ChildProcess, spawn } from 'node:child_process'
import { AuthError } from './auth-error.js'

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

/** @internal Kills a child that was started detached, with all that it started. */
export function killTree(child: ChildProcess, platform: NodeJS.Platform = process.platform): void {
  const { pid } = child
  if (pid === undefined) return
  if (platform === 'win32') {
    spawn('taskkill', ['/pid', String(pid), '/t', '/f'], { stdio: 'ignore' }).on('error', () => child.kill())
  } else {
    try {
      process.kill(-pid, 'SIGKILL')
    } catch {
      // It has ended meanwhile, or belongs to somebody else.
    }
  }
  // A grandchild may have left the group and still hold a pipe, which would keep this process alive.
  child.stdout?.destroy()
  child.stderr?.destroy()
}
