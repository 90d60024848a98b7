import { parse, TomlError } from 'smol-toml'
import * as v from 'valibot'
import { configError } from './codex-error.js'
import { type ConfigPlaces, configPlaces } from './config-places.js'
import { mergeProviders } from './merge-providers.js'
import { builtInProviders, type ModelProvider } from './model-provider.js'

/** What a Codex `config.toml` says about authentication. */
export interface CodexConfig {
  /** Id of the provider that is used when none is named. */
  readonly modelProvider: string
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
const top = v.object({
  model_provider: optionalText,
  profile: optionalText,
  openai_base_url: optionalText,
  chatgpt_base_url: optionalText,
  cli_auth_credentials_store: v.optional(v.picklist(['file', 'keyring', 'auto', 'ephemeral'])),
  forced_login_method: v.optional(v.picklist(['api', 'chatgpt'])),
  forced_chatgpt_workspace_id: v.optional(v.union([v.string(), v.array(v.string())])),
  features: v.optional(v.record(v.string(), v.unknown())),
  model_providers: v.optional(v.record(v.string(), v.unknown())),
  profiles: v.optional(
    v.record(v.string(), v.object({ model_provider: optionalText, chatgpt_base_url: optionalText })),
  ),
})

/**
 * Reads and validates a `config.toml` as Codex does: reserved ids, merge rules, contradictions. Keys that have nothing to do
 * with authentication are not looked at; unknown keys of a provider are warnings with their line.
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
  const places = configPlaces(file, text)
  const document = parseToml(text, file)
  const parsed = v.safeParse(top, document)
  if (!parsed.success) {
    const [issue] = parsed.issues
    const at = (issue.path ?? []).map(({ key }) => String(key))
    throw configError(places.at(at), `${at.join('.')} has the wrong type or an unknown value`)
  }
  const { output } = parsed
  const profile = output.profile === undefined ? undefined : profileOf(output, output.profile, places)
  const modelProvider = profile?.model_provider ?? output.model_provider ?? 'openai'
  const builtIn = builtInProviders(env, nonBlank(output.openai_base_url))
  const providers = mergeProviders(builtIn, output.model_providers ?? {}, places)
  const workspaces = output.forced_chatgpt_workspace_id
  return {
    modelProvider,
    providers,
    chatgptBaseUrl: nonBlank(profile?.chatgpt_base_url ?? output.chatgpt_base_url) ?? defaultChatgptBaseUrl,
    credentialsStore: output.cli_auth_credentials_store ?? 'file',
    forcedLoginMethod: output.forced_login_method,
    forcedWorkspaceIds: workspaces === undefined ? [] : [workspaces].flat().filter((id) => nonBlank(id)),
    useAgentIdentity: output.features?.['use_agent_identity'] === true,
    warnings: places.warnings,
  }
}

/** A provider of a configuration. @throws AuthError `ERR_AUTH_CODEX_CONFIG` (build) when there is none of that id */
export function findProvider({ providers }: CodexConfig, id: string, file: string): ModelProvider {
  const found = providers.get(id)
  if (found) return found
  throw configError(
    file,
    id === 'ollama-chat'
      ? 'the provider ollama-chat is no longer supported; use ollama'
      : `there is no model provider ${JSON.stringify(id)}; there are ${[...providers.keys()].join(', ')}`,
  )
}

function parseToml(text: string, file: string): Record<string, unknown> {
  try {
    return parse(text)
  } catch (error) {
    // The parser's own message quotes the line, which may hold a token.
    if (error instanceof TomlError) throw configError(`${file}:${error.line}`, 'this is not valid TOML')
    throw error
  }
}

function profileOf(
  { profiles = {} }: v.InferOutput<typeof top>,
  name: string,
  places: ConfigPlaces,
): { model_provider?: string | undefined; chatgpt_base_url?: string | undefined } {
  const found = Object.hasOwn(profiles, name) ? profiles[name] : undefined
  if (found) return found
  throw configError(places.at(['profile']), `there is no profile ${JSON.stringify(name)}`)
}

function nonBlank(text: string | undefined): string | undefined {
  return text?.trim() ? text : undefined
}
