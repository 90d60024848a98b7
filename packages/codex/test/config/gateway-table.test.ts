import { AuthError } from '@outbound-auth/core'
import { describe, expect, it } from 'vitest'
import { parseCodexConfig } from '../../src/index.js'
import { createCodexLab, problemOf, requestOf } from '../codex-lab.js'

const lab = (lines = '') =>
  `[model_providers.lab]\nname = "Lab"\nbase_url = "https://lab.example.com/v1"\n${lines}[model_providers.lab.gateway_oauth]\n`
const exported = '[model_providers.lab.gateway_oauth.credential_export]\ncommand = "echo"\nargs = ["gw"]\n'
const login =
  'authorization_url = "https://idp.example.com/authorize"\ntoken_url = "https://idp.example.com/token"\nclient_id = "planted"\n'
const header = (name: string, scheme?: string) =>
  `delivery = { kind = "header", name = "${name}"${scheme === undefined ? '' : `, scheme = "${scheme}"`} }\n`
const cookie = (name: string) => `delivery = { kind = "cookie", name = "${name}" }\n`

function problemIn(text: string): string {
  try {
    parseCodexConfig(text, 'config.toml', {})
  } catch (error) {
    if (AuthError.is(error)) return `${error.code} ${error.message}`
    throw error
  }
  return 'no problem'
}

// Codex rejects the whole configuration for each of these, also where another provider is used.
describe('parseCodexConfig() rejects a gateway_oauth', () => {
  it.each<[string, string, RegExp]>([
    ['without base_url', (lab() + exported).replace(/base_url.*\n/, ''), /gateway_oauth requires base_url/],
    [
      'with a blank base_url',
      (lab() + exported).replace(/https:.*"/, ' "'),
      /gateway_oauth requires base_url/,
    ],
    ['without any source', lab(), /no complete OAuth settings/],
    ['with half of the OAuth settings', `${lab()}client_id = "c"\n`, /no complete OAuth settings/],
    [
      'with both sources',
      lab() + login + exported,
      /has credential_export and authorization_url, token_url, client_id;/,
    ],
    [
      'with one OAuth setting beside the command',
      `${lab()}scopes = ["a"]\n${exported}`,
      /credential_export and scopes/,
    ],
    ['with an unknown key beside the command', `${lab()}foo = 1\n${exported}`, /credential_export and foo/],
    [
      'with a command that starts at a folder',
      lab() + exported.replace('echo', './gw'),
      /absolute path, or a name/,
    ],
    [
      'with a scheme that has a blank',
      lab() + header('X-Gw', 'Bear er') + exported,
      /scheme must be one word/,
    ],
    ['with an empty scheme', lab() + header('X-Gw', '') + exported, /scheme must be one word/],
    [
      'with a scheme that ends in a blank',
      lab() + header('X-Gw', 'Bearer ') + exported,
      /scheme must be one word/,
    ],
    [
      'with a cookie name that has a blank',
      lab() + cookie('a b') + exported,
      /name a cookie without whitespace/,
    ],
    ['with an empty cookie name', lab() + cookie('') + exported, /name a cookie without whitespace/],
    ['with a cookie name that has an equals sign', lab() + cookie('a=b') + exported, /name a cookie/],
    ['with a header name that has a blank', lab() + header('X Gw') + exported, /must name a header/],
    [
      'with an unknown key of the delivery',
      lab() + cookie('a').replace(' }', ', x = 1 }') + exported,
      /delivery/,
    ],
    [
      'with another scheme for Authorization',
      lab() + header('Authorization', 'Token') + exported,
      /reserved header authorization/,
    ],
    [
      'whose header is static, too',
      lab('http_headers = { x-gw = "1" }\n') + header('X-Gw') + exported,
      /the header x-gw is set by gateway_oauth\.delivery and by http_headers/,
    ],
    [
      'whose cookie is a header of a variable, too',
      lab('env_http_headers = { Cookie = "JAR" }\n') + cookie('a') + exported,
      /the header cookie is set by/,
    ],
  ])('%s', (_, text, expected) => {
    expect(problemIn(text)).toMatch(/^ERR_AUTH_CODEX_CONFIG config\.toml:\d+: model_providers\.lab/)
    expect(problemIn(text)).toMatch(expected)
    expect(problemIn(text)).not.toContain('planted')
  })

  it.each([
    'Proxy-Authorization',
    'Cookie',
    'Host',
    'Content-Length',
    'Content-Type',
    'Transfer-Encoding',
    'Connection',
    'Upgrade',
    'ChatGPT-Account-ID',
    'X-Codex-Anything',
    'X-OpenAI-Anything',
    'Sec-WebSocket-Key',
  ])('whose credential would be the reserved header %s', (name) => {
    expect(problemIn(lab() + header(name) + exported)).toContain(`reserved header ${name.toLowerCase()}`)
  })

  it.each([
    'env_key = ""',
    'experimental_bearer_token = ""',
    'requires_openai_auth = true',
    'auth = { command = "c" }',
  ])('whose credential would be the Authorization header, beside %s', (credential) => {
    expect(problemIn(lab(`${credential}\n`) + exported)).toMatch(/would both be the Authorization header/)
  })

  it('though none that is sound', () => {
    for (const text of [
      lab() + exported,
      lab() + login,
      `${lab()}${login}redirect_port = 8080\nscopes = ["a"]\ndevice_authorization_url = "https://idp.example.com/d"\n`,
      lab('env_key = "K"\n') + header('X-Gw', 'Token') + exported,
      lab('env_key = "K"\n') + cookie('__Host-gw') + exported,
      lab() + header('authorization') + exported,
    ]) {
      expect([text, problemIn(text)]).toEqual([text, 'no problem'])
    }
  })
})

describe('createCodexResolver() meets a gateway_oauth that is not supported', () => {
  const other =
    'model_provider = "other"\n[model_providers.other]\nname = "Other"\nbase_url = "https://o.example.com"\nenv_key = "KEY"\n'
  const env = { KEY: 'sk-1' }

  it.each([
    [
      'with its own OAuth login',
      login,
      /its own OAuth login is not supported; .* gateway_oauth\.credential_export$/,
    ],
    ['that sets a header of the HTTP client', header('Keep-Alive') + exported, /uses the header keep-alive/],
    ['that sets a header of fetch', header('Sec-Fetch-Site') + exported, /uses the header sec-fetch-site/],
  ])('%s: only where that provider is used', async (_, table, expected) => {
    const files = { 'config.toml': other + lab() + table }
    const { codex } = createCodexLab(files, { env })
    expect((await requestOf(await codex.resolve())).headers).toEqual({ authorization: 'Bearer sk-1' })
    const problem = await problemOf(codex.resolve({ provider: 'lab' }))
    expect(problem).toMatch(/^ERR_AUTH_CODEX_CONFIG build config\.toml:6: model_providers\.lab: /)
    expect(problem).toMatch(expected)
    expect(await problemOf(codex.select({ provider: 'lab' }))).toBe(problem)
  })
})

it.each(['Bearer', 'bearer', 'BEARER'])(
  'createCodexResolver() sends the token of a gateway as %s',
  async (scheme) => {
    const { codex } = createCodexLab({
      'config.toml': `model_provider = "lab"\n${lab()}${header('Authorization', scheme)}${exported}`,
    })
    expect((await requestOf(await codex.resolve())).headers).toEqual({ authorization: `${scheme} gw` })
  },
)
