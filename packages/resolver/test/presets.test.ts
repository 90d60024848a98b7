import { apiKeyAuth } from '@outbound-auth/api-key'
import { bearerAuth } from '@outbound-auth/bearer'
import { applyAuth, createHeaderMap } from '@outbound-auth/core'
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
    'openai-compatible',
  ])
})
