import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { awsCredentials } from '../../src/node.js'

const asked = { signal: new AbortController().signal, forceRefresh: false }
let folder: string
let env: Record<string, string>

function writeProfile(name: string, accessKeyId: string): void {
  const text = `[${name}]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = secret-of-${accessKeyId}\n`
  writeFileSync(join(folder, 'credentials'), text)
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'outbound-auth-aws-'))
  env = {
    AWS_SHARED_CREDENTIALS_FILE: join(folder, 'credentials'),
    AWS_CONFIG_FILE: join(folder, 'config'),
    AWS_EC2_METADATA_DISABLED: 'true',
  }
  // The AWS chain reads the process's own environment.
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
  for (const name of ['AWS_PROFILE', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'])
    vi.stubEnv(name, undefined)
})

afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllEnvs()
  vi.doUnmock('@aws-sdk/credential-provider-node')
  rmSync(folder, { recursive: true })
})

describe('awsCredentials()', () => {
  it('takes keys of the environment, and gives the same object until they change', async () => {
    const variables: Record<string, string> = {
      AWS_ACCESS_KEY_ID: ' AKIDENV ',
      AWS_SECRET_ACCESS_KEY: 'secret\n',
      AWS_SESSION_TOKEN: 'token',
      AWS_CREDENTIAL_EXPIRATION: '2026-11-25T12:00:00Z',
    }
    const source = awsCredentials({ env: variables })
    const first = await source(asked)
    expect(first).toEqual({
      accessKeyId: 'AKIDENV',
      secretAccessKey: 'secret',
      sessionToken: 'token',
      expiration: new Date('2026-11-25T12:00:00Z'),
    })
    expect(await source(asked)).toBe(first)
    variables['AWS_ACCESS_KEY_ID'] = 'AKIDNEXT'
    expect(await source(asked)).toMatchObject({ accessKeyId: 'AKIDNEXT' })
  })

  it('gives keys without an expiration, and the same object again', async () => {
    const variables: Record<string, string> = { AWS_ACCESS_KEY_ID: 'AKIDENV', AWS_SECRET_ACCESS_KEY: 'one' }
    const source = awsCredentials({ env: variables })
    const first = await source(asked)
    expect(first).toStrictEqual({ accessKeyId: 'AKIDENV', secretAccessKey: 'one' })
    expect(await source()).toBe(first)
    variables['AWS_SESSION_TOKEN'] = ' '
    variables['AWS_CREDENTIAL_EXPIRATION'] = ''
    expect(await source(asked)).toBe(first)
  })

  it.each([
    ['AWS_SECRET_ACCESS_KEY', 'two', { secretAccessKey: 'two' }],
    ['AWS_SESSION_TOKEN', 'next', { sessionToken: 'next' }],
    ['AWS_CREDENTIAL_EXPIRATION', '2026-11-25', { expiration: new Date('2026-11-25') }],
  ])('gives new credentials of the same key id when %s changes', async (name, value, changed) => {
    const variables: Record<string, string> = { AWS_ACCESS_KEY_ID: 'AKIDENV', AWS_SECRET_ACCESS_KEY: 'one' }
    const source = awsCredentials({ env: variables })
    await source(asked)
    variables[name] = value
    const next = await source(asked)
    expect(next).toStrictEqual({ accessKeyId: 'AKIDENV', secretAccessKey: 'one', ...changed })
    expect(await source(asked)).toBe(next)
  })

  it.each<[string, Record<string, string>, string, string]>([
    [
      'ERR_AUTH_CREDENTIAL',
      { AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY: 's', AWS_CREDENTIAL_EXPIRATION: 'soon' },
      'an expiration that is not a date',
      'AWS_CREDENTIAL_EXPIRATION must be a date',
    ],
    ...[{ AWS_ACCESS_KEY_ID: 'AKID' }, { AWS_SECRET_ACCESS_KEY: 's' }, { AWS_PROFILE: ' ' }].map(
      (variables): [string, Record<string, string>, string, string] => [
        'ERR_AUTH_SIGV4_CREDENTIALS',
        variables as Record<string, string>,
        `only ${Object.keys(variables)}`,
        'the given env has neither keys nor AWS_PROFILE, and the AWS chain reads process.env only',
      ],
    ),
  ])('is %s for %j with %s', async (code, variables, _, problem) => {
    await expect(awsCredentials({ env: variables })(asked)).rejects.toMatchObject({
      kind: 'build',
      code,
      provider: 'sigv4',
      option: 'credentials',
      message: `Cannot get AWS credentials: ${problem}`,
    })
  })

  it('takes relative paths from the directory of its call, and needs none that exists', async () => {
    writeProfile('work', 'AKIDWORK')
    const cwd = vi.spyOn(process, 'cwd').mockReturnValue(folder)
    const variables = { AWS_SHARED_CREDENTIALS_FILE: 'credentials', AWS_CONFIG_FILE: './config' }
    const sources = [awsCredentials({ env: { ...env, ...variables }, profile: 'work' })]
    for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value)
    sources.push(awsCredentials({ profile: 'work' }))
    cwd.mockRestore()
    for (const source of sources) expect(await source(asked)).toMatchObject({ accessKeyId: 'AKIDWORK' })
    vi.spyOn(process, 'cwd').mockImplementation(() => {
      throw new Error('planted')
    })
    const keys = { AWS_ACCESS_KEY_ID: 'AKIDENV', AWS_SECRET_ACCESS_KEY: 's' }
    expect(await awsCredentials({ env: keys })(asked)).toMatchObject({ accessKeyId: 'AKIDENV' })
    vi.restoreAllMocks()
  })

  it('prefers a profile that was named to keys of the environment', async () => {
    writeProfile('work', 'AKIDWORK')
    const withKeys = { ...env, AWS_ACCESS_KEY_ID: 'AKIDENV', AWS_SECRET_ACCESS_KEY: 'secret' }
    expect(await awsCredentials({ env: withKeys, profile: 'work' })(asked)).toMatchObject({
      accessKeyId: 'AKIDWORK',
    })
    const named = { ...withKeys, AWS_PROFILE: 'work' }
    expect(await awsCredentials({ env: named })(asked)).toMatchObject({ accessKeyId: 'AKIDWORK' })
  })

  it('notices a rotated credentials file, and starts the chain only then', async () => {
    writeProfile('default', 'AKIDONE')
    const source = awsCredentials()
    const first = await source(asked)
    expect(first).toMatchObject({ accessKeyId: 'AKIDONE' })
    expect(await source(asked)).toBe(first)
    writeProfile('default', 'AKIDTWOTWO')
    expect(await source(asked)).toMatchObject({
      accessKeyId: 'AKIDTWOTWO',
      secretAccessKey: 'secret-of-AKIDTWOTWO',
    })
  })

  it('notices a rotation of the same length and asks again when credentials were rejected', async () => {
    writeProfile('default', 'AKIDONE')
    const source = awsCredentials()
    await source(asked)
    writeProfile('default', 'AKIDTWO')
    expect(await source({ ...asked, forceRefresh: true })).toMatchObject({ accessKeyId: 'AKIDTWO' })
  })

  it('calls a failure on the way to a service transient', async () => {
    vi.doMock('@aws-sdk/credential-provider-node', () => ({
      defaultProvider: () => async () => {
        throw Object.assign(new Error('planted connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
      },
    }))
    vi.resetModules()
    const { awsCredentials: fresh } = await import('../../src/node.js')
    const error = await Promise.resolve(fresh()(asked)).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      kind: 'transient',
      cause: { code: 'ECONNREFUSED' },
      message: 'The AWS credential chain failed on its way to a service, with profile default: try again',
    })
    expect(String(error)).not.toContain('planted')
  })

  it('names the optional peer when it is missing', async () => {
    vi.doMock('@aws-sdk/credential-provider-node', () => {
      throw Object.assign(new Error('not found'), { code: 'ERR_MODULE_NOT_FOUND' })
    })
    vi.resetModules()
    const { awsCredentials: fresh } = await import('../../src/node.js')
    await expect(fresh()(asked)).rejects.toMatchObject({
      kind: 'build',
      code: 'ERR_AUTH_SIGV4_PEER',
      provider: 'sigv4',
      option: 'credentials',
      cause: { name: 'Error' },
      message:
        'AWS credentials other than keys in the environment need @aws-sdk/credential-provider-node; install it',
    })
  })

  it('renews credentials that expire within five minutes, and keeps others', async () => {
    let calls = 0
    const forced: (boolean | undefined)[] = []
    vi.doMock('@aws-sdk/credential-provider-node', () => ({
      defaultProvider: () => async (options?: { forceRefresh?: boolean }) => {
        calls += 1
        forced.push(options?.forceRefresh)
        const minutes = calls === 1 ? 4 : 60
        return {
          accessKeyId: `AKID${calls}`,
          secretAccessKey: 's',
          expiration: new Date(Date.now() + minutes * 60_000),
        }
      },
    }))
    vi.resetModules()
    const { awsCredentials: fresh } = await import('../../src/node.js')
    const source = fresh()
    expect(await source(asked)).toMatchObject({ accessKeyId: 'AKID1' })
    expect(await source(asked)).toMatchObject({ accessKeyId: 'AKID2' })
    expect(await source(asked)).toMatchObject({ accessKeyId: 'AKID2' })
    // The chain has a cache of its own, which renews in the last five minutes only if it is told to.
    expect(forced).toEqual([false, true])
  })

  it.each([
    ['5 minutes', 300_000, 1],
    ['a millisecond less', 299_999, 2],
  ])('asks again for credentials with %s left: %d ms', async (_, leftMs, expected) => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2026, 0, 1) })
    const provide = vi.fn(async () => ({
      accessKeyId: 'AKID',
      secretAccessKey: 's',
      expiration: new Date(Date.UTC(2026, 0, 1) + leftMs),
    }))
    vi.doMock('@aws-sdk/credential-provider-node', () => ({ defaultProvider: () => provide }))
    vi.resetModules()
    const { awsCredentials: fresh } = await import('../../src/node.js')
    const source = fresh()
    await source(asked)
    await source(asked)
    expect(provide).toHaveBeenCalledTimes(expected)
  })
})
