import { describe, expect, it } from 'vitest'
import { agentAuthority, personalAuthApi } from '../../src/agent/agent-authority.js'

const api = 'CODEX_AGENT_IDENTITY_AUTHAPI_BASE_URL'
const jwks = 'CODEX_AGENT_IDENTITY_JWKS_BASE_URL'

describe('agentAuthority() of', () => {
  it.each([
    [
      'https://chatgpt.com/backend-api/',
      'https://auth.openai.com/api/accounts',
      'https://chatgpt.com/backend-api',
    ],
    ['https://chat.openai.com', 'https://auth.openai.com/api/accounts', 'https://chat.openai.com'],
    ['https://chatgpt.com/codex', 'https://auth.openai.com/api/accounts', 'https://chatgpt.com/codex'],
    [
      'https://chatgpt-staging.com/backend-api/codex',
      'https://auth.api.openai.org/api/accounts',
      'https://chatgpt-staging.com/backend-api/codex',
    ],
  ])('%s is %s', (base, authApi, jwksBase) => {
    expect(agentAuthority(base, {})).toEqual({ authApi, jwksBase })
    const env = { [api]: ' https://a.example.com// ', [jwks]: 'https://j.example.com/' }
    expect(agentAuthority(base, env)).toEqual({
      authApi: 'https://a.example.com',
      jwksBase: 'https://j.example.com',
    })
  })

  it('another environment exists only with both overrides, that of the key set being the same', () => {
    const base = 'https://chat.example.com/backend-api/'
    const both = { [api]: 'https://a.example.com', [jwks]: 'https://chat.example.com/backend-api' }
    expect(agentAuthority(base, both).jwksBase).toBe('https://chat.example.com/backend-api')
    for (const env of [
      {},
      { [api]: both[api] },
      { [jwks]: both[jwks] },
      { ...both, [jwks]: 'https://chatgpt.com' },
    ]) {
      expect(() => agentAuthority(base, env)).toThrow(/production and staging/)
    }
    for (const trick of [
      'https://chatgpt.com.evil.example',
      'http://chatgpt.com',
      'https://chatgpt.com/other',
    ]) {
      expect(() => agentAuthority(trick, {})).toThrow(/production and staging/)
    }
  })
})

it('personalAuthApi() is not moved by the override for agents', () => {
  expect(personalAuthApi({ [api]: 'https://a.example.com' })).toBe('https://auth.openai.com/api/accounts')
  expect(personalAuthApi({ CODEX_AUTHAPI_BASE_URL: 'https://p.example.com/' })).toBe('https://p.example.com')
})

it('agentAuthority() is undefined for an empty base URL, as in Codex', () => {
  for (const env of [{}, { [api]: 'https://a.example.com', [jwks]: '' }]) {
    expect(() => agentAuthority(' ', env)).toThrow(/chatgpt_base_url is another one; remove it/)
  }
})
