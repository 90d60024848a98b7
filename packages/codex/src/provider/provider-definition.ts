import { homedir } from 'node:os'
import { resolve } from 'node:path'
import { AuthError, type TokenSource } from '@outbound-auth/core'
import { readEnvironment } from '@outbound-auth/core/provider'
import type { SelectableDefinition } from '@outbound-auth/resolver'
import type { ModelProvider } from '../config/model-provider.js'
import type { CommandTable } from '../config/provider-table.js'
import { keyError } from '../lib/codex-error.js'

/** @internal The surroundings of a provider's definition: environment, folders, commands. */
export interface DefinitionPlaces {
  readonly env: Readonly<Record<string, string | undefined>>
  /** The Codex home: relative working directories of commands start here. */
  readonly home: string
  /** The session's folder: commands without a working directory run here. */
  readonly cwd: string
  /** The token source of a command with additional variables; the same source each time. */
  readonly tokenWith: (command: DefinedCommand, variables: Readonly<Record<string, string>>) => TokenSource
}

/** @internal A command of the configuration as the resolver takes it. */
export interface DefinedCommand {
  readonly command: readonly string[]
  readonly cwd: string
  readonly timeoutMs?: number | undefined
  readonly refreshIntervalMs?: number | undefined
  /** The remedy if the command fails, for a command that the configuration does not name. */
  readonly remedy?: string | undefined
}

/** The command with which Codex gets the token of Google Cloud. */
const googleCommand = {
  command: ['gcloud', 'auth', 'application-default', 'print-access-token'],
  timeoutMs: 30_000,
  remedy: 'run: gcloud auth application-default login',
}

/**
 * @internal The definition of a provider other than Amazon Bedrock: its own credential, none, or the login. Its origins
 * are added later.
 *
 * @throws AuthError build: `ERR_AUTH_MISSING_ENV`, `ERR_AUTH_CODEX_CONFIG`
 */
export function definitionOf(provider: ModelProvider, places: DefinitionPlaces): SelectableDefinition {
  const { env } = places
  const { env_key: key, env_key_instructions: instructions, experimental_bearer_token: token } = provider
  if (key !== undefined) {
    const value = readEnvironment(key, env)
    if (value === undefined) {
      const hint = instructions ? ` ${instructions}` : ''
      throw AuthError.build(`Missing environment variable: \`${key}\`.${hint}`, {
        code: 'ERR_AUTH_MISSING_ENV',
      })
    }
    // The resolver follows a variable, but would send letters beyond ASCII as Latin-1. So a value with such letters is
    // fixed here.
    return { kind: 'bearer', token: isAscii(value) ? { env: key } : wireText(value) }
  }
  // HTTP drops whitespace around a value. A line break is an error later.
  if (token !== undefined) return { kind: 'bearer', token: wireText(token) }
  if (provider.id === 'gcp') {
    const { auth, credential_file: file } = provider
    const command = auth ? commandOf(auth, places) : { ...googleCommand, cwd: places.cwd }
    return {
      kind: 'bearer',
      token: places.tokenWith(command, file === undefined ? {} : { GOOGLE_APPLICATION_CREDENTIALS: file }),
    }
  }
  if (provider.auth) return { kind: 'bearer', token: commandOf(provider.auth, places) }
  if (provider.requires_openai_auth) return { requiresLogin: true }
  return { kind: 'none', reason: `the provider ${provider.id} names no credential and asks for no login` }
}

/** @internal The command of a table, with absolute paths. */
export function commandOf(
  table: CommandTable,
  { env, home, cwd }: Pick<DefinitionPlaces, 'env' | 'home' | 'cwd'>,
): DefinedCommand {
  const { command, args, timeout_ms: timeoutMs, refresh_interval_ms: refreshIntervalMs } = table
  const userHome = env['HOME']?.trim() || homedir()
  const named = table.cwd?.replace(/^~(?=$|[/\\])/, () => userHome)
  const folder = named === undefined ? cwd : resolve(home, named)
  const isBare = !/[/\\]/.test(command)
  const program = isBare ? command : resolve(folder, command)
  return {
    command: [program, ...args],
    cwd: folder,
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(refreshIntervalMs !== undefined && { refreshIntervalMs }),
  }
}

/** @internal The base URL of a provider without one of its own. */
export function defaultBaseUrl(
  provider: ModelProvider,
  env: DefinitionPlaces['env'],
  isChatgpt: boolean,
): string {
  if (provider.id !== 'gcp') {
    return isChatgpt ? 'https://chatgpt.com/backend-api/codex' : 'https://api.openai.com/v1'
  }
  const [at, where] = [
    googleName(provider, env, 'project_id', 'GOOGLE_CLOUD_PROJECT'),
    googleName(provider, env, 'location', 'GOOGLE_CLOUD_LOCATION') ?? 'global',
  ]
  if (at === undefined) {
    throw keyError(
      `${provider.place}: model_providers.gcp`,
      'needs project_id, or the variable GOOGLE_CLOUD_PROJECT, or a base_url',
    )
  }
  return `https://aiplatform.googleapis.com/v1/projects/${at}/locations/${where}/publishers/openai/v1`
}

/** A part of the path at Google Cloud: of the configuration, even if it is empty there, else of a variable. */
function googleName(
  provider: ModelProvider,
  env: DefinitionPlaces['env'],
  key: 'project_id' | 'location',
  variable: string,
): string | undefined {
  const configured = provider[key]
  const name = configured?.trim() ?? readEnvironment(variable, env)
  if (name === undefined || /^[A-Za-z\d-]+$/.test(name)) return name
  const place = configured === undefined ? variable : (provider.nameOf?.(key) ?? key)
  throw keyError(place, 'must be letters, digits and hyphens')
}

/**
 * @internal A literal of the configuration as the value of a header: without whitespace around it, which has no meaning
 * in HTTP, and in UTF-8, where `fetch` would send Latin-1 or throw.
 */
export function wireText(text: string): string {
  return Buffer.from(text.replace(/^[ \t]+|[ \t]+$/g, ''), 'utf8').toString('latin1')
}

function isAscii(text: string): boolean {
  return /^[\0-\x7f]*$/.test(text)
}
