import { type AccessToken, AuthError, type SourceOptions, type TokenSource } from '@outbound-auth/core'
import { readFile, runCommand } from '#platform'
import { isPlainObject } from './copy-definition.js'

/** The value of an environment variable, trimmed. It is read again about once a second while it is in use, and after a refusal. */
export interface EnvReference {
  /** Name of the variable. */
  readonly env: string
  readonly file?: undefined
  readonly command?: undefined
}

/** The content of a file, trimmed. It is read again about once a second while it is in use, and after a refusal. */
export interface FileReference {
  /** Path of the file; a relative one starts at the process's working directory. */
  readonly file: string
  readonly env?: undefined
  readonly command?: undefined
}

/** What a command prints, on Node only: see `commandToken` of `@outbound-auth/bearer/command`. No shell is involved. */
export interface CommandReference {
  /** Program and arguments. */
  readonly command: readonly string[]
  /** @default the process's working directory */
  readonly cwd?: string | undefined
  /**
   * Time limit of the whole run, in milliseconds.
   *
   * @default 5000
   */
  readonly timeoutMs?: number | undefined
  /**
   * How long the output is used, in milliseconds; 0 uses it until a server refuses it.
   *
   * @default 300000
   */
  readonly refreshIntervalMs?: number | undefined
  readonly env?: undefined
  readonly file?: undefined
}

/** Where a secret is, instead of the secret itself. */
export type SecretReference = EnvReference | FileReference | CommandReference

/** Where references lead: the process's own environment, files and commands, or something else in their place. */
export interface SecretHost {
  /** Environment variables. The object is read at each use, so it may change. @default process.env */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
  /** Reads a text file. @default readFile of node:fs/promises */
  readonly readFile?: ((path: string) => Promise<string>) | undefined
  /** Runs a credential command. @default commandToken of `@outbound-auth/core/command`, with `env` as its environment if that is given */
  readonly runCommand?:
    | ((reference: CommandReference, options: SourceOptions) => Promise<AccessToken | string>)
    | undefined
}

/** @internal A reference that can be used. */
export interface OpenedReference {
  readonly source: TokenSource
  /** Where the secret is, in words. */
  readonly label: string
  /** Reads what can be read at once. @throws AuthError `ERR_AUTH_MISSING_ENV` (build) */
  check(): void
}

const membersOf = {
  env: ['env'],
  file: ['file'],
  command: ['command', 'cwd', 'timeoutMs', 'refreshIntervalMs'],
} as const
const types = ['env', 'file', 'command'] as const
const rereadIntervalMs = 1000
const commandIntervalMs = 300_000

/**
 * @internal Opens a reference; undefined when the value is none.
 *
 * @param use what cannot be done without the secret, in words
 * @throws TypeError when it is a reference and is malformed
 */
export function openReference(value: unknown, use: string, host: SecretHost): OpenedReference | undefined {
  const type = isPlainObject(value) ? types.find((name) => Object.hasOwn(value, name)) : undefined
  if (!isPlainObject(value) || type === undefined) return undefined
  const known: readonly string[] = membersOf[type]
  for (const [name, member] of Object.entries(value)) {
    if (known.includes(name) && isValid(name, member)) continue
    const fault = known.includes(name) ? 'malformed' : 'unknown'
    throw new TypeError(`${use}: ${JSON.stringify(name)} is ${fault} in a reference with ${known.join(', ')}`)
  }
  if (type === 'command') {
    const reference = value as unknown as CommandReference
    const { command, refreshIntervalMs = commandIntervalMs } = reference
    const run = async (options: SourceOptions) =>
      host.runCommand?.(reference, options) ?? runCommand({ ...reference, env: host.env }, options)
    return {
      source: Object.assign(run, { refreshIntervalMs }),
      label: `command ${command[0]?.split(/[/\\]/).at(-1)}`,
      check() {},
    }
  }
  const name = String(value[type])
  const read =
    type === 'env'
      ? () => readEnv(host, name) ?? missingEnv(name, use)
      : () => readSecretFile(host, name, use)
  return {
    source: Object.assign(read, { refreshIntervalMs: rereadIntervalMs }),
    label: type === 'env' ? `environment variable ${name}` : `file ${name}`,
    check: type === 'env' ? read : () => {},
  }
}

/** @internal The trimmed value of a variable; undefined when it is unset or blank. */
export function readEnv(
  { env = globalThis.process?.env ?? {} }: SecretHost,
  name: string,
): string | undefined {
  return (Object.hasOwn(env, name) && env[name]?.trim()) || undefined
}

/** @internal @throws AuthError `ERR_AUTH_MISSING_ENV` (build) */
export function missingEnv(name: string, use: string): never {
  throw AuthError.build(`${use}: environment variable ${name} is unset or blank; set it`, {
    code: 'ERR_AUTH_MISSING_ENV',
  })
}

async function readSecretFile(host: SecretHost, path: string, use: string): Promise<string> {
  const code = 'ERR_AUTH_MISSING_FILE'
  let text: string
  try {
    text = await (host.readFile ?? readFile)(path)
  } catch (cause) {
    throw AuthError.is(cause)
      ? cause
      : AuthError.build(`${use}: file ${path} cannot be read`, { code, cause })
  }
  return text.trim() || Promise.reject(AuthError.build(`${use}: file ${path} is blank`, { code }))
}

function isValid(name: string, member: unknown): boolean {
  if (name === 'command') {
    return Array.isArray(member) && isText(member[0]) && member.every((part) => typeof part === 'string')
  }
  return name.endsWith('Ms') ? isDuration(name, member) : isText(member)
}

/** @internal */
export function isDuration(name: string, value: unknown): boolean {
  return Number.isFinite(value) && (value as number) >= (name === 'timeoutMs' ? 1 : 0)
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value.trim() !== ''
}
