import { parseArgs } from 'node:util'
import { usageError } from './command-error.js'

/** One option of the command line. */
export interface CommandOption {
  readonly short?: string
  /** Stands for the value in the help; an option without it is a switch. */
  readonly value?: string
  readonly isRepeatable?: true
  readonly help: string
}

/** The name of an option. */
export type OptionName =
  | 'provider'
  | 'config'
  | 'codex-home'
  | 'profile'
  | 'agent-identity-policy'
  | 'allow-insecure-transport'
  | 'repeat'
  | 'header'
  | 'data'
  | 'include'
  | 'verbose'
  | 'reveal'
  | 'list'
  | 'record'
  | 'authority'
  | 'token-env'
  | 'token-file'
  | 'token-command'
  | 'json'
  | 'help'

/** The options of all commands; each command names those that it takes. */
export const commandOptions: Readonly<Record<OptionName, CommandOption>> = {
  provider: { value: 'NAME', help: 'a [providers.NAME] of the file, or a preset' },
  config: {
    value: 'FILE',
    help: 'configuration file (default: outbound-auth.toml of the working directory)',
  },
  'codex-home': {
    value: 'DIR',
    help: 'take provider and login from this Codex home (config.toml, auth.json)',
  },
  profile: {
    short: 'p',
    value: 'NAME',
    help: 'lay NAME.config.toml of the Codex home over its config.toml',
  },
  'agent-identity-policy': {
    value: 'POLICY',
    help: 'jwt-only or chatgpt-auth: which logins of a Codex home sign as an agent',
  },
  'allow-insecure-transport': {
    help: 'send the credential over plain http, where every machine on the way can read it',
  },
  repeat: { value: 'N', help: 'send the request N times, one after the other' },
  header: {
    short: 'H',
    value: "'NAME: VALUE'",
    isRepeatable: true,
    help: 'a header of the request; repeatable',
  },
  data: {
    short: 'd',
    value: 'DATA',
    help: 'body: the text itself, @FILE, or @- for standard input; makes the method POST',
  },
  include: { short: 'i', help: 'print status line and headers of the response before its body' },
  verbose: { short: 'v', help: 'show decision, request and status on standard error; values are redacted' },
  record: { value: 'FILE', help: 'where the agent is kept; it holds the private key (mode 0600)' },
  authority: {
    value: 'URL',
    help: 'base URL of the authority (default: https://auth.openai.com/api/accounts)',
  },
  'token-env': { value: 'NAME', help: 'variable with the access token of the account' },
  'token-file': { value: 'PATH', help: 'file with the access token' },
  'token-command': {
    value: 'PROGRAM',
    help: 'prints the access token; its arguments follow, after -- if need be',
  },
  reveal: { help: 'show the credential itself' },
  list: { help: 'list the trusted files: trusted, changed or missing' },
  json: { help: 'print one JSON document; errors become one line of JSON on standard error' },
  help: { short: 'h', help: 'show this help' },
}

/** The words after the command's name, parsed. */
export interface CommandArguments {
  readonly positionals: readonly string[]
  readonly provider: string | undefined
  readonly config: string | undefined
  readonly codexHome: string | undefined
  readonly profile: string | undefined
  readonly agentIdentityPolicy: string | undefined
  /** Undefined leaves it to the definition. */
  readonly allowInsecureTransport: true | undefined
  readonly repeat: string | undefined
  readonly header: readonly string[]
  readonly data: string | undefined
  readonly record: string | undefined
  readonly authority: string | undefined
  readonly tokenEnv: string | undefined
  readonly tokenFile: string | undefined
  readonly tokenCommand: string | undefined
  readonly include: boolean
  readonly verbose: boolean
  readonly reveal: boolean
  readonly list: boolean
  readonly json: boolean
  readonly help: boolean
}

/**
 * Parses the words after a command's name.
 *
 * @throws CommandError `ERR_CLI_USAGE`; the value of an option is never in it
 */
export function parseArguments(
  command: string,
  words: readonly string[],
  names: readonly OptionName[],
): CommandArguments {
  const wanted = names.map((name) => [name, commandOptions[name]] as const)
  const options = Object.fromEntries(
    wanted.map(([name, { short, value }]) => [
      name,
      { type: value ? ('string' as const) : ('boolean' as const), multiple: true, ...(short && { short }) },
    ]),
  )
  const { values, positionals } = parse(command, words, options)
  const text = (name: OptionName) => values[name]?.at(-1) as string | undefined
  const isOn = (name: OptionName) => values[name] !== undefined
  for (const [name, { value, isRepeatable }] of wanted) {
    if (value && !isRepeatable && (values[name]?.length ?? 0) > 1)
      throw usageError(`--${name} was given twice`)
  }
  return {
    positionals,
    provider: text('provider'),
    config: text('config'),
    codexHome: text('codex-home'),
    profile: text('profile'),
    agentIdentityPolicy: text('agent-identity-policy'),
    allowInsecureTransport: isOn('allow-insecure-transport') || undefined,
    repeat: text('repeat'),
    header: (values['header'] ?? []) as string[],
    data: text('data'),
    record: text('record'),
    authority: text('authority'),
    tokenEnv: text('token-env'),
    tokenFile: text('token-file'),
    tokenCommand: text('token-command'),
    include: isOn('include'),
    verbose: isOn('verbose'),
    reveal: isOn('reveal'),
    list: isOn('list'),
    json: isOn('json'),
    help: isOn('help'),
  }
}

type ParsedValues = Readonly<Record<string, (string | boolean)[] | undefined>>

function parse(
  command: string,
  words: readonly string[],
  options: Record<string, { type: 'string' | 'boolean'; multiple: boolean; short?: string }>,
): { values: ParsedValues; positionals: string[] } {
  try {
    const { values, positionals } = parseArgs({ args: [...words], options, allowPositionals: true })
    return { values: values as ParsedValues, positionals }
  } catch (error) {
    // The parser's text may quote a value that was typed in the wrong place.
    const { code, message } = error as NodeJS.ErrnoException
    const [option = 'such an option'] = /(?<=')-(?:-[a-z][a-z-]{0,19}|[A-Za-z])(?=[ ',=])/.exec(message) ?? []
    const problem =
      code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION'
        ? `${command} has no option ${option}`
        : `${option}: its value is missing, or it takes no value`
    throw usageError(`${problem}; see outbound-auth help ${command}`)
  }
}
