import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  absolutePaths,
  chainError,
  fallbackRegion,
  startChain,
  startProfile,
} from '../../src/credentials/aws-chain.js'

const warningVariable = 'AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'
const { defaultProvider, provide } = vi.hoisted(() => {
  const chain = vi.fn<(options?: object) => Promise<object>>()
  return { provide: chain, defaultProvider: vi.fn<(options: object) => typeof chain>(() => chain) }
})
vi.mock('@aws-sdk/credential-provider-node', () => ({ defaultProvider }))

const keys = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' }
let folder: string
let files: { credentials: string; config: string }
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'outbound-auth-aws-'))
  files = { credentials: join(folder, 'credentials'), config: join(folder, 'config') }
  provide.mockReset().mockResolvedValue(keys)
  defaultProvider.mockClear()
  vi.stubEnv(warningVariable, undefined)
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

const writeConfig = (text: string) => writeFileSync(files.config, text)

describe('absolutePaths()', () => {
  it('makes the relative paths absolute, and leaves the others to the chain', () => {
    const env = {
      AWS_SHARED_CREDENTIALS_FILE: ' a/credentials ',
      AWS_CONFIG_FILE: 'config',
      AWS_WEB_IDENTITY_TOKEN_FILE: 'token',
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: './container',
    }
    expect(absolutePaths(env, '/srv/app')).toEqual({
      filepath: resolve('/srv/app/a/credentials'),
      configFilepath: resolve('/srv/app/config'),
      webIdentityTokenFile: resolve('/srv/app/token'),
      awsContainerAuthorizationTokenFile: resolve('/srv/app/container'),
    })
    expect(
      absolutePaths({ AWS_CONFIG_FILE: resolve('/etc/aws'), AWS_SHARED_CREDENTIALS_FILE: ' ' }, '/srv/app'),
    ).toEqual({})
  })
})

describe('startProfile()', () => {
  it.each(['credential_source=Environment', 'credential_source = Environment', '  credential_source  =  x'])(
    'rejects a profile with %j, which could lead to the keys of the host',
    async (line) => {
      writeConfig(`[profile x]\nrole_arn = arn:aws:iam::1:role/r\n${line}\n`)
      await expect(startProfile('x', files, {})).rejects.toMatchObject({
        kind: 'build',
        code: 'ERR_AUTH_SIGV4_CREDENTIALS',
        message: expect.stringContaining('credential_source'),
      })
    },
  )
})

describe('fallbackRegion()', () => {
  it('is us-east-1 unless the environment or the profile names a region', async () => {
    writeConfig('[profile x]\nregion = eu-west-1\n[default]\noutput = json\n')
    const fallback = { clientConfig: { region: 'us-east-1' } }
    expect(await fallbackRegion(undefined, {}, files)).toEqual(fallback)
    expect(await fallbackRegion('missing', { AWS_REGION: ' ' }, files)).toEqual(fallback)
    expect(await fallbackRegion('x', {}, files)).toEqual({})
    expect(await fallbackRegion(undefined, { AWS_REGION: 'eu-west-2' }, files)).toEqual({})
    writeConfig('[default]\nregion = eu-west-1\n')
    expect(await fallbackRegion(undefined, {}, files)).toEqual({})
    expect(await fallbackRegion('', {}, files)).toEqual(fallback)
  })
})

describe('chainError()', () => {
  const failure = (httpStatusCode: number, more: object = {}) =>
    Object.assign(new Error('planted'), { $fault: 'client', $metadata: { httpStatusCode }, ...more })

  it.each([
    ['build', failure(400)],
    ['build', failure(403)],
    ['build', failure(499)],
    ['transient', failure(399)],
    ['transient', failure(408)],
    ['transient', failure(429)],
    ['transient', failure(500)],
    ['transient', failure(400, { $retryable: {} })],
    ['transient', failure(400, { $fault: 'server' })],
    ['transient', Object.assign(new Error('planted'), { $fault: 'client' })],
    ['build', Object.assign(new Error('planted'), { name: 'CredentialsProviderError' })],
    ['build', Object.assign(new Error('planted'), { name: 'TokenProviderError' })],
    ['build', Object.assign(new Error('planted'), { name: 'ProviderError' })],
    ['transient', Object.assign(new Error('planted'), { name: 'OtherProviderError' })],
    ['transient', Object.assign(new Error('planted'), { name: 'ProviderErrors' })],
    ['transient', {}],
    ['transient', null],
    ['transient', undefined],
  ])('is %s for %o', async (kind, cause) => {
    writeConfig('[profile x]\nregion = us-east-1\n')
    const remedy = 'profile x has neither keys nor a login; run: aws configure --profile x'
    const error = await chainError(cause, 'x', files)
    expect(error).toMatchObject({
      kind,
      code: 'ERR_AUTH_SIGV4_CREDENTIALS',
      provider: 'sigv4',
      option: 'credentials',
    })
    const { name = 'Error' } = (cause ?? {}) as Partial<Error>
    expect(error.cause).toEqual(cause ? expect.objectContaining({ name }) : undefined)
    expect(error.message).toBe(
      kind === 'build'
        ? `The AWS credential chain found no credentials: ${remedy}`
        : 'The AWS credential chain failed on its way to a service, with profile x: try again',
    )
  })
})

const logger = Object.fromEntries(
  ['trace', 'debug', 'info', 'warn', 'error'].map((level) => [level, expect.any(Function)]),
)

it('startChain() makes a chain that keeps no files and prints nothing', async () => {
  const chain = await startChain({ filepath: '/a', configFilepath: '/b' })
  expect(await chain({ forceRefresh: true })).toBe(keys)
  expect(provide).toHaveBeenCalledExactlyOnceWith({ forceRefresh: true })
  await startChain({ profile: '' })
  const [[first], [second]] = defaultProvider.mock.calls as [[object], [object]]
  expect(first).toStrictEqual({ filepath: '/a', configFilepath: '/b', ignoreCache: true, logger })
  expect(second).toStrictEqual({ profile: '', ignoreCache: true, logger })
})

it('startChain() disables the warning about the version of Node while the chain runs', async () => {
  const seen: unknown[] = []
  provide.mockImplementation(async () => {
    seen.push(process.env[warningVariable])
    throw new Error('planted')
  })
  const chain = await startChain({})
  await expect(chain()).rejects.toThrow('planted')
  expect(process.env).not.toHaveProperty(warningVariable)
  for (const value of ['', 'other']) {
    vi.stubEnv(warningVariable, value)
    await expect(chain()).rejects.toThrow('planted')
    expect(process.env[warningVariable]).toBe(value)
  }
  expect(seen).toEqual(['true', '', 'other'])
})

it('startProfile() starts the chain with the files and without a token file', async () => {
  const clientConfig = { region: 'us-east-1' }
  await startProfile('x', files, { clientConfig })
  expect(defaultProvider).toHaveBeenCalledExactlyOnceWith({
    profile: 'x',
    filepath: files.credentials,
    configFilepath: files.config,
    webIdentityTokenFile: '',
    clientConfig,
    ignoreCache: true,
    logger,
  })
})

it.each([{ CREDENTIALS_PROFILE: 'n' }, { CREDENTIALS_CODE: 'e', CREDENTIALS_PROFILE_PROCESS: 'v' }])(
  'startProfile() returns credentials whose source is %j',
  async ($source) => {
    const found = { ...keys, $source }
    provide.mockResolvedValue(found)
    const chain = await startProfile('x', files, {})
    expect(await chain({ forceRefresh: true })).toBe(found)
    expect(provide).toHaveBeenCalledExactlyOnceWith({ forceRefresh: true })
  },
)

it.each([undefined, {}, { CREDENTIALS_IMDS: '0' }, { NO_CREDENTIALS_PROFILE: 'n' }])(
  'startProfile() rejects credentials whose source is %j',
  async ($source) => {
    provide.mockResolvedValue({ ...keys, $source })
    const chain = await startProfile('x', files, {})
    await expect(chain()).rejects.toMatchObject({
      kind: 'build',
      code: 'ERR_AUTH_SIGV4_CREDENTIALS',
      provider: 'sigv4',
      option: 'credentials',
      message:
        'Cannot get AWS credentials: they did not come from the profile that was named for the given env',
    })
  },
)

it.each(['credentials', 'config'] as const)(
  'startProfile() rejects credential_source in the file of %s, and starts no chain',
  async (name) => {
    writeFileSync(files[name], '[x]\n\n\tcredential_source=Environment\n')
    await expect(startProfile('x', files, {})).rejects.toMatchObject({
      kind: 'build',
      code: 'ERR_AUTH_SIGV4_CREDENTIALS',
      provider: 'sigv4',
      option: 'credentials',
      message:
        'Cannot get AWS credentials: a profile of the given env has credential_source, which means the host and its environment',
    })
    expect(defaultProvider).not.toHaveBeenCalled()
  },
)

it('startProfile() takes similar settings for other settings', async () => {
  writeFileSync(files.config, '[profile x]\nmy_credential_source = a\ncredential_sources = b\n')
  await startProfile('x', files, {})
  expect(defaultProvider).toHaveBeenCalledOnce()
})
