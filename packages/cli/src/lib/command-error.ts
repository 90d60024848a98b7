/** The class of an error; it decides the exit code. */
export type ErrorClass =
  | 'usage'
  | 'config'
  | 'auth'
  | 'http'
  | 'network'
  | 'interrupted'
  | 'internal'
  | 'system'

/** Options of {@link CommandError}. */
export interface CommandErrorOptions {
  readonly class: ErrorClass
  readonly code: string
  /** @default 'build' */
  readonly kind?: CommandErrorKind | undefined
  /** @default decided by `class` */
  readonly exitCode?: number | undefined
}

/** `build`: the user has to change something first; errors of the other kinds may pass. */
export type CommandErrorKind = 'build' | 'transient' | 'network' | 'timeout' | 'http' | 'aborted'

/** A failure of the command itself, ready to be shown: its message holds no secret. */
export class CommandError extends Error {
  override readonly name: string = 'CommandError'
  readonly class: ErrorClass
  readonly code: string
  readonly kind: CommandErrorKind
  readonly exitCode: number | undefined

  constructor(message: string, options: CommandErrorOptions) {
    super(message)
    this.class = options.class
    this.code = options.code
    this.kind = options.kind ?? 'build'
    this.exitCode = options.exitCode
  }
}

/** The command line is wrong. */
export function usageError(message: string): CommandError {
  return new CommandError(message, { class: 'usage', code: 'ERR_CLI_USAGE' })
}

/** The configuration file is wrong, or cannot be read. */
export function configError(message: string): CommandError {
  return new CommandError(message, { class: 'config', code: 'ERR_CLI_CONFIG' })
}

/** The reader of standard output has gone (`| head`), so the command ends without an error. */
export class OutputClosed extends Error {
  override readonly name: string = 'OutputClosed'
}
