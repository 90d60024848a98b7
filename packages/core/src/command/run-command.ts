import { checkOptions } from '../lib/check-options.js'
import { invalidOption } from '../lib/option-error.js'
import type { CommandOptions } from './command-options.js'

/** @internal */
export const runOptionNames: readonly string[] = ['command', 'cwd', 'env', 'timeoutMs']

/**
 * Runs a credential command and returns its standard output, trimmed.
 *
 * Standard input is empty and there is no terminal; output over 64 KiB ends the run. A command that has ended and has
 * printed something is done, also while a process that it started holds its output open. Of standard error only plain
 * words come into the error.
 *
 * @throws AuthError transient `ERR_AUTH_COMMAND_FAILED` (exit status, signal, a machine that is too busy to start it),
 * `ERR_AUTH_COMMAND_TIMEOUT`; build `ERR_AUTH_COMMAND_NOT_FOUND` (also: not executable, no such `cwd`, a Windows batch
 * file with arguments), `ERR_AUTH_COMMAND_OUTPUT` (empty, too long, not UTF-8)
 * @throws TypeError when an option is malformed
 * @throws the reason of `signal`, unchanged
 */
export async function runCommand(options: CommandOptions, signal?: AbortSignal): Promise<string> {
  const checked = checkCommand('runCommand', checkOptions('runCommand', options, runOptionNames))
  signal?.throwIfAborted()
  // Loading it takes several milliseconds, which a process that only reads files need not spend.
  const { runProcess } = await import('./run-process.js')
  signal?.throwIfAborted()
  return runProcess(checked, signal)
}

/** @internal Checks what `checkOptions` does not. @throws TypeError when an option is malformed */
export function checkCommand<T extends CommandOptions>(taker: string, options: T): T {
  const { command, cwd = '' } = options
  if (
    !Array.isArray(command) ||
    command.some((part) => typeof part !== 'string' || part.includes('\0')) ||
    !command[0]?.trim()
  ) {
    throw invalidOption(taker, 'command', 'a list of strings without NUL, the program first', command)
  }
  if (typeof cwd !== 'string') throw invalidOption(taker, 'cwd', 'the path of a folder', cwd)
  return options
}
