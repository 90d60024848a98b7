import * as v from 'valibot'
import { configError } from '../lib/codex-error.js'
import { type ConfigLayer, isTable, mergeLayers, parseLayer } from './config-layers.js'
import { type ConfigPlaces, configPlaces } from './config-places.js'
import { mergeProviders } from './merge-providers.js'
import { builtInProviders, type ModelProvider } from './model-provider.js'
import { anyTable, expectation } from './table-schema.js'

/** The part of a Codex `config.toml` that concerns authentication. */
export interface CodexConfig {
  /** Id of the default provider. */
  readonly modelProvider: string
  /** @internal The place of that id: `config.toml:1: model_provider`. */
  readonly modelProviderName?: string | undefined
  /** Built-in and configured providers by id. */
  readonly providers: ReadonlyMap<string, ModelProvider>
  readonly chatgptBaseUrl: string
  /** The place of the login. */
  readonly credentialsStore: 'file' | 'keyring' | 'auto' | 'ephemeral'
  readonly forcedLoginMethod: 'api' | 'chatgpt' | undefined
  readonly forcedWorkspaceIds: readonly string[]
  /** Whether ChatGPT logins sign as an agent (`features.use_agent_identity`). */
  readonly useAgentIdentity: boolean
  /** Harmless mistakes, each with its line. */
  readonly warnings: readonly string[]
}

const defaultChatgptBaseUrl = 'https://chatgpt.com/backend-api/'

const optionalText = v.optional(v.string())
/** @internal The keys at the top that are read. */
export const configSchema = v.object({
  model_provider: optionalText,
  profile: optionalText,
  openai_base_url: optionalText,
  chatgpt_base_url: optionalText,
  cli_auth_credentials_store: v.optional(v.picklist(['file', 'keyring', 'auto', 'ephemeral'])),
  forced_login_method: v.optional(v.picklist(['api', 'chatgpt'])),
  forced_chatgpt_workspace_id: v.optional(v.union([v.string(), v.array(v.string())])),
  features: v.optional(v.pipe(anyTable(), v.looseObject({ use_agent_identity: v.optional(v.boolean()) }))),
  model_providers: v.optional(anyTable()),
  profiles: v.optional(
    v.record(v.string(), v.object({ model_provider: optionalText, chatgpt_base_url: optionalText })),
  ),
})

/**
 * Reads and validates a `config.toml` as Codex does: reserved ids, merge rules, contradictions. Keys that do not
 * concern authentication are ignored. An unknown key of a provider is a warning with its line.
 *
 * @param file the name for messages
 * @param env variables that built-in providers depend on
 * @throws AuthError `ERR_AUTH_CODEX_CONFIG` (build), with file and line, and without any value of the file
 */
export function parseCodexConfig(
  text: string,
  file: string,
  env: Readonly<Record<string, string | undefined>>,
): CodexConfig {
  return interpretConfig([parseLayer(text, file)], env)
}

/**
 * @internal Reads several files as one configuration, and looks for contradictions in all of them together.
 *
 * @param layers at least one, the lowest first
 * @param warnings other harmless mistakes
 */
export function interpretConfig(
  layers: readonly ConfigLayer[],
  env: Readonly<Record<string, string | undefined>>,
  warnings: readonly string[] = [],
): CodexConfig {
  const places = configPlaces(layers)
  const parsed = v.safeParse(configSchema, mergeLayers(layers))
  if (!parsed.success) {
    const [issue] = parsed.issues
    const at = (issue.path ?? []).map(({ key }) => String(key))
    throw configError(places.at(at), `${at.join('.')} must be ${expectation(issue)}`)
  }
  const { output } = parsed
  if (output.profile !== undefined) throw legacyProfile(output.profile, places)
  const openaiBase = output.openai_base_url || undefined
  const openaiName = `${places.at(['openai_base_url'])}: openai_base_url`
  const builtIn = builtInProviders(env, openaiBase, openaiName)
  const providers = mergeProviders(builtIn, output.model_providers ?? {}, places)
  const workspaces = output.forced_chatgpt_workspace_id
  return {
    modelProvider: output.model_provider ?? 'openai',
    ...(output.model_provider !== undefined && {
      modelProviderName: `${places.at(['model_provider'])}: model_provider`,
    }),
    providers,
    chatgptBaseUrl: output.chatgpt_base_url ?? defaultChatgptBaseUrl,
    credentialsStore: output.cli_auth_credentials_store ?? 'file',
    forcedLoginMethod: output.forced_login_method,
    forcedWorkspaceIds: [workspaces ?? []].flat().flatMap((id) => id.trim() || []),
    useAgentIdentity: output.features?.use_agent_identity === true,
    warnings: [...warnings, ...places.warnings],
  }
}

/**
 * @internal Rejects a profile of the old kind in the home's configuration, beside a profile that an option names.
 *
 * @throws AuthError `ERR_AUTH_CODEX_CONFIG` (build)
 */
export function checkLegacyProfile(layer: ConfigLayer, profile: string): void {
  const tables = layer.document['profiles']
  if (!isTable(tables) || !Object.hasOwn(tables, profile)) return
  throw configError(
    configPlaces([layer]).at(['profiles', profile]),
    `[profiles.${profile}] is of the old kind, and contradicts the profile ${profile} that was asked for; move its keys to ${profile}.config.toml`,
  )
}

/**
 * A provider of a configuration.
 *
 * @param named its id; by default the configuration's own choice
 * @throws AuthError `ERR_AUTH_CODEX_CONFIG` (build) when no provider has that id
 */
export function findProvider(config: CodexConfig, named: string | undefined, file: string): ModelProvider {
  const { providers, modelProvider, modelProviderName = file } = config
  const id = named ?? modelProvider
  const found = providers.get(id)
  if (found) return found
  if (id === 'ollama-chat') {
    throw configError(modelProviderName, 'the provider ollama-chat is no longer supported; use ollama')
  }
  const known = `there are ${[...providers.keys()].join(', ')}`
  throw named === undefined
    ? configError(modelProviderName, `there is no provider ${JSON.stringify(id)}; ${known}`)
    : configError(file, `there is no model provider ${JSON.stringify(id)}; ${known}`)
}

function legacyProfile(name: string, places: ConfigPlaces): Error {
  const isName = isProfileName(name)
  return configError(
    places.at(['profile']),
    isName
      ? `the key profile is no longer supported; use the option profile (--profile ${name}) with ${name}.config.toml`
      : 'the key profile is no longer supported; use the option profile (--profile NAME) with NAME.config.toml',
  )
}

/** @internal Whether a string is the name of a profile: it becomes part of a file name. */
export function isProfileName(name: unknown): name is string {
  return typeof name === 'string' && /^[\w-]+$/.test(name)
}
