import { isAbsolute } from 'node:path'
import { configError } from '../lib/codex-error.js'
import type { ConfigPlaces } from './config-places.js'
import { gatewayProblem, isProgram } from './gateway-table.js'
import { bedrockIds, type ModelProvider } from './model-provider.js'
import { readProviderTable } from './provider-schema.js'
import type { ProviderTable } from './provider-table.js'

const reservedIds = ['openai', 'ollama', 'lmstudio']
/** The keys that a configuration may set for a built-in provider. */
const extensions: Readonly<Record<string, readonly string[]>> = {
  'amazon-bedrock': ['base_url', 'auth', 'aws', 'http_headers'],
  'amazon-bedrock-runtime': ['base_url', 'auth', 'aws', 'http_headers'],
  gcp: ['base_url', 'auth', 'http_headers', 'project_id', 'location', 'credential_file'],
}
const ownCredentials = ['env_key', 'experimental_bearer_token', 'auth', 'requires_openai_auth'] as const

/**
 * @internal Built-in and configured providers in one map; a configured one never replaces a built-in one.
 *
 * @throws AuthError `ERR_AUTH_CODEX_CONFIG` (build), in the order in which Codex finds problems
 */
export function mergeProviders(
  builtIn: readonly ModelProvider[],
  tables: Readonly<Record<string, unknown>>,
  places: ConfigPlaces,
): ReadonlyMap<string, ModelProvider> {
  const providers = new Map(builtIn.map((provider) => [provider.id, provider]))
  const configured = Object.entries(tables).map(([id, value]) => {
    const path = ['model_providers', id]
    return { id, path, ...readProviderTable(value, path, places) }
  })
  const reserved = configured.filter(({ id }) => reservedIds.includes(id))
  if (reserved[0]) {
    const ids = reserved.map(({ id }) => `\`${id}\``).join(', ')
    throw configError(
      places.at(reserved[0].path),
      `model_providers has the reserved id ${ids}; rename your provider, to openai-custom, say`,
    )
  }
  for (const provider of configured) {
    const { id } = provider
    providers.set(id, mergedProvider(provider, providers.get(id), Object(tables[id]), places))
  }
  return providers
}

interface ConfiguredProvider extends ReturnType<typeof readProviderTable> {
  readonly id: string
  readonly path: readonly string[]
}

/** @param base the built-in provider with this id */
function mergedProvider(
  { id, path, table, unknownKeys }: ConfiguredProvider,
  base: ModelProvider | undefined,
  keys: object,
  places: ConfigPlaces,
): ModelProvider {
  const fail = (problem: string, at: readonly string[] = path): never => {
    throw configError(places.at(at), `${path.join('.')}: ${problem}`)
  }
  const ignored = ['experimental_bearer_token', 'requires_openai_auth'].filter((name) => isSet(table, name))
  if (table.env_key !== undefined && ignored[0]) {
    places.warn([...path, ignored[0]], `${ignored.join(' and ')} is ignored, since there is env_key`)
  }
  const found = {
    place: places.at(path),
    unknownKeys,
    nameOf: (...key: readonly string[]) => {
      const at = [...path, ...key]
      return `${places.at(at)}: ${at.join('.')}`
    },
  }
  if (!base) {
    check(table, fail, false)
    return { ...table, id, ...found }
  }
  const allowed = extensions[id] ?? []
  const extra = Object.keys(keys).find((name) => !allowed.includes(name) && isSet(table, name))
  if (extra) fail(`${extra} cannot be changed here; ${allowed.join(', ')} can`, [...path, extra])
  check(table, fail, true)
  const { credential_file: file } = table
  if (file !== undefined && !isAbsolute(file)) {
    fail('provider credential_file must be an absolute path', [...path, 'credential_file'])
  }
  const headers = { ...base.http_headers, ...table.http_headers }
  return { ...base, ...defined(table), http_headers: headers, name: base.name, ...found }
}

type Fail = (problem: string, at?: readonly string[]) => never

/** A contradiction makes the whole configuration invalid, as in Codex, whether the provider is used or not. */
function check(table: ProviderTable, fail: Fail, isBuiltIn: boolean): void {
  const { aws, auth } = table
  const set = ownCredentials.filter((name) => isSet(table, name))
  if (!isBuiltIn && aws) fail(`provider aws is only supported for ${bedrockIds.join(' or ')}`)
  if (!isBuiltIn && table.name.trim() === '') fail('provider name must not be empty')
  if (aws && auth) fail('provider aws cannot be combined with auth')
  if (auth) {
    if (auth.command.trim() === '') fail('provider auth.command must not be empty')
    const others = set.filter((name) => name !== 'auth')
    if (others.length > 0) fail(`provider auth cannot be combined with ${others.join(', ')}`)
  }
  if (aws) checkAws(aws, fail)
  const problem = gatewayProblem(table, set)
  if (problem) fail(problem)
}

function checkAws(aws: NonNullable<ProviderTable['aws']>, fail: Fail): void {
  if (aws.auth_refresh && aws.auth_refresh.command.trim() !== 'aws') {
    fail('provider aws.auth_refresh.command must be aws')
  }
  if (!aws.credential_export) return
  if (aws.credential_export.command.trim() === '') {
    fail('provider aws.credential_export.command must not be empty')
  }
  if (!isProgram(aws.credential_export.command)) {
    fail('provider aws.credential_export.command must be an absolute path, or a name without folder')
  }
  if (aws.profile !== undefined) fail('provider aws.credential_export cannot be combined with aws.profile')
}

/** An empty string counts as set. */
function isSet(table: ProviderTable, name: string): boolean {
  const value = (table as unknown as Record<string, unknown>)[name]
  return value !== undefined && value !== false
}

function defined(table: ProviderTable): Partial<ProviderTable> {
  return Object.fromEntries(Object.entries(table).filter(([, value]) => value !== undefined))
}
