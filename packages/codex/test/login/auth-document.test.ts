import { describe, expect, it } from 'vitest'
import { loginModeOf, parseAuthDocument } from '../../src/login/auth-document.js'
import { agentRecord, chatgptDocument } from '../config/codex-home.js'

const key = { api_key: 'k', region: 'us-east-1' }
const keys = { access_key_id: 'a', secret_access_key: 's' }
const everything = {
  personal_access_token: 'at-1',
  bedrock_api_key: key,
  bedrock_access_keys: keys,
  OPENAI_API_KEY: 'sk-1',
  ...{ tokens: chatgptDocument(new Date()).tokens },
  agent_identity: agentRecord(),
}

describe('loginModeOf() without auth_mode is', () => {
  const { personal_access_token: _, ...second } = everything
  const { bedrock_api_key: __, ...third } = second
  const { bedrock_access_keys: ___, ...fourth } = third
  const { OPENAI_API_KEY: ____, ...fifth } = fourth
  it.each([
    ['personalAccessToken', everything],
    ['bedrockApiKey', second],
    ['bedrockAccessKeys', third],
    ['apikey', fourth],
    ['chatgpt', { ...fifth, auth_mode: null }],
    [undefined, { agent_identity: agentRecord() }],
    [undefined, {}],
  ])('%s', (mode, document) => {
    expect(loginModeOf(parseAuthDocument(document))).toBe(mode)
  })
})

it('loginModeOf() with auth_mode is that, whatever else is there', () => {
  for (const mode of ['apikey', 'chatgpt', 'agentIdentity', 'headers']) {
    expect(loginModeOf({ ...parseAuthDocument(everything), auth_mode: mode })).toBe(mode)
  }
  expect(() => loginModeOf({ auth_mode: 'telepathy' })).toThrow(/unknown auth_mode/)
})

it('parseAuthDocument() keeps what it does not know, and quotes nothing', () => {
  expect(parseAuthDocument({ ...everything, more: { a: 1 } })).toEqual({ ...everything, more: { a: 1 } })
  for (const json of [3, 'secret', null, { OPENAI_API_KEY: ['secret'] }]) {
    expect(() => parseAuthDocument(json)).toThrow(
      /auth\.json (is not a JSON object|has a malformed OPENAI_API_KEY)/,
    )
  }
})
