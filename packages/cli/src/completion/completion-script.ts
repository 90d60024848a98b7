import { type CommandOption, commandOptions } from '../arguments/command-options.js'
import type { Command } from '../context/command.js'

/** The shells that have a script. */
export const shells = ['bash', 'zsh', 'fish'] as const

/** A shell that has a script. */
export type Shell = (typeof shells)[number]

/** The words that a value of an option can be, if they are few. */
export type OptionValues = Readonly<Record<string, readonly string[]>>

/** The completion script of a shell. It runs nothing: every word is in it. */
export function completionScript(shell: Shell, commands: readonly Command[], values: OptionValues): string {
  const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript }
  return scripts[shell](commands, values)
}

function bashScript(commands: readonly Command[], values: OptionValues): string {
  const { cases, firsts, seconds } = wordsOf(commands)
  const valueCases = valuesOf(values).map(
    ([flags, words]) => `    ${flags.join('|')}) options="${words.join(' ')}" ;;`,
  )
  return `# bash completion of outbound-auth: source <(outbound-auth completion bash)
_outbound_auth() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}"
  local command="\${COMP_WORDS[1]}" options=""
  if [ "$COMP_CWORD" -gt 2 ]; then
    case "$command" in
${seconds.map(([first]) => `      ${first}) command="$command \${COMP_WORDS[2]}" ;;`).join('\n')}
    esac
  fi
  case "$previous" in
${valueCases.join('\n')}
    ${fileFlags().join('|')}) COMPREPLY=(); return ;;
  esac
  if [ -z "$options" ] && [ "$COMP_CWORD" -eq 1 ]; then options="${firsts.join(' ')} --version --help"; fi
  if [ -z "$options" ] && [ "$COMP_CWORD" -eq 2 ]; then
    case "$command" in
${seconds.map(([first, words]) => `      ${first}) options="${words.join(' ')}" ;;`).join('\n')}
      help) options="${firsts.join(' ')}" ;;
      completion) options="${shells.join(' ')}" ;;
    esac
  fi
  case "$current" in
    -*) case "$command" in
${cases.map(([name, flags]) => `      "${name}") options="${flags.join(' ')}" ;;`).join('\n')}
    esac ;;
  esac
  COMPREPLY=($(compgen -W "$options" -- "$current"))
}
complete -o default -F _outbound_auth outbound-auth
`
}

function zshScript(commands: readonly Command[], values: OptionValues): string {
  const { cases, firsts, seconds } = wordsOf(commands)
  const valueCases = valuesOf(values).map(
    ([flags, words]) => `    ${flags.join('|')}) compadd -- ${words.join(' ')}; return ;;`,
  )
  return `#compdef outbound-auth
# zsh completion of outbound-auth: outbound-auth completion zsh > "\${fpath[1]}/_outbound-auth"
_outbound_auth() {
  local command="\${words[2]}" previous="\${words[CURRENT-1]}"
  if (( CURRENT > 3 )); then
    case "$command" in
${seconds.map(([first]) => `      ${first}) command="$command \${words[3]}" ;;`).join('\n')}
    esac
  fi
  case "$previous" in
${valueCases.join('\n')}
    ${fileFlags().join('|')}) _files; return ;;
  esac
  if (( CURRENT == 2 )); then compadd -- ${firsts.join(' ')} --version --help; return; fi
  if (( CURRENT == 3 )); then
    case "$command" in
${seconds.map(([first, words]) => `      ${first}) compadd -- ${words.join(' ')}; return ;;`).join('\n')}
      help) compadd -- ${firsts.join(' ')}; return ;;
      completion) compadd -- ${shells.join(' ')}; return ;;
    esac
  fi
  if [[ "\${words[CURRENT]}" == -* ]]; then
    case "$command" in
${cases.map(([name, flags]) => `      "${name}") compadd -- ${flags.join(' ')}; return ;;`).join('\n')}
    esac
  fi
  _files
}
if [[ "\${funcstack[1]}" = _outbound-auth ]]; then _outbound_auth "$@"; else compdef _outbound_auth outbound-auth; fi
`
}

function fishScript(commands: readonly Command[], values: OptionValues): string {
  const { seconds } = wordsOf(commands)
  const quote = (text: string) => `'${text.replace(/[\\']/g, '\\$&')}'`
  const lines = [
    '# fish completion of outbound-auth: outbound-auth completion fish > ~/.config/fish/completions/outbound-auth.fish',
    "complete -c outbound-auth -n __fish_use_subcommand -l version -d 'print the version'",
  ]
  const starts = new Set<string>()
  for (const { name, summary, options } of commands) {
    const [first = '', second] = name.split(' ')
    if (!starts.has(first)) {
      const text =
        second === undefined ? summary : `${seconds.find(([group]) => group === first)?.[1].join(', ')}`
      lines.push(`complete -c outbound-auth -f -n __fish_use_subcommand -a ${first} -d ${quote(text)}`)
      starts.add(first)
    }
    const seen = `__fish_seen_subcommand_from ${second ?? first}`
    if (second !== undefined) {
      const place = quote(`__fish_seen_subcommand_from ${first}`)
      lines.push(`complete -c outbound-auth -f -n ${place} -a ${second} -d ${quote(summary)}`)
    }
    for (const option of options) {
      const { short, value, help } = commandOptions[option] as CommandOption
      const words = values[option]
      const parts = [
        `complete -c outbound-auth -n ${quote(seen)} -l ${option}`,
        ...(short ? [`-s ${short}`] : []),
        ...(words ? [`-x -a ${quote(words.join(' '))}`] : []),
        ...(value && !words ? ['-r'] : []),
        `-d ${quote(help)}`,
      ]
      lines.push(parts.join(' '))
    }
  }
  lines.push(
    `complete -c outbound-auth -f -n '__fish_seen_subcommand_from completion' -a '${shells.join(' ')}'`,
  )
  return `${lines.join('\n')}\n`
}

/** Names of commands and their options; commands of two words by their first. */
function wordsOf(commands: readonly Command[]) {
  const cases = commands.map(({ name, options }) => [name, options.map((option) => `--${option}`)] as const)
  const groups = new Map<string, string[]>()
  for (const { name } of commands) {
    const [first = '', second] = name.split(' ')
    if (second !== undefined) groups.set(first, [...(groups.get(first) ?? []), second])
  }
  const firsts = [...new Set(commands.map(({ name }) => name.split(' ')[0] ?? ''))]
  return { cases, firsts, seconds: [...groups] }
}

function flagsOf(option: string): string[] {
  const { short } = (commandOptions as Readonly<Record<string, CommandOption>>)[option] ?? {}
  return [`--${option}`, ...(short ? [`-${short}`] : [])]
}

function valuesOf(values: OptionValues): [flags: string[], words: readonly string[]][] {
  return Object.entries(values).map(([option, words]) => [flagsOf(option), words])
}

/** Options whose value is a file or a folder. */
function fileFlags(): string[] {
  return Object.entries(commandOptions)
    .filter(([, { value }]) => /^(FILE|DIR|PATH)$/.test(value ?? ''))
    .flatMap(([option]) => flagsOf(option))
}
