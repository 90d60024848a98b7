import { AuthError } from '@outbound-auth/core'
import { CommandError, type CommandErrorKind, type ErrorClass } from '../lib/command-error.js'
import { escapeControls, toJsonLine } from '../lib/escape-controls.js'
import { systemProblem } from '../lib/system-error.js'
import { withRemedy } from './remedies.js'

/** The visible part of an error: with `--json`, exactly these properties inside `error`. */
export interface ErrorReport {
  readonly code: string
  readonly kind: CommandErrorKind
  readonly message: string
  readonly class: ErrorClass
}

/** The folder of the documentation with one page for each code. */
const errorPages = 'https://outbound-auth.github.io/outbound-auth/errors/'

const exitCodes: Readonly<Record<ErrorClass, number>> = {
  http: 1,
  usage: 2,
  config: 2,
  auth: 3,
  network: 5,
  internal: 70,
  system: 71,
  interrupted: 130,
}

/**
 * Describes an error of a command. The text of a foreign error is not shown, because it may quote a request.
 */
export function reportError(error: unknown): { report: ErrorReport; exitCode: number } {
  if (error instanceof CommandError) {
    const { code, kind, message } = error
    return {
      report: { code, kind, message, class: error.class },
      exitCode: error.exitCode ?? exitCodes[error.class],
    }
  }
  if (AuthError.is(error)) {
    const { code, kind, message } = error
    const whole = withRemedy(code, withSystemProblem(message, error.cause))
    const report = { code, kind, message: whole, class: 'auth' } as const
    return { report, exitCode: error.retryable ? 4 : exitCodes.auth }
  }
  const problem = systemProblem(error)
  if (problem !== undefined) {
    const message = `The system does not let this command do its work: ${problem}. ${systemRemedy(problem)}`
    return {
      report: { code: 'ERR_CLI_SYSTEM', kind: 'build', message, class: 'system' },
      exitCode: exitCodes.system,
    }
  }
  const name = error instanceof Error && /^\w{1,40}$/.test(error.name) ? error.name : 'error'
  const message = `Unexpected ${name}; please report it with the command line that led to it, without secrets`
  return {
    report: { code: 'ERR_CLI_INTERNAL', kind: 'build', message, class: 'internal' },
    exitCode: exitCodes.internal,
  }
}

/** A file that cannot be read, say, is an error of the credential; its remedy depends on what the system said. */
function withSystemProblem(message: string, cause: unknown): string {
  const problem = systemProblem(cause)
  const [code = ''] = problem?.split(' ') ?? []
  return problem === undefined || message.includes(code) ? message : `${message}: ${problem}`
}

function systemRemedy(problem: string): string {
  const [code = ''] = problem.split(' ')
  const remedies: Readonly<Record<string, string>> = {
    ENOENT: 'Change to a folder that exists',
    ENOSPC: 'Make room on the disk',
    EDQUOT: 'Make room on the disk',
    EACCES: 'Correct the rights',
    EPERM: 'Correct the rights',
    EROFS: 'Choose a folder that may be written',
  }
  return remedies[code] ?? 'Try again; if it stays so, ask who runs this machine'
}

/** A line for people and the address of the code's page, or one line of JSON. */
export function formatError(report: ErrorReport, asJson: boolean): string {
  const { code, kind, message, class: errorClass } = report
  if (asJson) return toJsonLine({ error: { code, kind, message, class: errorClass } })
  // Codes of the system, such as ECONNREFUSED, are network errors.
  const page = /^ERR_(?:AUTH|CLI)_/.test(code) ? code : 'ERR_CLI_NETWORK'
  return `outbound-auth: ${escapeControls(message)} (${code})\n  ${errorPages}${page}\n`
}
