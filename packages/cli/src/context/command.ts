import type { CommandArguments } from '../arguments/command-arguments.js'
import type { OptionName } from '../arguments/command-options.js'
import type { CommandIo } from './command-io.js'
import type { CommandMessages } from './command-messages.js'
import type { CommandOutput } from './command-output.js'

/** The surroundings of a running command. */
export interface CommandContext extends Omit<CommandIo, 'stdout' | 'stderr' | 'signal'> {
  readonly args: CommandArguments
  /** The whole table, for the help. */
  readonly commands: readonly Command[]
  readonly output: CommandOutput
  readonly messages: CommandMessages
  /** Reads the version of this package. */
  readonly readVersion: () => Promise<string>
  /** Calls a function when the command has ended, and waits for it: for connections. */
  readonly onEnd: (close: () => Promise<void>) => void
  /** Aborts on an interrupt, and when the reader of standard output has gone. */
  readonly signal: AbortSignal
}

/** A command of the table. */
export interface Command {
  readonly name: string
  readonly summary: string
  /** The words after the name in the usage line. */
  readonly usage: string
  readonly details: readonly string[]
  readonly options: readonly OptionName[]
  /** Imported when it is called, so that `--version` loads nothing of the rest. @returns the exit code */
  readonly load: () => Promise<(context: CommandContext) => Promise<number>>
}
