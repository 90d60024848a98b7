import { apiKeyAuth } from '@outbound-auth/api-key'
import { bearerAuth } from '@outbound-auth/bearer'
import { applyAuth, combineAuth, createHeaderMap } from '@outbound-auth/core'
import { describe, expect, it } from 'vitest'
import { createResolver } from '../src/index.js'
import { presetName, presets } from '../src/presets.js'

const env: Record<string, string> = {
  OPENAI_API_KEY: 'k-openai',
  OPENAI_ORG_ID: 'org-1',
  AZURE_OPENAI_API_KEY: 'k-azure',
  ANTHROPIC_API_KEY: 'k-anthropic',
  GEMINI_API_KEY: 'k-gemini',
  OPENROUTER_API_KEY: 'k-openrouter',
  MISTRAL_API_KEY: 'k-mistral',
  GROQ_API_KEY: 'k-groq',
  XAI_API_KEY: 'k-xai',
  DEEPSEEK_API_KEY: 'k-deepseek',
  TOGETHER_API_KEY: 'k-together',
  FIREWORKS_API_KEY: 'k-fireworks',
  CEREBRAS_API_KEY: 'k-cerebras',
  HF_TOKEN: 'k-huggingFace',
  GITHUB_TOKEN: 'k-github',
  CF_AIG_TOKEN: 'k-gateway',
}
const { resolve } = createResolver({ bearer: bearerAuth, 'api-key': apiKeyAuth }, { env })

describe('presets resolve with the values that only the user knows', () => {
  it.each([
    [
      'openai',
      resolve({ ...presets.openai }),
      { authorization: 'Bearer k-openai', 'openai-organization': 'org-1' },
      'https://api.openai.com/v1',
    ],
    [
      'azure-openai',
      resolve({ ...presets.azureOpenai, baseUrl: 'https://my.openai.azure.com' }),
      { 'api-key': 'k-azure' },
      'https://my.openai.azure.com',
    ],
    [
      'anthropic',
      resolve(presets.anthropic),
      { 'x-api-key': 'k-anthropic', 'anthropic-version': '2023-06-01' },
      'https://api.anthropic.com',
    ],
    [
      'gemini',
      resolve({ ...presets.gemini }),
      { 'x-goog-api-key': 'k-gemini' },
      'https://generativelanguage.googleapis.com',
    ],
    [
      'openrouter',
      resolve({ ...presets.openrouter }),
      { authorization: 'Bearer k-openrouter' },
      'https://openrouter.ai/api/v1',
    ],
    ['ollama', resolve({ ...presets.ollama }), {}, 'http://localhost:11434/v1'],
    ['mistral', resolve(presets.mistral), { authorization: 'Bearer k-mistral' }, 'https://api.mistral.ai/v1'],
    ['groq', resolve(presets.groq), { authorization: 'Bearer k-groq' }, 'https://api.groq.com/openai/v1'],
    ['xai', resolve(presets.xai), { authorization: 'Bearer k-xai' }, 'https://api.x.ai/v1'],
    [
      'deepseek',
      resolve(presets.deepseek),
      { authorization: 'Bearer k-deepseek' },
      'https://api.deepseek.com',
    ],
    [
      'together',
      resolve(presets.together),
      { authorization: 'Bearer k-together' },
      'https://api.together.xyz/v1',
    ],
    [
      'fireworks',
      resolve(presets.fireworks),
      { authorization: 'Bearer k-fireworks' },
      'https://api.fireworks.ai/inference/v1',
    ],
    [
      'cerebras',
      resolve(presets.cerebras),
      { authorization: 'Bearer k-cerebras' },
      'https://api.cerebras.ai/v1',
    ],
    [
      'hugging-face',
      resolve(presets.huggingFace),
      { authorization: 'Bearer k-huggingFace' },
      'https://router.huggingface.co/v1',
    ],
    [
      'github-models',
      resolve(presets.githubModels),
      { authorization: 'Bearer k-github', 'x-github-api-version': '2022-11-28' },
      'https://models.github.ai/inference',
    ],
    [
      'vertex',
      resolve({
        ...presets.vertex,
        token: 'k-google',
        baseUrl: 'https://aiplatform.googleapis.com/v1/projects/p/locations/global/endpoints/openapi',
      }),
      { authorization: 'Bearer k-google' },
      'https://aiplatform.googleapis.com/v1/projects/p/locations/global/endpoints/openapi',
    ],
    ['lm-studio', resolve(presets.lmStudio), {}, 'http://localhost:1234/v1'],
    [
      'cloudflare-ai-gateway',
      resolve({
        ...presets.cloudflareAiGateway,
        baseUrl: 'https://gateway.ai.cloudflare.com/v1/a/g/openai',
      }),
      { 'cf-aig-authorization': 'Bearer k-gateway' },
      'https://gateway.ai.cloudflare.com/v1/a/g/openai',
    ],
    [
      'openai-compatible',
      resolve({ ...presets.openaiCompatible, token: 't', baseUrl: 'https://gateway.example/v1' }),
      { authorization: 'Bearer t' },
      'https://gateway.example/v1',
    ],
  ])('%s', async (name, resolving, headers, baseUrl) => {
    const auth = await resolving
    const request = { method: 'POST', url: baseUrl, headers: createHeaderMap(auth.headers) }
    expect(Object.fromEntries((await applyAuth(auth.provider, request)).headers)).toEqual(headers)
    expect(auth.baseUrl).toBe(baseUrl)
    expect(auth.allowedOrigins).toEqual([new URL(baseUrl).origin])
    const key = (Object.keys(presets) as (keyof typeof presets)[]).find((key) => presetName(key) === name)
    expect(auth.kind).toBe(key && presets[key].kind)
  })

  it('and do not compile without these values', async () => {
    // @ts-expect-error
    await expect(resolve({ ...presets.azureOpenai })).rejects.toThrow(/baseUrl or allowedOrigins/)
    // @ts-expect-error
    await expect(resolve({ ...presets.openaiCompatible, baseUrl: 'https://a.example' })).rejects.toThrow(
      /bearer/,
    )
    // @ts-expect-error
    await expect(createResolver({ bearer: bearerAuth }).resolve({ ...presets.gemini })).rejects.toThrow(
      /api-key/,
    )
  })

  it('and with another key, base URL or header in their place', async () => {
    const auth = await resolve({
      ...presets.anthropic,
      key: 'mine',
      baseUrl: 'https://proxy.example',
      headers: {},
    })
    expect(auth.reason).toBe('api-key in header x-api-key from the definition, for https://proxy.example')
  })
})

it('a gateway and the service behind it have a header each', async () => {
  const gateway = await resolve({
    ...presets.cloudflareAiGateway,
    baseUrl: 'https://gateway.ai.cloudflare.com/v1/a/g/openai',
  })
  const both = combineAuth(gateway.provider, bearerAuth({ token: 'k-openai' }))
  const request = { method: 'POST', url: 'https://gateway.ai.cloudflare.com/', headers: createHeaderMap() }
  expect(Object.fromEntries((await applyAuth(both, request)).headers)).toEqual({
    'cf-aig-authorization': 'Bearer k-gateway',
    authorization: 'Bearer k-openai',
  })
})

it('presets are frozen deeply', () => {
  const isFrozen = (value: unknown): boolean =>
    typeof value !== 'object' ||
    value === null ||
    (Object.isFrozen(value) && Object.values(value).every(isFrozen))
  expect(isFrozen(presets)).toBe(true)
})

it('presetName() names every preset in kebab case', () => {
  const keys = Object.keys(presets) as (keyof typeof presets)[]
  expect(keys.map(presetName)).toEqual([
    'openai',
    'azure-openai',
    'anthropic',
    'gemini',
    'openrouter',
    'ollama',
    'mistral',
    'groq',
    'xai',
    'deepseek',
    'together',
    'fireworks',
    'cerebras',
    'github-models',
    'vertex',
    'hugging-face',
    'lm-studio',
    'cloudflare-ai-gateway',
    'github-actions-anthropic',
    'kubernetes-openai',
    'github-actions-bedrock',
    'gcp-vertex',
    'openai-compatible',
  ])
})
