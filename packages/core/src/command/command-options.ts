/** A credential command and its limits. */
export interface CommandOptions {
  /**
   * Program and arguments. No shell is involved, so nothing in them is interpreted. A bare program name is looked up
   * in `PATH`.
   */
  readonly command: readonly string[]
  /**
   * Working directory; a program given as a relative path is found from there. `commandToken` makes it absolute at
   * once, so that a later `process.chdir()` changes nothing.
   *
   * @default the process's own
   */
  readonly cwd?: string | undefined
  /**
   * Environment of the command.
   *
   * @default the process's own
   */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
  /**
   * Time limit of the whole run, in milliseconds. Then the command is killed with all that it started.
   *
   * @default 5000
   */
  readonly timeoutMs?: number | undefined
}
