import { describe, expect, it } from 'vitest'
import type { AwsSupport } from '../src/index.js'
import { createCodexLab, problemOf, requestOf } from './codex-lab.js'

/** A signer that shows the profile and the keys that it would sign with. */
const aws: AwsSupport = {
  awsCredentials:
    ({ profile }) =>
    async () => ({ accessKeyId: `of ${profile ?? 'the machine'}`, secretAccessKey: 's' }),
  awsRegion: async () => undefined,
  sigV4Auth: (options: {
    readonly credentials: { accessKeyId: string } | ((options: object) => Promise<{ accessKeyId: string }>)
  }) => ({
    kind: 'sigv4',
    headerNames: ['authorization'],
    addAuthHeaders() {},
    async applyAuth(request) {
      const { credentials } = options
      const keys =
        typeof credentials === 'function' ? await credentials({ forceRefresh: false }) : credentials
      request.headers.set('authorization', keys.accessKeyId)
      return request
    },
  }),
}

async function sentWith(config: string, login?: object, env: Record<string, string> = {}) {
  const files = {
    'config.toml': `model_provider = "amazon-bedrock"\n${config}`,
    ...(login && { 'auth.json': login }),
  }
  const { url, headers } = await requestOf(await createCodexLab(files, { env, aws }).codex.resolve())
  return [new URL(url).hostname.split('.')[1], headers['authorization']]
}

const region = { AWS_REGION: 'us-east-1' }
const key = { auth_mode: 'bedrockApiKey', bedrock_api_key: { api_key: 'bk-1', region: 'us-west-2' } }
const keys = { bedrock_access_keys: { access_key_id: 'AKID', secret_access_key: 's' } }

describe('createCodexResolver(), for Amazon Bedrock, chooses', () => {
  it('the region that is stored with a key, which works in no other', async () => {
    const config = '[model_providers.amazon-bedrock.aws]\nregion = "eu-west-1"\n'
    expect(await sentWith(config, key)).toEqual(['us-west-2', 'Bearer bk-1'])
    expect(await sentWith(config, keys)).toEqual(['eu-west-1', 'AKID'])
  })

  it('no login of auth.json where logins are kept in memory', async () => {
    const config = 'cli_auth_credentials_store = "ephemeral"\n'
    expect(await sentWith(config, key, region)).toEqual(['us-east-1', 'of the machine'])
  })

  it('a profile by its exact name', async () => {
    const config = '[model_providers.amazon-bedrock.aws]\nprofile = " lab "\n'
    expect(await sentWith(config, undefined, region)).toEqual(['us-east-1', 'of  lab '])
  })

  it.each([
    ['api', 'no error'],
    ['chatgpt', 'ERR_AUTH_CODEX_LOGIN'],
  ])('a stored login only if forced_login_method = "%s" allows it', async (method, code) => {
    const config = `forced_login_method = "${method}"\n`
    for (const login of [key, keys]) {
      expect(await problemOf(sentWith(config, login, region))).toContain(code)
    }
  })
})

describe('createCodexResolver(), for Amazon Bedrock, rejects, and says which key to mend,', () => {
  it.each<[string, string, object | undefined, RegExp]>([
    [
      'a blank profile, rather than to sign as another',
      '[model_providers.amazon-bedrock.aws]\nprofile = " "\n',
      undefined,
      /^ERR_AUTH_CODEX_CONFIG build config\.toml:3: model_providers\.amazon-bedrock\.aws\.profile is blank; name a profile, or remove the key$/,
    ],
    [
      'a stored key without region',
      '',
      { bedrock_api_key: { api_key: 'bk-1', region: ' ' } },
      /^ERR_AUTH_CODEX_LOGIN build .*the bedrock_api_key of auth\.json has no region; log in again$/,
    ],
    [
      'a stored key that is empty',
      '',
      { bedrock_api_key: { api_key: '', region: 'us-east-1' } },
      /^ERR_AUTH_CODEX_LOGIN build .*auth\.json has no bedrock_api_key; log in again$/,
    ],
    [
      'a region where the endpoint is not',
      '[model_providers.amazon-bedrock.aws]\nregion = "us-west-1"\n',
      undefined,
      /^ERR_AUTH_REGION build config\.toml:2: model_providers\.amazon-bedrock: .*not in region us-west-1.* set a base URL$/,
    ],
  ])('%s', async (_, config, login, expected) => {
    expect(await problemOf(sentWith(config, login, region))).toMatch(expected)
  })

  it('a missing region', async () => {
    expect(await problemOf(sentWith(''))).toBe(
      'ERR_AUTH_MISSING_REGION build built-in: model_providers.amazon-bedrock: no region; set model_providers.amazon-bedrock.aws.region, AWS_REGION or AWS_DEFAULT_REGION, or name a profile that has one',
    )
  })
})
