import { resolve } from 'node:path'
import { parseArguments } from './arguments/command-arguments.js'
import { commands } from './commands/command-table.js'
import type { CommandContext } from './context/command.js'
import type { CommandIo } from './context/command-io.js'
import { commandMessages } from './context/command-messages.js'
import type { CommandOutput } from './context/command-output.js'
import { usageError } from './lib/command-error.js'
import type { NetworkOptions } from './network/proxy-variables.js'
import { readVersion } from './version.js'

/**
 * Finds the command of a command line, parses its options, and runs it.
 *
 * @returns the exit code
 * @throws what the command throws
 */
export async function dispatch(
  argv: readonly string[],
  io: CommandIo,
  output: CommandOutput,
): Promise<number> {
  const [name] = argv
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
  const isPlain = args.cacert === undefined && !args.insecure && !proxyNames.some((proxy) => env[proxy])
  const fetch = io.fetch ?? (isPlain ? undefined : await networkOf({ ...args, env, cwd }))
  const surroundings = { messages, stdin, env, cwd, fetch, codexSystemConfig, readVersion }
  const endings: (() => Promise<void>)[] = []
  const onEnd: CommandContext['onEnd'] = (close) => endings.push(close)
  const context: CommandContext = { args, commands, output, signal, onEnd, ...surroundings }
  if (args.help) {
    const { commandHelp } = await import('./commands/help-command.js')
    await output.writeText(commandHelp(command))
    return 0
  }
  try {
    return await (await command.load())(context)
  } finally {
    await Promise.allSettled(endings.map((close) => close()))
  }
}

const proxyNames = ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY']

async function networkOf(options: NetworkOptions): Promise<CommandIo['fetch']> {
  const { networkFetch } = await import('./network/network-fetch.js')
  return networkFetch(options)
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
