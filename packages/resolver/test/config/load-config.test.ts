import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { apiKeyAuth } from '@outbound-auth/api-key'
import { bearerAuth } from '@outbound-auth/bearer'
import { AuthError, applyAuth, createHeaderMap, createMemoryStore } from '@outbound-auth/core'
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

const one = (token: string) =>
  `[providers.x]\nkind = "bearer"\ntoken = ${token}\nbase_url = "https://a.example"`

test('loadConfig() replaces a preset by a provider of its name, since the file was named', async () => {
  const config = await loadConfig(file(one('"t"').replace('providers.x', 'providers.openai')))
  expect((await config.resolve(resolver(), 'openai')).allowedOrigins).toEqual(['https://a.example'])
})

test('loadConfig() begins paths with ~ at HOME, or at the home folder of the user', async () => {
  const path = file(one('{ file = "~/token" }'))
  const definitionIn = async (env: Readonly<Record<string, string>>) =>
    (await loadConfig(path, { env })).providers.get('x')?.definition['token']
  expect(await definitionIn({ HOME: dirname(path) })).toEqual({ file: join(dirname(path), 'token') })
  expect(await definitionIn({ HOME: '' })).toEqual({ file: join(homedir(), 'token') })
  expect(await definitionIn({})).toEqual({ file: join(homedir(), 'token') })
})

test('loadConfig() names the preset whose variable is not set', async () => {
  const config = await loadConfig(file(two))
  await expect(config.resolve(resolver(), 'openai')).rejects.toMatchObject({
    code: 'ERR_AUTH_MISSING_ENV',
    message:
      'preset openai: Cannot resolve bearer: token: environment variable OPENAI_API_KEY is unset or blank; set it',
  })
})

test('loadConfig() says that a file has no provider at all', async () => {
  const config = await loadConfig(file(''))
  await expect(config.resolve(resolver())).rejects.toMatchObject({
    kind: 'build',
    code: 'ERR_AUTH_CONFIG',
    message: `${config.file}: no provider is the default. Name one of (none)`,
  })
  await expect(config.resolve(resolver(), 'nix')).rejects.toThrow(
    `${config.file}: no provider is called "nix". Choose one of openai, azure-openai, anthropic`,
  )
})

test('loadConfig() says of a file that is too large how large it may be', async () => {
  const path = file('')
  truncateSync(path, 2 ** 24 + 1)
  await expect(loadConfig(path)).rejects.toMatchObject({
    message: `loadConfig: cannot read ${path}: it is larger than 16 MiB, the limit for a document. Check the path`,
  })
})

test('loadConfig() passes what the resolver throws, with its place before an error of the definition', async () => {
  const config = await loadConfig(file(one('"t"')))
  const thrownFor = (error: unknown) =>
    config.resolve({ resolveUnknown: () => Promise.reject(error) }).catch((reason: unknown) => reason)
  const place = `${config.file}:1: providers.x: `
  const other = new Error('other')
  expect(await thrownFor(other)).toBe(other)
  expect(await thrownFor(new TypeError('malformed'))).toMatchObject({
    kind: 'build',
    code: 'ERR_AUTH_CONFIG',
    message: `${place}malformed`,
  })
  const cause = AuthError.build('below', { code: 'ERR_AUTH_CONFIG' })
  const options = { code: 'ERR_AUTH_TIMEOUT', provider: 'bearer', option: 'token', cause } as const
  const found = await thrownFor(AuthError.transient('above', options))
  expect(AuthError.is(found)).toBe(true)
  expect(found).toMatchObject({
    ...options,
    kind: 'transient',
    message: `${config.file}:3: providers.x.token: above`,
  })
})

test('loadConfig() gives every property of a definition of Bedrock to the resolver', async () => {
  const lines = [
    '[providers.b]',
    'kind = "bedrock"',
    'profile = "work"',
    'allowed_origins = ["https://a.example"]',
    'base_url = "https://a.example"',
    'allow_insecure_transport = true',
    'headers = { x-a = "b" }',
    'query = { v = "1" }',
  ]
  const asked: unknown[] = []
  const env = { AWS_REGION: 'eu-west-1' }
  const awsRegion = async (options: unknown) => {
    asked.push(options)
    return 'us-east-2'
  }
  const config = await loadConfig(file(lines.join('\n')), { env, awsRegion })
  const seen: unknown[] = []
  await config.resolve({
    async resolveUnknown(definition) {
      seen.push(definition)
      return {} as never
    },
  })
  expect(asked).toEqual([{ profile: 'work', env }])
  expect(seen).toEqual([
    {
      kind: 'sigv4',
      service: 'bedrock-mantle',
      region: 'eu-west-1',
      credentials: { awsChain: true, profile: 'work' },
      signedHeaders: 'all',
      baseUrl: 'https://a.example',
      allowedOrigins: ['https://a.example'],
      allowInsecureTransport: true,
      headers: { 'x-a': 'b' },
      query: { v: '1' },
    },
  ])
})

test('loadConfig() keeps the store and the grant of a login, and leaves out the rest of it', async () => {
  const lines = [
    '[providers.user]',
    'kind = "oauth"',
    'issuer = "https://i.example"',
    'client_id = "a"',
    'grant = "device-code"',
    'device_authorization_endpoint = "https://i.example/device"',
    'revocation_endpoint = "https://i.example/revoke"',
    'redirect_host = "127.0.0.1"',
    'redirect_path = "/done"',
    'base_url = "https://a.example"',
    'store = { redis = { url = "redis://localhost", key = "oa:a" } }',
  ]
  const seen: unknown[] = []
  const config = await loadConfig(file(lines.join('\n')))
  await config.resolve({
    async resolveUnknown(definition) {
      seen.push(definition)
      return {} as never
    },
  })
  expect(seen).toEqual([
    {
      kind: 'oauth',
      issuer: 'https://i.example',
      clientId: 'a',
      grant: 'device-code',
      baseUrl: 'https://a.example',
      store: { redis: { url: 'redis://localhost', key: 'oa:a' } },
    },
  ])
})

test('loadConfig() says whole sentences about a wrong path, text or login', async () => {
  await expect(loadConfig(7 as unknown as string)).rejects.toThrow(
    new TypeError('loadConfig: path must be a string or a file: URL'),
  )
  const latin = file('')
  writeFileSync(latin, new Uint8Array([0xff, 0xfe]))
  await expect(loadConfig(latin)).rejects.toThrow(
    `loadConfig: cannot read ${latin}: it is not UTF-8 text. Save it as UTF-8`,
  )
  const path = file(
    '[providers.x]\nkind = "oauth"\nbase_url = "https://a.example"\nissuer = "https://i.example"\nclient_id = "a"',
  )
  await expect((await loadConfig(path)).resolve(resolver())).rejects.toMatchObject({
    message: `${path}:1: providers.x: this provider needs a login, which only the outbound-auth command keeps. Add store to share it, or use loginWithBrowser or loginWithDevice of @outbound-auth/oauth/login, and rotatingToken`,
  })
})
