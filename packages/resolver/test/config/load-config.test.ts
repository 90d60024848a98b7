import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { apiKeyAuth } from '@outbound-auth/api-key'
import { bearerAuth } from '@outbound-auth/bearer'
import { applyAuth, createHeaderMap, createMemoryStore } from '@outbound-auth/core'
import { sigV4Auth } from '@outbound-auth/sigv4'
import { expect, onTestFinished, test } from 'vitest'
import { loadConfig } from '../../src/config/index.js'
import { createResolver } from '../../src/index.js'

const secret = 'SECRET-k3y'

function file(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'outbound-auth-config-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'outbound-auth.toml')
  writeFileSync(path, text)
  writeFileSync(join(folder, 'token'), `${secret}\n`)
  return path
}

const two = [
  'default_provider = "gateway"',
  '[providers.gateway]',
  'kind = "bearer"',
  'token = { file = "token" }',
  'base_url = "https://gateway.example.com/v1"',
  '[providers.search]',
  'kind = "api-key"',
  'key = { env = "SEARCH_KEY" }',
  'header = "x-api-key"',
  'base_url = "https://search.example.com"',
].join('\n')

function resolver(env: Readonly<Record<string, string>> = {}) {
  return createResolver({ bearer: bearerAuth, 'api-key': apiKeyAuth }, { env })
}

async function headersOf(
  auth: Awaited<ReturnType<Awaited<ReturnType<typeof loadConfig>>['resolve']>>,
  url: string,
) {
  const request = { method: 'GET', url, headers: createHeaderMap() }
  return Object.fromEntries((await applyAuth(auth.provider, request)).headers)
}

test('loadConfig() resolves a name, the default, and a preset, with paths that start at the file', async () => {
  for (const path of [file(two), pathToFileURL(file(two))]) {
    const config = await loadConfig(path)
    const byDefault = await config.resolve(resolver())
    expect(byDefault.allowedOrigins).toEqual(['https://gateway.example.com'])
    expect(await headersOf(byDefault, 'https://gateway.example.com/v1/x')).toEqual({
      authorization: `Bearer ${secret}`,
    })
    const named = await config.resolve(resolver({ SEARCH_KEY: 'k' }), 'search')
    expect(await headersOf(named, 'https://search.example.com/')).toEqual({ 'x-api-key': 'k' })
    const preset = await config.resolve(resolver({ OPENAI_API_KEY: 'sk' }), 'openai')
    expect(preset.baseUrl).toBe('https://api.openai.com/v1')
  }
})

test('loadConfig() takes the only provider, and wants a name among several', async () => {
  const only = await loadConfig(
    file('[providers.x]\nkind = "none"\nreason = "r"\nbase_url = "http://localhost"'),
  )
  expect((await only.resolve(resolver())).kind).toBe('none')
  const several = await loadConfig(file(two.replace(/.*\n/, '')))
  await expect(several.resolve(resolver())).rejects.toMatchObject({
    code: 'ERR_AUTH_CONFIG',
    message: expect.stringContaining('Name one of gateway, search'),
  })
  await expect(several.resolve(resolver(), 'nix')).rejects.toThrow(
    'no provider is called "nix". Choose one of gateway, search, openai',
  )
})

test('loadConfig() reads Amazon Bedrock with the region of the environment and of a profile', async () => {
  const path = file('[providers.b]\nkind = "bedrock"\ntoken = "bedrock-key"')
  const auth = await (await loadConfig(path, { env: { AWS_REGION: 'eu-west-1' } })).resolve(resolver())
  expect(auth.allowedOrigins).toEqual([expect.stringContaining('eu-west-1')])
  const asked: unknown[] = []
  const awsRegion = async (options: unknown) => {
    asked.push(options)
    return 'us-east-2'
  }
  const keys = 'credentials = { access_key_id = "AKIDEXAMPLE", secret_access_key = "s" }'
  const signed = await loadConfig(file(`[providers.b]\nkind = "bedrock"\n${keys}`), { env: {}, awsRegion })
  const byProfile = await signed.resolve(createResolver({ sigv4: sigV4Auth }, { env: {} }))
  expect(byProfile.allowedOrigins).toEqual([expect.stringContaining('us-east-2')])
  expect(asked).toEqual([{ profile: undefined, env: {} }])
})

test('loadConfig() names file, line and key, and no secret', async () => {
  const config = await loadConfig(file(two))
  const [path] = [config.file]
  await expect(config.resolve(resolver(), 'search')).rejects.toMatchObject({
    code: 'ERR_AUTH_MISSING_ENV',
    message: expect.stringContaining(`${path}:8: providers.search.key: `),
  })
  const wrong = await loadConfig(
    file('[providers.x]\nkind = "bearer"\ntoken = "SECRET SECRET"\nbase_url = "http://localhost"'),
  )
  const error = await wrong.resolve(resolver()).catch((reason: Error) => reason)
  expect(error).toMatchObject({ message: expect.stringContaining(':3: providers.x.token: ') })
  expect(String(error)).not.toContain('SECRET')
  const malformed = await loadConfig(
    file('[providers.x]\nkind = "api-key"\nkey = "k"\nheader = "a b"\nbase_url = "http://localhost"'),
  )
  await expect(malformed.resolve(resolver())).rejects.toMatchObject({
    code: 'ERR_AUTH_CONFIG',
    message: expect.stringContaining(':4: '),
  })
})

test('loadConfig() rejects what is no file, and what is no configuration', async () => {
  await expect(loadConfig('/missing/outbound-auth.toml')).rejects.toMatchObject({
    code: 'ERR_AUTH_CONFIG',
    message: 'loadConfig: cannot read /missing/outbound-auth.toml: ENOENT. Check the path',
  })
  await expect(loadConfig(tmpdir())).rejects.toThrow('EISDIR')
  await expect(loadConfig(file('a = 1'))).rejects.toThrow(':1: "a" is not a key here')
  await expect(loadConfig(file('a =').replace('toml', 'toml'))).rejects.toThrow('not valid TOML')
  await expect(loadConfig(7 as unknown as string)).rejects.toThrow('loadConfig: path must be')
  await expect(loadConfig(file(two), { evn: {} } as object)).rejects.toThrow(TypeError)
  const latin = file(two)
  writeFileSync(latin, new Uint8Array([0xff, 0xfe]))
  await expect(loadConfig(latin)).rejects.toThrow('Save it as UTF-8')
})

test('loadConfig() gives a login with a store to the factory, without what only a login needs', async () => {
  const lines = [
    '[providers.user]',
    'kind = "oauth"',
    'issuer = "https://i.example"',
    'client_id = "a"',
    'redirect_port = 8080',
    'authorization_endpoint = "https://i.example/login"',
    'base_url = "https://a.example"',
  ]
  const seen: object[] = []
  const oauth = (options: object) => {
    seen.push(options)
    return { kind: 'oauth', headerNames: ['authorization'], addAuthHeaders() {} } as const
  }
  const own = createResolver({ oauth }, { stores: { redis: () => createMemoryStore() } })
  const store = 'store = { redis = { url = "redis://localhost", key = "oa:a" } }'
  await (await loadConfig(file([...lines, store].join('\n')))).resolve(own)
  expect(Object.keys(seen[0] ?? {}).sort()).toEqual(['clientId', 'grant', 'issuer', 'store'])
  const config = await loadConfig(file(lines.join('\n')))
  await expect(config.resolve(own)).rejects.toMatchObject({
    code: 'ERR_AUTH_CONFIG',
    message: expect.stringContaining('only the outbound-auth command keeps. Add store to share it'),
  })
})

test.each(['authorization-code', 'device-code'])(
  'loadConfig() says that a login with the grant %s belongs to the command, and where it is named',
  async (grant) => {
    const lines = [
      '[providers.x]',
      'kind = "oauth"',
      'base_url = "https://a.example"',
      'issuer = "https://i.example"',
      'client_id = "a"',
      `grant = "${grant}"`,
    ]
    const config = await loadConfig(file(lines.join('\n')))
    await expect(config.resolve(resolver())).rejects.toMatchObject({
      kind: 'build',
      code: 'ERR_AUTH_CONFIG',
      message: expect.stringMatching(
        /outbound-auth\.toml:6: providers\.x\.grant: this provider needs a login, which only the/,
      ),
    })
  },
)

test('loadConfig() leaves the grants of other kinds to their factories, and names its own options', async () => {
  const lines = [
    '[providers.x]',
    'kind = "dpop"',
    'base_url = "https://a.example"',
    'issuer = "https://i.example"',
  ]
  const text = [...lines, 'client_id = "a"', 'grant = "device-code"'].join('\n')
  const config = await loadConfig(file(text))
  await expect(config.resolve(resolver())).rejects.toMatchObject({ code: 'ERR_AUTH_UNKNOWN_KIND' })
  const withSecret = text.replace('dpop', 'oauth').replace('device-code', 'client-credentials')
  const other = await loadConfig(file(withSecret))
  await expect(other.resolve(resolver())).rejects.toMatchObject({ code: 'ERR_AUTH_UNKNOWN_KIND' })
  await expect(loadConfig(file(two), { region: 'x' } as object)).rejects.toThrow(/^loadConfig: .*region/)
})
