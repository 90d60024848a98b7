import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { requirementOf } from './codex-requirement.js'

/** Headers as a recording has them; an assertion is decoded. */
export type RecordedHeaders = Readonly<Record<string, string | { readonly envelope: Record<string, string> }>>

/** A request that a recording requires. */
export interface RequiredRequest {
  readonly class?: string
  readonly method: string
  readonly url: string
  readonly auth_headers: RecordedHeaders
  readonly status: number
  readonly body?: unknown
}

/** A request of the real client, as it was recorded. */
export interface RecordedRequest {
  readonly class: string
  readonly method: string
  /** Set where it went to a host of its own and not to the mock. */
  readonly host?: string
  readonly target: string
  readonly headers: readonly (readonly [string, string])[]
  readonly body?: { readonly text?: string }
  readonly response: { readonly status: number; readonly body?: unknown }
}

/** What our command has to do in a scenario. */
export interface Requirement {
  readonly mode: 'normal' | 'must-fail' | 'may-fail' | 'loop'
  /** Texts of the second column, or ids of the first column, of `docs/codex-differences.md`. */
  readonly deliberate: readonly string[]
  readonly outcome: 'ok' | 'error' | 'timeout'
  readonly error_class: string | null
  readonly model_requests: readonly RequiredRequest[]
  readonly auth_calls: readonly RequiredRequest[]
  readonly auth_json_after?: Record<string, unknown>
}

/** One scenario as the real client played it. */
export interface RawRecording {
  readonly scenario: string
  readonly exit_code: number | null
  readonly config_toml: string
  readonly auth_json: Record<string, unknown> | null
  readonly auth_json_after?: Record<string, unknown>
  readonly env: Readonly<Record<string, string>>
  readonly files?: Readonly<Record<string, string>>
  readonly args: readonly string[]
  readonly requests: readonly RecordedRequest[]
}

/** One recorded scenario of the real client, with what our command has to do in it. */
export interface Recording extends RawRecording {
  readonly required: Requirement
  /** Whether it was made with 0.171.0. */
  readonly isNew?: boolean
}

function readFolder<T extends RawRecording>(name: string): readonly T[] {
  const folder = join(import.meta.dirname, '../../../../shared/vectors', name)
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
