import { resolve as resolvePath } from 'node:path'
import type { AccessToken, TokenSource } from '../cache/cached-token.js'
import { AuthError } from '../contract/auth-error.js'
import { checkOptions } from '../lib/check-options.js'
import { invalidOption } from '../lib/option-error.js'
import { commandLabel } from './command-label.js'
import type { CommandOptions } from './command-options.js'
import { checkCommand, runCommand, runOptionNames } from './run-command.js'
import { outputError, readTokenOutput } from './token-output.js'

/** Options of {@link commandToken}. */
export interface CommandTokenOptions extends CommandOptions {
  /**
   * How long a token is used, in milliseconds; 0 uses it until a server rejects it. A token with a known expiry is
   * renewed in the background after this time, and is still served when the command then fails.
   *
   * @default 300000
   */
  readonly refreshIntervalMs?: number | undefined
  /**
   * Finds the token in the trimmed output. An `AuthError` that it throws is kept. Of any other error only the name is
   * kept, since its text may quote the output.
   *
   * @default takes a bare token, or the JSON of a known tool
   */
  readonly parse?: ((output: string) => AccessToken | string | Promise<AccessToken | string>) | undefined
}

const optionNames = [...runOptionNames, 'refreshIntervalMs', 'parse']

/**
 * A token source that runs a command: `gcloud auth print-access-token`, a vault client, a script.
 *
 * The output is the token, or the JSON of a tool: `token`, `access_token`, `accessToken`, or the `status` of a
 * Kubernetes ExecCredential, beside an expiry such as `expires_on`, `expiresAt` or `expires_in`. The `exp` of a JWT
 * counts too. A failed run is an `AuthError` for every request that needs the token, never an unauthenticated request.
 *
 * @throws TypeError at once, when an option is malformed
 * @throws AuthError from the source, as {@link runCommand} says, and `ERR_AUTH_COMMAND_OUTPUT` (build) for output of
 * several lines, JSON of another shape, and a failed `parse`
 * @example
 * const auth = bearerAuth({ token: commandToken({ command: ['gcloud', 'auth', 'print-access-token'] }) })
 */
export function commandToken(options: CommandTokenOptions): TokenSource {
  const { refreshIntervalMs = 300_000, parse, ...rest } = checkOptions('commandToken', options, optionNames)
  const { timeoutMs = 5000, cwd } = checkCommand('commandToken', rest)
  const command = { ...rest, cwd: absoluteDirectory(cwd) }
  if (parse !== undefined && typeof parse !== 'function')
    throw invalidOption('commandToken', 'parse', 'a function', parse)
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

/** Stays as it is when the working directory has been removed: starting the command says so. */
function absoluteDirectory(cwd: string | undefined): string | undefined {
  try {
    return resolvePath(cwd ?? '')
  } catch {
    return cwd
  }
}
