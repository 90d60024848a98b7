import { inspect } from 'node:util'
import { applyAuth, createHeaderMap, type SourceOptions } from '@outbound-auth/core'
import { type AwsCredentials, sigV4Auth } from '@outbound-auth/sigv4'
import { describe, expect, it } from 'vitest'
import { createResolver } from '../../src/index.js'

const common = {
  kind: 'sigv4',
  service: 's3',
  region: 'us-east-1',
  baseUrl: 'https://b.s3.us-east-1.amazonaws.com',
} as const
const request = () => ({ method: 'GET', url: `${common.baseUrl}/key`, headers: createHeaderMap() })

describe('createResolver() with kind sigv4', () => {
  it('signs with credentials whose parts are references, and notices new ones', async () => {
    const env: Record<string, string> = { KEY: ' AKIDONE ', SECRET: 'planted-secret', TOKEN: 'planted-token' }
    const resolver = createResolver({ sigv4: sigV4Auth }, { env })
    const credentials = {
      accessKeyId: { env: 'KEY' },
      secretAccessKey: { env: 'SECRET' },
      sessionToken: { env: 'TOKEN' },
    }
    const resolved = await resolver.resolve({ ...common, credentials })
    const { headers } = await applyAuth(resolved.provider, request())
    expect(headers.get('authorization')).toContain('Credential=AKIDONE/')
    expect(headers.get('x-amz-security-token')).toBe('planted-token')
    env['KEY'] = 'AKIDTWO'
    expect((await applyAuth(resolved.provider, request())).headers.get('authorization')).toContain(
      'Credential=AKIDTWO/',
    )
    expect(resolved.reason).toContain('environment variable KEY and environment variable SECRET')
    expect(inspect(resolved, { showHidden: true, depth: 9 })).not.toContain('planted')
  })

  it('takes literal credentials, parts that are literal, and anonymous', async () => {
    const resolver = createResolver({ sigv4: sigV4Auth }, { env: { SECRET: 's' } })
    const literal = await resolver.resolve({
      ...common,
      credentials: { accessKeyId: 'AKIDLIT', secretAccessKey: 's' },
    })
    expect((await applyAuth(literal.provider, request())).headers.get('authorization')).toContain('AKIDLIT')
    const mixed = await resolver.resolve({
      ...common,
      credentials: { accessKeyId: 'AKIDMIX', secretAccessKey: { env: 'SECRET' } },
    })
    expect((await applyAuth(mixed.provider, request())).headers.get('authorization')).toContain('AKIDMIX')
    const anonymous = await resolver.resolve({ ...common, credentials: 'anonymous' })
    expect([...(await applyAuth(anonymous.provider, request())).headers]).toEqual([])
  })

  it('takes literal credentials with an expiration', async () => {
    const expiration = new Date(Date.now() + 60_000)
    const credentials = { accessKeyId: 'AKIDLIT', secretAccessKey: 's', expiration }
    const { provider } = await createResolver({ sigv4: sigV4Auth }).resolve({ ...common, credentials })
    expect((await applyAuth(provider, request())).headers.get('authorization')).toContain('AKIDLIT')
  })

  it('gives the same object for the same credentials', async () => {
    let source: ((options: SourceOptions) => unknown) | undefined
    const sigv4 = (options: { readonly credentials: AwsCredentials | ((given: SourceOptions) => never) }) => {
      source = options.credentials as typeof source
      return { kind: 'sigv4' as const, headerNames: ['authorization'], addAuthHeaders() {} }
    }
    let secret = 'one'
    const resolver = createResolver({ sigv4 }, { runCommand: async () => secret })
    const credentials = { accessKeyId: 'AKID', secretAccessKey: { command: ['vault'] } }
    await resolver.resolveUnknown({ kind: 'sigv4', credentials, baseUrl: common.baseUrl })
    const options = { signal: new AbortController().signal, forceRefresh: false }
    const first = await source?.(options)
    expect(first).toEqual({ accessKeyId: 'AKID', secretAccessKey: 'one', sessionToken: undefined })
    expect(await source?.(options)).toBe(first)
    secret = 'two'
    expect(await source?.(options)).toMatchObject({ secretAccessKey: 'two' })
  })

  it('asks the machine’s chain through awsCredentials, with the profile', async () => {
    const asked: unknown[] = []
    const found: AwsCredentials = { accessKeyId: 'AKIDCHAIN', secretAccessKey: 's' }
    const resolver = createResolver(
      { sigv4: sigV4Auth },
      {
        awsCredentials({ profile }) {
          asked.push(profile)
          return async () => found
        },
      },
    )
    const work = await resolver.resolve({ ...common, credentials: { awsChain: true, profile: 'work' } })
    expect((await applyAuth(work.provider, request())).headers.get('authorization')).toContain('AKIDCHAIN')
    expect(work.reason).toContain('AWS profile work')
    const machine = await resolver.resolve({ ...common, credentials: { awsChain: true } })
    expect(machine.reason).toContain('from the AWS credentials of this machine')
    expect(asked).toEqual(['work', undefined])
  })

  it('fails at once when a variable is missing, or the chain was not given', async () => {
    const resolver = createResolver({ sigv4: sigV4Auth }, { env: {} })
    const missing = { accessKeyId: 'a', secretAccessKey: { env: 'ABSENT' } }
    await expect(resolver.resolve({ ...common, credentials: missing })).rejects.toMatchObject({
      code: 'ERR_AUTH_MISSING_ENV',
      message: expect.stringContaining('credentials.secretAccessKey: environment variable ABSENT'),
    })
    await expect(resolver.resolve({ ...common, credentials: { awsChain: true } })).rejects.toMatchObject({
      code: 'ERR_AUTH_UNSUPPORTED',
      message: expect.stringContaining('@outbound-auth/sigv4/node'),
    })
  })

  it.each([
    [{ awsChain: 'yes' }, 'awsChain must be true'],
    [{ awsChain: true, profile: ' ' }, 'profile must be a name'],
    [{ awsChain: true, region: 'x' }, 'unknown option "region"'],
    [{ accessKeyId: { env: 'A' }, secretAccessKey: 's', expiry: 1 }, 'unknown option "expiry"'],
    [{ accessKeyId: { env: 'A' }, secretAccessKey: { file: 1 } }, 'file must be a path'],
  ])('rejects %j', async (credentials, message) => {
    const awsCredentials = () => async () => ({ accessKeyId: 'a', secretAccessKey: 's' })
    const resolver = createResolver({ sigv4: sigV4Auth }, { env: { A: 'a' }, awsCredentials })
    await expect(resolver.resolveUnknown({ ...common, credentials })).rejects.toThrow(message)
  })

  it('lets no reference stand where none belongs', async () => {
    const resolver = createResolver({ sigv4: sigV4Auth }, { env: { R: 'r' } })
    const region = { ...common, region: { env: 'R' }, credentials: 'anonymous' } as const
    // @ts-expect-error the region is no secret
    await expect(resolver.resolve(region)).rejects.toThrow(TypeError)
    const pair = { ...common, credentials: { env: 'R' } } as const
    // @ts-expect-error one secret is not a pair of them
    await expect(createResolver({ sigv4: sigV4Auth }, { env: {} }).resolve(pair)).rejects.toThrow()
  })
})
