import type { ProviderTable } from './provider-table.js'

/** A model provider as Codex knows it: a built-in one, or a `[model_providers.ID]`. */
export interface ModelProvider extends ProviderTable {
  readonly id: string
  /** The place of the definition: `config.toml:3`, or `built-in`. */
  readonly place: string
  /** Keys of its table that neither Codex nor this package knows: `aws.role_arn`. */
  readonly unknownKeys?: readonly string[] | undefined
  /** @internal The name of a key in messages, with its place: `config.toml:5: model_providers.lab.base_url`. */
  readonly nameOf?: ((...key: readonly string[]) => string) | undefined
}

type Variables = Readonly<Record<string, string | undefined>>

const none = { requires_openai_auth: false, supports_websockets: false } as const

/** Ids of the providers that speak to Amazon Bedrock. */
export const bedrockIds: readonly string[] = ['amazon-bedrock', 'amazon-bedrock-runtime']

/**
 * The providers that need no configuration.
 *
 * @param openaiBaseUrl `openai_base_url` of the configuration
 * @param openaiName the place and the name of that key
 */
export function builtInProviders(
  env: Variables,
  openaiBaseUrl: string | undefined,
  openaiName: string,
): readonly ModelProvider[] {
  const place = 'built-in'
  const oss = (port: number) => {
    const named = Number(env['CODEX_OSS_PORT']?.trim())
    return env['CODEX_OSS_BASE_URL']?.trim() || `http://localhost:${named > 0 ? named : port}/v1`
  }
  return [
    {
      ...none,
      id: 'openai',
      place,
      name: 'OpenAI',
      base_url: openaiBaseUrl,
      nameOf: () => openaiName,
      requires_openai_auth: true,
      supports_websockets: true,
      env_http_headers: {
        'OpenAI-Organization': 'OPENAI_ORGANIZATION',
        'OpenAI-Project': 'OPENAI_PROJECT',
      },
    },
    ...bedrockIds.map((id) => ({
      ...none,
      id,
      place,
      name: id === 'amazon-bedrock' ? 'Amazon Bedrock' : 'Amazon Bedrock Runtime',
      aws: {},
      http_headers: { 'x-amzn-mantle-client-agent': 'codex' },
    })),
    { ...none, id: 'gcp', place, name: 'Google Cloud' },
    ...(['ollama', 'lmstudio'] as const).map((id) => ({
      ...none,
      id,
      place,
      name: 'gpt-oss',
      base_url: oss(id === 'ollama' ? 11434 : 1234),
      nameOf: () => 'CODEX_OSS_BASE_URL',
    })),
  ]
}
