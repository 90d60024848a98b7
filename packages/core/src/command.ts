import { resolve as resolvePath } from 'node:path'
import { AuthError } from './auth-error.js'
import type { AccessToken, TokenSource } from './cached-token.js'
import { checkOptions } from './check-options.js'
import { commandLabel } from './command-label.js'
import type { CommandOptions } from './command-options.js'
import { outputError, readTokenOutput } from './token-output.js'

export {
  documentLimit,
  type FileLimit,
  isPipe,
  notRegular,
  type ReadableHandle,
  readBounded,
  secretLimit,
  tooLarge,
} from './bounded-file.js'
export type { CommandOptions } from './command-options.js'
export { namesSecret } from './names-secret.js'
export {
  type BoundedFile,
  type BoundedFileOptions,
  givenDescriptor,
  readBoundedFile,
} from './read-bounded-file.js'

/** Options of {@link commandToken}. */
export interface CommandTokenOptions extends CommandOptions {
  /**
   * How long a token is used, in milliseconds; 0 uses it until a server rejects it. A token with a known expiry is renewed in
   * the background after this time, and is still served when the command then fails.
   *
   * @default 300000
   */
  readonly refreshIntervalMs?: number | undefined
  /**
   * Finds the token in the trimmed output. An `AuthError` that it throws is kept. Of any other error only the name is kept,
   * since its text may quote the output.
   *
   * @default takes a bare token, or the JSON of a known tool
   */
  readonly parse?: ((output: string) => AccessToken | string | Promise<AccessToken | string>) | undefined
}

const maxTimeoutMs = 2 ** 31 - 1
const runOptionNames = ['command', 'cwd', 'env', 'timeoutMs']
const optionNames = [...runOptionNames, 'refreshIntervalMs', 'parse']

/**
 * Runs a credential command and returns its standard output, trimmed.
 *
 * Standard input is empty and there is no terminal; output over 64 KiB ends the run. A command that has ended and has printed
 * something is done, also while a process that it started holds its output open. Of standard error only plain words come into
 * the error.
 *
 * @throws AuthError transient `ERR_AUTH_COMMAND_FAILED` (exit status, signal, a machine that is too busy to start it),
 * `ERR_AUTH_COMMAND_TIMEOUT`; build `ERR_AUTH_COMMAND_NOT_FOUND` (also: not executable, no such `cwd`, a Windows batch file
 * with arguments), `ERR_AUTH_COMMAND_OUTPUT` (empty, too long, not UTF-8)
 * @throws TypeError when an option is malformed
 * @throws the reason of `signal`, unchanged
 */
export async function runCommand(options: CommandOptions, signal?: AbortSignal): Promise<string> {
  const checked = checkCommand(checkOptions('runCommand', options, runOptionNames))
  signal?.throwIfAborted()
  // Loading it takes several milliseconds, which a process that only reads files need not spend.
  const { runProcess } = await import('./run-process.js')
  signal?.throwIfAborted()
  return runProcess(checked, signal)
}

/**
 * A token source that runs a command: `gcloud auth print-access-token`, a vault client, a script.
 *
 * The output is the token, or the JSON of a tool: `token`, `access_token`, `accessToken`, or the `status` of a Kubernetes
 * ExecCredential, beside an expiry such as `expires_on`, `expiresAt` or `expires_in`. The `exp` of a JWT counts too. A failed
 * run is an `AuthError` for every request that needs the token, never an unauthenticated request.
 *
 * @throws TypeError at once, when an option is malformed
 * @throws AuthError from the source, as {@link runCommand} says, and `ERR_AUTH_COMMAND_OUTPUT` (build) for output of
 * several lines, JSON of another shape, and a failed `parse`
 * @example
 * const auth = bearerAuth({ token: commandToken({ command: ['gcloud', 'auth', 'print-access-token'] }) })
 */
export function commandToken(options: CommandTokenOptions): TokenSource {
  const { refreshIntervalMs = 300_000, parse, ...rest } = checkOptions('commandToken', options, optionNames)
  const { timeoutMs = 5000, cwd } = checkCommand(rest)
  const command = { ...rest, cwd: absoluteDirectory(cwd) }
  if (parse !== undefined && typeof parse !== 'function')
    throw new TypeError('commandToken: parse must be a function')
  const label = `The credential command ${commandLabel(command.command)}`
  // The run's own limit comes first, for the sake of its error.
  const defaults = { refreshIntervalMs, timeoutMs: timeoutMs + 1000 }
  const source = async ({ signal }: { readonly signal: AbortSignal }) => {
    const startedAtMs = Date.now()
    const output = await runCommand(command, signal)
    return parse ? parseWith(parse, output, label) : readTokenOutput(output, label, startedAtMs)
  }
  return Object.assign(source, defaults)
}

async function parseWith(
  parse: NonNullable<CommandTokenOptions['parse']>,
  output: string,
  label: string,
): Promise<AccessToken | string> {
  let given: unknown
  try {
    given = await parse(output)
  } catch (error) {
    throw AuthError.is(error) ? error : outputError(`${label}: parse failed on its output`, error)
  }
  const token: unknown = typeof given === 'string' ? given : (given as AccessToken | undefined | null)?.token
  if (typeof token === 'string') return given as AccessToken | string
  throw outputError(`${label}: parse must return a string or { token, expiresAt }`)
}

function checkCommand<T extends CommandOptions>(options: T): T {
  const { command, cwd = '', timeoutMs = 1 } = options
  if (
    !Array.isArray(command) ||
    command.some((part) => typeof part !== 'string' || part.includes('\0')) ||
    !command[0]?.trim()
  ) {
    throw new TypeError('command must be a list of strings without NUL, the program first')
  }
  if (typeof cwd !== 'string') throw new TypeError('cwd of a command must be a string')
  if (!(timeoutMs > 0 && timeoutMs <= maxTimeoutMs))
    throw new TypeError(`timeoutMs of a command must be more than 0 and at most ${maxTimeoutMs}`)
  return options
}

/** Undefined when the working directory has been removed: starting the command says so. */
function absoluteDirectory(cwd = '.'): string | undefined {
  try {
    return resolvePath(cwd)
  } catch {
    return cwd === '.' ? undefined : cwd
  }
}
