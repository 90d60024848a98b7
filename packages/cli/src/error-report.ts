import { AuthError } from '@outbound-auth/core'
import { CommandError, type CommandErrorKind, type ErrorClass } from './command-error.js'

/** What is shown of an error: with `--json`, exactly these members inside `error`. */
export interface ErrorReport {
  readonly code: string
  readonly kind: CommandErrorKind
  readonly message: string
  readonly class: ErrorClass
}

const exitCodes: Readonly<Record<ErrorClass, number>> = {
  http: 1,
  check: 1,
  usage: 2,
  config: 2,
  auth: 3,
  network: 5,
  internal: 70,
  interrupted: 130,
}

/**
 * Describes whatever a command threw. The text of an error that this project did not make is not shown: it may quote a
 * request.
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
    return { report: { code, kind, message, class: 'auth' }, exitCode: error.retryable ? 4 : exitCodes.auth }
  }
  const name = error instanceof Error && /^\w{1,40}$/.test(error.name) ? error.name : 'error'
  const message = `Unexpected ${name}; please report it with the command line that led to it, without secrets`
  return {
    report: { code: 'ERR_CLI_INTERNAL', kind: 'build', message, class: 'internal' },
    exitCode: exitCodes.internal,
  }
}

/** One line for people, or one line of JSON. */
export function formatError({ code, kind, message, class: of }: ErrorReport, asJson: boolean): string {
  if (asJson) return `${JSON.stringify({ error: { code, kind, message, class: of } })}\n`
  return `outbound-auth: ${message} (${code})\n`
}
