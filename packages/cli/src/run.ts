import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { parseArguments } from './arguments/command-arguments.js'
import { commands } from './commands/command-table.js'
import type { CommandContext } from './context/command.js'
import type { CommandIo } from './context/command-io.js'
import { commandMessages } from './context/command-messages.js'
import { type CommandOutput, commandOutput } from './context/command-output.js'
import { OutputClosed, usageError } from './lib/command-error.js'
import { networkFetch } from './network/network-fetch.js'

/**
 * Runs one command line, and returns the exit code instead of ending the process. It never throws: an error becomes one
 * line on `stderr`, without a stack trace and without a secret.
 *
 * @param argv the words after the program's name
 * @example
 * process.exitCode = await run(['explain', 'https://api.openai.com/v1/models'], io)
 */
export async function run(argv: readonly string[], io: CommandIo): Promise<number> {
  const output = commandOutput(io.stdout)
  try {
    return await dispatch(argv, io, output)
  } catch (error) {
    if (error instanceof OutputClosed) return 0
    const { formatError, reportError } = await import('./context/error-report.js')
    const { report, exitCode } = reportError(error)
    const end = argv.indexOf('--')
    io.stderr.write(formatError(report, argv.slice(0, end === -1 ? undefined : end).includes('--json')))
    return exitCode
  }
}

async function dispatch(argv: readonly string[], io: CommandIo, output: CommandOutput): Promise<number> {
  const [name] = argv
  if (name === '--version' || name === '-V') return printVersion(argv.slice(1), output)
  const isHelp = name === '--help' || name === '-h'
  const command = commands.find((known) => {
    const typed = argv.slice(0, known.name.split(' ').length).join(' ')
    return known.name === (isHelp ? 'help' : typed)
  })
  if (!command) throw usageError(`${await problemOf(name)}; see outbound-auth help`)
  const words = argv.slice(isHelp ? 1 : command.name.split(' ').length)
  const { stdin, env, codexSystemConfig } = io
  const cwd = resolve(io.cwd)
  const signal = io.signal ? AbortSignal.any([io.signal, output.closed]) : output.closed
  const args = await parseArguments(command.name, words, command.options)
  const messages = commandMessages(io.stderr)
  if (args.insecure) messages.note(insecureNote)
  const fetch = io.fetch ?? networkFetch({ ...args, env, cwd })
  const surroundings = { messages, stdin, env, cwd, fetch, codexSystemConfig }
  const context: CommandContext = { args, commands, output, signal, ...surroundings }
  if (args.help) {
    const { commandHelp } = await import('./commands/help-command.js')
    await output.writeText(commandHelp(command))
    return 0
  }
  return (await command.load())(context)
}

const insecureNote =
  "--insecure: the server's certificate is not checked, so whoever is on the way can read the credential"

async function problemOf(name: string | undefined): Promise<string> {
  if (name === undefined) return 'A command is missing'
  if (/^https?:/i.test(name)) return 'A command is missing before the URL: outbound-auth request URL'
  if (name.startsWith('-')) {
    return 'Options come after the command: outbound-auth COMMAND [arguments] [options]'
  }
  const actions = commands.map((known) => known.name).filter((known) => known.startsWith(`${name} `))
  if (actions.length > 0) return `There are ${actions.join(', ')}`
  if (!/^[\w-]{1,30}$/.test(name)) return 'There is no such command'
  const { didYouMean } = await import('./lib/closest-word.js')
  const names = new Set(commands.flatMap((known) => [known.name, known.name.split(' ')[0] ?? '']))
  return `There is no command ${name}${didYouMean(name, names)}`
}

async function printVersion(words: readonly string[], output: CommandOutput): Promise<number> {
  const { json } = await parseArguments('--version', words, ['json'])
  const manifest: { version: string } = JSON.parse(
    await readFile(new URL('../package.json', import.meta.url), 'utf8'),
  )
  await (json ? output.writeJson({ version: manifest.version }) : output.writeLines([manifest.version]))
  return 0
}
