import { parseArgs } from 'node:util'
import { usageError } from '../lib/command-error.js'
import { commandOptions, type OptionName } from './command-options.js'

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
  readonly user: string | undefined
  readonly repeat: string | undefined
  readonly method: string | undefined
  readonly header: readonly string[]
  readonly data: readonly string[]
  readonly output: string | undefined
  readonly maxTime: string | undefined
  readonly cacert: string | undefined
  readonly insecure: boolean
  readonly record: string | undefined
  readonly authority: string | undefined
  readonly tokenEnv: string | undefined
  readonly tokenFile: string | undefined
  readonly tokenCommand: string | undefined
  readonly include: boolean
  readonly verbose: boolean
  readonly reveal: boolean
  readonly list: boolean
  readonly format: string | undefined
  readonly fresh: boolean
  readonly expires: string | undefined
  readonly curl: boolean
  readonly device: boolean
  readonly noBrowser: boolean
  readonly json: boolean
  readonly help: boolean
}

/**
 * Parses the words after a command's name.
 *
 * @throws CommandError `ERR_CLI_USAGE`; the value of an option is never in it
 */
export async function parseArguments(
  command: string,
  words: readonly string[],
  names: readonly OptionName[],
): Promise<CommandArguments> {
  const wanted = names.map((name) => [name, commandOptions[name]] as const)
  const options = Object.fromEntries(
    wanted.map(([name, { short, value }]) => [
      name,
      { type: value ? ('string' as const) : ('boolean' as const), multiple: true, ...(short && { short }) },
    ]),
  )
  const { values, positionals } = await parse(command, words, options)
  const text = (name: OptionName) => values[name]?.at(-1) as string | undefined
  const isOn = (name: OptionName) => values[name] !== undefined
  for (const [name, { value, isRepeatable }] of wanted) {
    if (value && !isRepeatable && (values[name]?.length ?? 0) > 1)
      throw usageError(`--${name} was given twice: remove one`)
  }
  return {
    positionals,
    provider: text('provider'),
    config: text('config'),
    codexHome: text('codex-home'),
    profile: text('profile'),
    agentIdentityPolicy: text('agent-identity-policy'),
    allowInsecureTransport: isOn('allow-insecure-transport') || undefined,
    user: text('user'),
    repeat: text('repeat'),
    method: text('request'),
    header: (values['header'] ?? []) as string[],
    data: (values['data'] ?? []) as string[],
    output: text('output'),
    maxTime: text('max-time'),
    cacert: text('cacert'),
    insecure: isOn('insecure'),
    record: text('record'),
    authority: text('authority'),
    tokenEnv: text('token-env'),
    tokenFile: text('token-file'),
    tokenCommand: text('token-command'),
    include: isOn('include'),
    verbose: isOn('verbose'),
    reveal: isOn('reveal'),
    list: isOn('list'),
    format: text('format'),
    fresh: isOn('fresh'),
    expires: text('expires'),
    curl: isOn('curl'),
    device: isOn('device'),
    noBrowser: isOn('no-browser'),
    json: isOn('json'),
    help: isOn('help'),
  }
}

type ParsedValues = Readonly<Record<string, (string | boolean)[] | undefined>>
type ParserOptions = Record<string, { type: 'string' | 'boolean'; multiple: boolean; short?: string }>

async function parse(
  command: string,
  words: readonly string[],
  options: ParserOptions,
): Promise<{ values: ParsedValues; positionals: string[] }> {
  try {
    const { values, positionals } = parseArgs({ args: [...words], options, allowPositionals: true })
    return { values: values as ParsedValues, positionals }
  } catch (error) {
    // The parser's text may quote a value that was typed in the wrong place.
    const { code, message } = error as NodeJS.ErrnoException
    const [option] = /(?<=')-(?:-[a-z][a-z\d.-]{0,29}|[A-Za-z\d])(?=[ ',=])/.exec(message) ?? []
    const problem =
      code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION'
        ? await unknownOption(command, option, options)
        : `${option ?? 'An option'}: its value is missing, or it takes no value${dashHint(option, options)}`
    throw usageError(`${problem}; see outbound-auth help ${command}`)
  }
}

async function unknownOption(command: string, option: string | undefined, options: ParserOptions) {
  if (option === undefined) return `${command} has no such option`
  const { curlHint } = await import('./curl-hints.js')
  const hint = curlHint(option)
  if (hint !== undefined) return `${command} has no option ${option}: ${hint}`
  const { closestWord } = await import('../lib/closest-word.js')
  const meant = option.startsWith('--') ? closestWord(option.slice(2), Object.keys(options)) : undefined
  return `${command} has no option ${option}${meant ? `; did you mean --${meant}?` : ''}`
}

/** A value that begins with a dash has to be joined to its option. */
function dashHint(option: string | undefined, options: ParserOptions): string {
  const [name] =
    Object.entries(options).find(([long, { short }]) => option === `--${long}` || option === `-${short}`) ??
    []
  const isText = name !== undefined && options[name]?.type === 'string'
  return isText ? ` (a value that begins with "-" is written --${name}=VALUE)` : ''
}
