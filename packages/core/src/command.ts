import { type ChildProcess, spawn } from 'node:child_process'
import { resolve as resolvePath } from 'node:path'
import { AuthError } from './auth-error.js'
import type { AccessToken, TokenSource } from './cached-token.js'
import { checkOptions } from './check-options.js'
import { commandLabel } from './command-label.js'
import { killTree, spawnable } from './process-tree.js'
import { redact } from './redact.js'

/** A credential command and its limits. */
export interface CommandOptions {
  /** Program and arguments. No shell is involved, so nothing in them is interpreted. A bare program name is looked up in `PATH`. */
  readonly command: readonly string[]
  /**
   * Working directory; a program given as a relative path is found from there. `commandToken` makes it absolute at once, so
   * that a later `process.chdir()` changes nothing.
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
   * Time limit of the whole run, in milliseconds. Then the command and its children are killed.
   *
   * @default 5000
   */
  readonly timeoutMs?: number | undefined
}

/** Options of {@link commandToken}. */
export interface CommandTokenOptions extends CommandOptions {
  /**
   * How long a token is used, in milliseconds; 0 uses it until a server refuses it. One whose end is known is renewed in the
   * background after this time, and is still served when the command then fails.
   *
   * @default 300000
   */
  readonly refreshIntervalMs?: number | undefined
}

const maxOutputBytes = 64 * 1024
const maxErrorBytes = 8 * 1024
const maxTimeoutMs = 2 ** 31 - 1
const optionNames = ['command', 'cwd', 'env', 'timeoutMs', 'refreshIntervalMs']

/** What a busy machine answers: the same program may well start a moment later. */
const busyCodes = ['EAGAIN', 'EMFILE', 'ENFILE', 'ENOMEM', 'ETXTBSY']

/**
 * Runs a credential command and returns its standard output, trimmed.
 *
 * Standard input is empty and there is no terminal; output over 64 KiB ends the run. Of standard error only plain words
 * come into the error.
 *
 * @throws AuthError transient `ERR_AUTH_COMMAND_FAILED` (exit status, signal, a machine that is too busy to start it),
 * `ERR_AUTH_COMMAND_TIMEOUT`; build `ERR_AUTH_COMMAND_NOT_FOUND` (also: not executable, no such `cwd`, a Windows batch file
 * with arguments), `ERR_AUTH_COMMAND_OUTPUT` (empty, too long, not UTF-8)
 * @throws TypeError when an option is malformed
 * @throws the reason of `signal`, unchanged
 */
export async function runCommand(options: CommandOptions, signal?: AbortSignal): Promise<string> {
  const { command, cwd, env, timeoutMs = 5000 } = checkCommand(options)
  const label = `The credential command ${commandLabel(command)}`
  const { file, args, verbatim } = spawnable(command, process.platform)
  signal?.throwIfAborted()
  let child: ChildProcess
  try {
    child = spawn(file, args, {
      cwd,
      env: env as NodeJS.ProcessEnv | undefined,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: process.platform !== 'win32',
      windowsHide: true,
      windowsVerbatimArguments: verbatim,
    })
  } catch (error) {
    throw startError(label, error)
  }
  const stdout: Buffer[] = []
  const stderr: Buffer[] = []
  return new Promise<string>((resolve, reject) => {
    let size = 0
    let errorSize = 0
    let ended = false
    let isClosed = false
    const end = (error?: unknown, output = '') => {
      if (ended) return
      ended = true
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
      if (error === undefined) return resolve(output)
      // Once the child and its pipes are gone, its id may belong to somebody else.
      if (!isClosed) killTree(child)
      reject(error)
    }
    const abort = () => end(signal?.reason)
    const timer = setTimeout(() => {
      end(
        AuthError.transient(`${label} did not end within ${timeoutMs} ms`, {
          code: 'ERR_AUTH_COMMAND_TIMEOUT',
        }),
      )
    }, timeoutMs)
    signal?.addEventListener('abort', abort, { once: true })
    child.on('error', (error) => end(startError(label, error)))
    // A child that could not be started for want of file descriptors has no pipes.
    child.stdout?.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > maxOutputBytes) end(outputError(`${label} wrote more than ${maxOutputBytes} bytes`))
      else stdout.push(chunk)
    })
    child.stderr?.on('data', (chunk: Buffer) => {
      if (errorSize < maxErrorBytes) stderr.push(chunk)
      errorSize += chunk.length
    })
    child.on('close', (status, killedBy) => {
      isClosed = true
      const output = Buffer.concat(stdout)
      if (status !== 0) {
        const how = killedBy ? `was ended by ${killedBy}` : `exited with status ${status}`
        const known = [...command.slice(1), ...Object.values(env ?? process.env)]
        const secrets = [output.toString(), ...known.filter((value) => value !== undefined)]
        const said = redact(Buffer.concat(stderr).toString(), secrets)
        end(AuthError.transient(`${label} ${how}${said && `: ${said}`}`, { code: 'ERR_AUTH_COMMAND_FAILED' }))
        return
      }
      try {
        const text = new TextDecoder('utf-8', { fatal: true }).decode(output).trim()
        end(text === '' ? outputError(`${label} wrote nothing to standard output`) : undefined, text)
      } catch {
        end(outputError(`${label} wrote bytes to standard output that are not UTF-8`))
      }
    })
  })
}

/**
 * A token source that runs a command: `gcloud auth print-access-token`, a vault client, a script.
 *
 * The output is the token, or JSON `{ "token": …, "expiresAt": … }` with an RFC 3339 time or epoch seconds; the `exp` of a
 * JWT counts too. A failed run is an `AuthError` for whoever needs the token, never an unauthenticated request.
 *
 * @throws TypeError at once, when an option is malformed
 * @throws AuthError from the source, as {@link runCommand} says, and `ERR_AUTH_COMMAND_OUTPUT` (build) for output of
 * several lines or JSON of another shape
 * @example
 * const auth = bearerAuth({ token: commandToken({ command: ['gcloud', 'auth', 'print-access-token'] }) })
 */
export function commandToken(options: CommandTokenOptions): TokenSource {
  const { refreshIntervalMs = 300_000, ...given } = checkOptions('commandToken', options, optionNames)
  const { timeoutMs = 5000, cwd } = checkCommand(given)
  const command = { ...given, cwd: absoluteDirectory(cwd) }
  // The run's own limit comes first, for the sake of its error.
  const defaults = { refreshIntervalMs, timeoutMs: timeoutMs + 1000 }
  const source = async ({ signal }: { readonly signal: AbortSignal }) =>
    tokenOf(await runCommand(command, signal))
  return Object.assign(source, defaults)
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

/** Errors of `spawn` hold all arguments, so only their code is kept. */
function startError(label: string, cause: unknown): AuthError {
  if (busyCodes.includes((cause as NodeJS.ErrnoException).code ?? '')) {
    const message = `${label} could not be started, because this machine is too busy`
    return AuthError.transient(message, { code: 'ERR_AUTH_COMMAND_FAILED', cause })
  }
  const message = `${label} cannot be started: no such program or working directory, or not executable`
  return AuthError.build(message, { code: 'ERR_AUTH_COMMAND_NOT_FOUND', cause })
}

function tokenOf(output: string): AccessToken {
  if (!output.startsWith('{')) {
    if (/[\r\n]/.test(output))
      throw outputError('The credential command wrote several lines; one token was expected')
    return { token: output }
  }
  let parsed: { token?: unknown; expiresAt?: unknown }
  try {
    parsed = JSON.parse(output)
  } catch {
    throw outputError('The credential command wrote text that begins like JSON and is none')
  }
  const { token, expiresAt } = parsed
  if (typeof token !== 'string')
    throw outputError('The credential command wrote JSON without a string "token"')
  if (expiresAt === undefined || expiresAt === null) return { token }
  const end = endOf(expiresAt)
  if (Number.isNaN(end.getTime())) {
    throw outputError(
      'The credential command wrote JSON whose "expiresAt" is neither an RFC 3339 time nor epoch seconds',
    )
  }
  return { token, expiresAt: end }
}

/**
 * Strict, since a wrong end keeps a dead token: milliseconds would be thousands of years, and a time without a zone
 * would be another one on each machine.
 *
 * @see https://www.rfc-editor.org/rfc/rfc3339#section-5.6
 */
function endOf(expiresAt: unknown): Date {
  if (typeof expiresAt === 'number') return new Date(expiresAt < 1e11 ? expiresAt * 1000 : Number.NaN)
  const isTime = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/.test(String(expiresAt))
  return new Date(isTime ? String(expiresAt).toUpperCase().replace(' ', 'T') : Number.NaN)
}

function outputError(message: string): AuthError {
  return AuthError.build(message, { code: 'ERR_AUTH_COMMAND_OUTPUT' })
}
