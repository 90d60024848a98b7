import * as v from 'valibot'
import { configError } from '../lib/codex-error.js'
import { type ConfigLayer, isTable, mergeLayers, parseLayer } from './config-layers.js'
import { type ConfigPlaces, configPlaces } from './config-places.js'
import { mergeProviders } from './merge-providers.js'
import { builtInProviders, type ModelProvider } from './model-provider.js'
import { anyTable, expectation } from './table-schema.js'

/** What a Codex `config.toml` says about authentication. */
export interface CodexConfig {
  /** Id of the provider that is used when none is named. */
  readonly modelProvider: string
  /** @internal Where it is named: `config.toml:1: model_provider`. */
  readonly modelProviderName?: string | undefined
  /** Built-in and configured providers by id. */
  readonly providers: ReadonlyMap<string, ModelProvider>
  readonly chatgptBaseUrl: string
  /** Where the login is kept. */
  readonly credentialsStore: 'file' | 'keyring' | 'auto' | 'ephemeral'
  readonly forcedLoginMethod: 'api' | 'chatgpt' | undefined
  readonly forcedWorkspaceIds: readonly string[]
  /** Whether ChatGPT logins sign as an agent (`features.use_agent_identity`). */
  readonly useAgentIdentity: boolean
  /** What is wrong and harmless, with its line. */
  readonly warnings: readonly string[]
}

const defaultChatgptBaseUrl = 'https://chatgpt.com/backend-api/'

const optionalText = v.optional(v.string())
/** @internal The keys at the top that are looked at. */
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
 * Reads and validates a `config.toml` as Codex does: reserved ids, merge rules, contradictions. Keys that have nothing
 * to do with authentication are not looked at; unknown keys of a provider are warnings with their line.
 *
 * @param file the name for messages
 * @param env variables that built-in providers depend on
 * @throws AuthError `ERR_AUTH_CODEX_CONFIG` (build), with file and line; no value of the file is in it
 */
export function parseCodexConfig(
  text: string,
  file: string,
  env: Readonly<Record<string, string | undefined>>,
): CodexConfig {
  return interpretConfig([parseLayer(text, file)], env)
}

/**
 * @internal What several files say together; the contradictions are those of all of them.
 *
 * @param layers at least one, the lowest first
 * @param warnings what else is wrong and harmless
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
 * @internal A profile of the old kind in the home's configuration, beside one that was asked for by name.
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
 * @throws AuthError `ERR_AUTH_CODEX_CONFIG` (build) when there is none of that id
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

/** @internal Whether a profile can be called so: it becomes part of a file's name. */
export function isProfileName(name: unknown): name is string {
  return typeof name === 'string' && /^[\w-]+$/.test(name)
}
