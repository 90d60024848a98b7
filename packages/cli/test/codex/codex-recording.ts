import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { requirementOf } from './codex-requirement.js'
import type { RawRecording, Recording } from './recorded-scenario.js'

function readFolder<T extends RawRecording>(name: string): readonly T[] {
  const folder = join(import.meta.dirname, '../../../../../shared/vectors', name)
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')))
}

/** The recordings of Codex 0.169.0, and those that were made anew with 0.171.0; none where the folders are absent. */
export const recordings: readonly Recording[] = [
  ...readFolder<Recording>('codex-captures'),
  ...readFolder<RawRecording>('codex-captures-0171').map((raw) => ({
    ...raw,
    required: requirementOf(raw),
    isNew: true,
  })),
]

/** The values of one recording's placeholders. */
export type Placeholders = Readonly<Record<string, string>>

/** Puts values in place of `{{…}}`, at any depth. */
export function fill<T>(value: T, placeholders: Placeholders): T {
  if (typeof value === 'string') {
    return value.replace(/\{\{([^{}]+)\}\}/g, (whole, name: string) => placeholders[name] ?? whole) as T
  }
  if (Array.isArray(value)) return value.map((item) => fill(item, placeholders)) as T
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, fill(item, placeholders)]),
  ) as T
}

/** `{{auth_json.a.b}}` and `{{env.NAME}}` for every text in a document. */
export function placeholdersOf(prefix: string, value: unknown): Record<string, string> {
  if (typeof value === 'string') return { [prefix]: value }
  if (typeof value !== 'object' || value === null) return {}
  return Object.assign(
    {},
    ...Object.entries(value).map(([name, item]) => placeholdersOf(`${prefix}.${name}`, item)),
  )
}

/** `--enable X`, `-c` and `-m` of the recorded arguments as lines of `config.toml`. */
export function configOf({ config_toml: toml, args }: RawRecording): string {
  const top: string[] = []
  args.forEach((arg, index) => {
    const value = args[index + 1] ?? ''
    if (arg === '--enable') top.push(`features.${value} = true`)
    if (arg === '-c') top.push(value)
    if (arg === '-m') top.push(`model = ${JSON.stringify(value)}`)
  })
  return `${top.join('\n')}\n${toml}`
}

/** The recorded arguments that our command takes, too. */
export function flagsOf({ args }: RawRecording): readonly string[] {
  const index = args.indexOf('--profile')
  return index < 0 ? [] : args.slice(index, index + 2)
}
