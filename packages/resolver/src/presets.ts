import { deepFreeze } from './definition/deep-freeze.js'
import type {
  ApiKeyPreset,
  BearerPreset,
  MachinePreset,
  RolePreset,
  WorkloadPreset,
} from './definition/preset-kinds.js'

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
  /**
   * Mistral: bearer token in `MISTRAL_API_KEY`.
   *
   * @see https://docs.mistral.ai/api
   */
  readonly mistral: BearerPreset
  /**
   * Groq: bearer token in `GROQ_API_KEY`.
   *
   * @see https://console.groq.com/docs/openai
   */
  readonly groq: BearerPreset
  /**
   * xAI: bearer token in `XAI_API_KEY`.
   *
   * @see https://docs.x.ai/docs/api-reference
   */
  readonly xai: BearerPreset
  /**
   * DeepSeek: bearer token in `DEEPSEEK_API_KEY`.
   *
   * @see https://api-docs.deepseek.com
   */
  readonly deepseek: BearerPreset
  /**
   * Together: bearer token in `TOGETHER_API_KEY`.
   *
   * @see https://docs.together.ai/docs/openai-api-compatibility
   */
  readonly together: BearerPreset
  /**
   * Fireworks: bearer token in `FIREWORKS_API_KEY`.
   *
   * @see https://docs.fireworks.ai/tools-sdks/openai-compatibility
   */
  readonly fireworks: BearerPreset
  /**
   * Cerebras: bearer token in `CEREBRAS_API_KEY`.
   *
   * @see https://inference-docs.cerebras.ai/resources/openai
   */
  readonly cerebras: BearerPreset
  /**
   * GitHub Models: a token with the permission `models:read` in `GITHUB_TOKEN`, API version 2022-11-28.
   *
   * @see https://docs.github.com/rest/models/inference
   */
  readonly githubModels: BearerPreset
  /**
   * The OpenAI-compatible API of Vertex AI. Add the `token`, an OAuth access token of Google Cloud that lives for an
   * hour, and the `baseUrl`:
   * `https://aiplatform.googleapis.com/v1/projects/PROJECT/locations/global/endpoints/openapi`.
   *
   * @see https://cloud.google.com/vertex-ai/generative-ai/docs/start/openai
   */
  readonly vertex: { readonly kind: 'bearer' }
  /**
   * Hugging Face Inference Providers: bearer token in `HF_TOKEN`.
   *
   * @see https://huggingface.co/docs/inference-providers
   */
  readonly huggingFace: BearerPreset
  /**
   * A local LM Studio server, without a credential.
   *
   * @see https://lmstudio.ai/docs/app/api/endpoints/openai
   */
  readonly lmStudio: { readonly kind: 'none'; readonly reason: string; readonly baseUrl: string }
  /**
   * Cloudflare AI Gateway that is authenticated: the gateway's token in `CF_AIG_TOKEN`, sent as `cf-aig-authorization`.
   * It takes a second credential, that of the service behind it, in the header of that service: see the README. Add the
   * `baseUrl`: `https://gateway.ai.cloudflare.com/v1/ACCOUNT/GATEWAY/openai`.
   *
   * @see https://developers.cloudflare.com/ai-gateway/configuration/authentication/
   */
  readonly cloudflareAiGateway: Omit<ApiKeyPreset, 'baseUrl'> & { readonly prefix: string }
  /**
   * Anthropic from a job of GitHub Actions, without a secret: the job's identity is exchanged. Add `federationRuleId`,
   * `organizationId`, and `serviceAccountId`. The resolver needs `subjectToken`.
   *
   * @see https://platform.claude.com/docs/en/build-with-claude/workload-identity-federation
   */
  readonly githubActionsAnthropic: WorkloadPreset<'anthropic'>
  /**
   * OpenAI from a pod of Kubernetes, without a secret: the token of the pod's service account is exchanged. Add
   * `identityProviderId` and `serviceAccountId`.
   *
   * @see https://platform.openai.com/docs/guides/workload-identity-federation
   */
  readonly kubernetesOpenai: WorkloadPreset<'openai'>
  /**
   * Amazon Bedrock from a job of GitHub Actions, without a secret: the job's identity is exchanged for the credentials
   * of the role in `AWS_ROLE_ARN`. Add `region`, and `baseUrl`: `https://bedrock-runtime.REGION.amazonaws.com`. The
   * resolver needs `subjectToken` and `webIdentityCredentials`.
   *
   * @see https://docs.github.com/actions/how-tos/secure-your-work/security-harden-deployments/oidc-in-aws
   */
  readonly githubActionsBedrock: RolePreset
  /**
   * The OpenAI-compatible API of Vertex AI from a machine on Google Cloud, without a secret: with the access token of
   * the machine's service account. Add the `baseUrl`, as for `vertex`. The resolver needs `subjectToken`.
   *
   * @see https://cloud.google.com/vertex-ai/generative-ai/docs/start/openai
   */
  readonly gcpVertex: MachinePreset
  /** Any OpenAI-compatible gateway with a bearer token. Add its `baseUrl` and the `token`. */
  readonly openaiCompatible: { readonly kind: 'bearer' }
}

/** The presets, frozen. Spread a preset and add the missing properties. */
export const presets: Presets = /* @__PURE__ */ deepFreeze<Presets>({
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
  openrouter: bearer('OPENROUTER_API_KEY', 'https://openrouter.ai/api/v1'),
  ollama: {
    kind: 'none',
    reason: 'a local Ollama asks for no credential',
    baseUrl: 'http://localhost:11434/v1',
  },
  mistral: bearer('MISTRAL_API_KEY', 'https://api.mistral.ai/v1'),
  groq: bearer('GROQ_API_KEY', 'https://api.groq.com/openai/v1'),
  xai: bearer('XAI_API_KEY', 'https://api.x.ai/v1'),
  deepseek: bearer('DEEPSEEK_API_KEY', 'https://api.deepseek.com'),
  together: bearer('TOGETHER_API_KEY', 'https://api.together.xyz/v1'),
  fireworks: bearer('FIREWORKS_API_KEY', 'https://api.fireworks.ai/inference/v1'),
  cerebras: bearer('CEREBRAS_API_KEY', 'https://api.cerebras.ai/v1'),
  githubModels: {
    ...bearer('GITHUB_TOKEN', 'https://models.github.ai/inference'),
    headers: { 'X-GitHub-Api-Version': '2022-11-28' },
  },
  vertex: { kind: 'bearer' },
  huggingFace: bearer('HF_TOKEN', 'https://router.huggingface.co/v1'),
  lmStudio: {
    kind: 'none',
    reason: 'a local LM Studio asks for no credential',
    baseUrl: 'http://localhost:1234/v1',
  },
  cloudflareAiGateway: {
    kind: 'api-key',
    key: { env: 'CF_AIG_TOKEN' },
    header: 'cf-aig-authorization',
    prefix: 'Bearer ',
  },
  githubActionsAnthropic: {
    kind: 'workload-identity',
    service: 'anthropic',
    subjectToken: { githubActions: { audience: 'https://api.anthropic.com' } },
    baseUrl: 'https://api.anthropic.com',
    headers: { 'anthropic-version': '2023-06-01' },
  },
  kubernetesOpenai: {
    kind: 'workload-identity',
    service: 'openai',
    subjectToken: { file: '/var/run/secrets/kubernetes.io/serviceaccount/token' },
    baseUrl: 'https://api.openai.com/v1',
  },
  githubActionsBedrock: {
    kind: 'sigv4',
    service: 'bedrock',
    credentials: {
      roleArn: { env: 'AWS_ROLE_ARN' },
      subjectToken: { githubActions: { audience: 'sts.amazonaws.com' } },
    },
  },
  gcpVertex: {
    kind: 'workload-identity',
    service: 'gcp',
    subjectTokenType: 'access_token',
    subjectToken: { gcpMetadata: {} },
  },
  openaiCompatible: { kind: 'bearer' },
})

/** The name of a preset for a command line or a file: `azure-openai` for `azureOpenai`. */
export function presetName(key: keyof Presets): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

function bearer(variable: string, baseUrl: string): BearerPreset {
  return { kind: 'bearer', token: { env: variable }, baseUrl }
}
