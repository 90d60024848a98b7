import type { StaticHeader } from './definition/auth-definition.js'
import type { EnvReference } from './definition/secret-reference.js'

interface BearerPreset {
  readonly kind: 'bearer'
  readonly token: EnvReference
  readonly baseUrl: string
  readonly headers?: Readonly<Record<string, StaticHeader>>
}

interface ApiKeyPreset {
  readonly kind: 'api-key'
  readonly key: EnvReference
  readonly header: string
  readonly baseUrl: string
  readonly headers?: Readonly<Record<string, StaticHeader>>
}

/** Definitions of known services. Values that only the user knows are missing. */
export interface Presets {
  /**
   * OpenAI: bearer token in `OPENAI_API_KEY`. Organization and project come from `OPENAI_ORG_ID` and
   * `OPENAI_PROJECT_ID`, if these are set.
   *
   * @see https://platform.openai.com/docs/api-reference/authentication
   */
  readonly openai: BearerPreset
  /**
   * Azure OpenAI with a key in `AZURE_OPENAI_API_KEY`. Add the `baseUrl` of your resource.
   *
   * @see https://learn.microsoft.com/azure/ai-services/openai/reference#authentication
   */
  readonly azureOpenai: Omit<ApiKeyPreset, 'baseUrl'>
  /**
   * Anthropic: key in `ANTHROPIC_API_KEY`, API version 2023-06-01.
   *
   * @see https://docs.anthropic.com/en/api/overview
   */
  readonly anthropic: ApiKeyPreset
  /**
   * Gemini: key in `GEMINI_API_KEY`.
   *
   * @see https://ai.google.dev/gemini-api/docs/api-key
   */
  readonly gemini: ApiKeyPreset
  /**
   * OpenRouter: bearer token in `OPENROUTER_API_KEY`.
   *
   * @see https://openrouter.ai/docs/api-reference/authentication
   */
  readonly openrouter: BearerPreset
  /**
   * A local Ollama server, without a credential.
   *
   * @see https://docs.ollama.com/api/authentication
   */
  readonly ollama: { readonly kind: 'none'; readonly reason: string; readonly baseUrl: string }
  /** Any OpenAI-compatible gateway with a bearer token. Add its `baseUrl` and the `token`. */
  readonly openaiCompatible: { readonly kind: 'bearer' }
}

/** The presets, frozen. Spread a preset and add the missing properties. */
export const presets: Presets = /* @__PURE__ */ freeze<Presets>({
  openai: {
    kind: 'bearer',
    token: { env: 'OPENAI_API_KEY' },
    baseUrl: 'https://api.openai.com/v1',
    headers: {
      'OpenAI-Organization': { env: 'OPENAI_ORG_ID', optional: true },
      'OpenAI-Project': { env: 'OPENAI_PROJECT_ID', optional: true },
    },
  },
  azureOpenai: { kind: 'api-key', key: { env: 'AZURE_OPENAI_API_KEY' }, header: 'api-key' },
  anthropic: {
    kind: 'api-key',
    key: { env: 'ANTHROPIC_API_KEY' },
    header: 'x-api-key',
    baseUrl: 'https://api.anthropic.com',
    headers: { 'anthropic-version': '2023-06-01' },
  },
  gemini: {
    kind: 'api-key',
    key: { env: 'GEMINI_API_KEY' },
    header: 'x-goog-api-key',
    baseUrl: 'https://generativelanguage.googleapis.com',
  },
  openrouter: {
    kind: 'bearer',
    token: { env: 'OPENROUTER_API_KEY' },
    baseUrl: 'https://openrouter.ai/api/v1',
  },
  ollama: {
    kind: 'none',
    reason: 'a local Ollama asks for no credential',
    baseUrl: 'http://localhost:11434/v1',
  },
  openaiCompatible: { kind: 'bearer' },
})

/** The name of a preset for a command line or a file: `azure-openai` for `azureOpenai`. */
export function presetName(key: keyof Presets): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

function freeze<T extends object>(value: T): T {
  for (const property of Object.values(value)) if (typeof property === 'object') freeze(property)
  return Object.freeze(value)
}
