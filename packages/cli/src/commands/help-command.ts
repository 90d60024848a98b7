import { commandOptions } from '../arguments/command-options.js'
import type { Command, CommandContext } from '../context/command.js'
import { usageError } from '../lib/command-error.js'

/** `outbound-auth help [COMMAND]` */
export async function helpCommand({ args, output, commands }: CommandContext): Promise<number> {
  const name = args.positionals.join(' ')
  const command = commands.find((candidate) => candidate.name === name)
  if (name !== '' && !command) {
    throw usageError(`help takes the name of one command: ${commands.map((known) => known.name).join(', ')}`)
  }
  if (args.json) {
    const shown = (command ? [command] : commands).map(({ load: _, ...described }) => described)
    await output.writeJson({ commands: shown })
  } else await output.writeText(command ? commandHelp(command) : generalHelp(commands))
  return 0
}

/** The help of one command. */
export function commandHelp({ name, summary, usage, details, options }: Command): string {
  const lines = options.map((option) => {
    const { short, value, help } = commandOptions[option]
    return `  ${short ? `-${short}, ` : '    '}${`--${option}${value ? ` ${value}` : ''}`.padEnd(24)} ${help}`
  })
  return [
    '',
    `outbound-auth ${name} ${usage}`,
    `  ${summary}`,
    ...details.map((line) => `  ${line}`),
    '',
    ...lines,
    '',
  ]
    .slice(1)
    .join('\n')
}

/** The help of the whole. */
export function generalHelp(commands: readonly Command[]): string {
  const lines = commands.map(({ name, summary }) => `  ${name.padEnd(19)} ${summary}`)
  return [
    'outbound-auth COMMAND [arguments]',
    '',
    ...lines,
    '',
    'outbound-auth help COMMAND shows the options of one command; outbound-auth --version the version.',
    'Exit codes: 0 done; 1 HTTP error; 2 usage or configuration; 3 authentication failed;',
    '4 authentication failed for now, try again; 5 network; 70 internal; 130 interrupted.',
    '',
  ].join('\n')
}
