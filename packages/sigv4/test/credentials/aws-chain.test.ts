import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { absolutePaths, chainError, fallbackRegion, startProfile } from '../../src/credentials/aws-chain.js'

let folder: string
let files: { credentials: string; config: string }
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'outbound-auth-aws-'))
  files = { credentials: join(folder, 'credentials'), config: join(folder, 'config') }
})
afterEach(() => rmSync(folder, { recursive: true }))

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
