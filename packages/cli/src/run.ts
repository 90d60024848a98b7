import { resolve } from 'node:path'
import type { CommandIo } from './context/command-io.js'
import { type CommandOutput, commandOutput } from './context/command-output.js'
import { OutputClosed } from './lib/command-error.js'
import { readVersion } from './version.js'

/**
 * Runs one command line, and returns the exit code instead of ending the process. It never throws: an error becomes one
 * line on `stderr` and the address of a page about its code, without a stack trace and without a secret.
 *
 * @param argv the words after the program's name
 * @example
 * process.exitCode = await run(['explain', 'https://api.openai.com/v1/models'], io)
 */
export async function run(argv: readonly string[], io: CommandIo): Promise<number> {
  const output = commandOutput(io.stdout)
  try {
    const [name, ...words] = argv
    if (name === '--version' || name === '-V') return await printVersion(words, output)
    // Resolved at once, because the process may change its directory meanwhile.
    const cwd = resolve(io.cwd)
    // Loaded here, so that the version loads nothing of it.
    const { dispatch } = await import('./dispatch.js')
    return await dispatch(argv, { ...io, cwd }, output)
  } catch (error) {
    if (error instanceof OutputClosed) return 0
    const { formatError, reportError } = await import('./context/error-report.js')
    const { report, exitCode } = reportError(error)
    const end = argv.indexOf('--')
    io.stderr.write(formatError(report, argv.slice(0, end === -1 ? undefined : end).includes('--json')))
    return exitCode
  }
}

async function printVersion(words: readonly string[], output: CommandOutput): Promise<number> {
  let json = false
  if (words.length > 0) {
    const { parseArguments } = await import('./arguments/command-arguments.js')
    const args = await parseArguments('--version', words, ['json'])
    if (args.positionals.length > 0) {
      const { usageError } = await import('./lib/command-error.js')
      throw usageError('--version takes no arguments: remove them')
    }
    json = args.json
  }
  const version = await readVersion()
  await (json ? output.writeJson({ version }) : output.writeLines([version]))
  return 0
}
