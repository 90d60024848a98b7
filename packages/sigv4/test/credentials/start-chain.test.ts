import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { startChain, startProfile } from '../../src/credentials/aws-chain.js'

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
