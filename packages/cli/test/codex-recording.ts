import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

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

/** One recorded scenario of the real client, with what our command has to do in it. */
export interface Recording {
  readonly scenario: string
  readonly config_toml: string
  readonly auth_json: Record<string, unknown> | null
  readonly auth_json_after?: Record<string, unknown>
  readonly env: Readonly<Record<string, string>>
  readonly files?: Readonly<Record<string, string>>
  readonly args: readonly string[]
  readonly requests: readonly {
    readonly class: string
    readonly response: { readonly status: number; readonly body?: unknown }
  }[]
  readonly required: {
    readonly mode: 'normal' | 'must-fail' | 'may-fail' | 'loop'
    readonly deliberate: readonly string[]
    readonly outcome: 'ok' | 'error' | 'timeout'
    readonly error_class: string | null
    readonly model_requests: readonly RequiredRequest[]
    readonly auth_calls: readonly RequiredRequest[]
    readonly auth_json_after?: Record<string, unknown>
  }
}

const folder = join(import.meta.dirname, '../../../../shared/vectors/codex-captures')

/** Every recording; none where the folder is absent. */
export const recordings: readonly Recording[] = existsSync(folder)
  ? readdirSync(folder)
      .filter((name) => name.endsWith('.json'))
      .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')))
  : []

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

/** `--enable X`, `-c`, `-m` and `--profile` of the recorded arguments as lines of `config.toml`. */
export function configOf({ config_toml: toml, args }: Recording): string {
  const top: string[] = []
  args.forEach((arg, index) => {
    const value = args[index + 1] ?? ''
    if (arg === '--enable') top.push(`features.${value} = true`)
    if (arg === '-c') top.push(value)
    if (arg === '-m') top.push(`model = ${JSON.stringify(value)}`)
    if (arg === '--profile') top.push(`profile = ${JSON.stringify(value)}`)
  })
  return `${top.join('\n')}\n${toml}`
}
