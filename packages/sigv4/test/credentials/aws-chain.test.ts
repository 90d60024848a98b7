import { mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { documentLimit } from '@outbound-auth/core/command'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { absolutePaths, chainError, fallbackRegion, startProfile } from '../../src/credentials/aws-chain.js'
import { checkCredentials } from '../../src/credentials/aws-credentials.js'
import { profileRemedy } from '../../src/credentials/profile-remedy.js'
import { readSharedProfile } from '../../src/credentials/read-shared-profile.js'
import { unreadable } from '../../src/credentials/shared-files.js'
import { awsCredentials } from '../../src/node.js'

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
    expect(absolutePaths(env, '/work')).toEqual({
      filepath: resolve('/work/a/credentials'),
      configFilepath: resolve('/work/config'),
      webIdentityTokenFile: resolve('/work/token'),
      awsContainerAuthorizationTokenFile: resolve('/work/container'),
    })
    expect(
      absolutePaths({ AWS_CONFIG_FILE: resolve('/etc/aws'), AWS_SHARED_CREDENTIALS_FILE: ' ' }, '/work'),
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
    ['transient', undefined],
  ])('is %s for %o', async (kind, cause) => {
    writeConfig('[profile x]\nregion = us-east-1\n')
    const error = await chainError(cause, 'x', files)
    expect(error).toMatchObject({ kind, code: 'ERR_AUTH_SIGV4_CREDENTIALS', option: 'credentials' })
    expect(error.message).toBe(
      kind === 'build'
        ? 'The AWS credential chain found no credentials: profile x has neither keys nor a login; run: aws configure --profile x'
        : 'The AWS credential chain failed on its way to a service, with profile x: try again',
    )
  })
})

describe('profileRemedy()', () => {
  const role = 'role_arn = arn:aws:iam::1:role/r'
  const what = 'the role of profile x could not be assumed'
  it.each([
    [
      `${role}\ncredential_source = Environment`,
      `${what}; check that Environment gives credentials on this machine`,
    ],
    [`${role}\nweb_identity_token_file = t`, `${what}; check its web_identity_token_file`],
    [role, `${what}: it names no source_profile`],
    [
      `${role}\nsource_profile = y\n[profile y]\naws_access_key_id = a\naws_secret_access_key = b`,
      `${what}: check that profile y may assume it`,
    ],
    [
      'login_session = s',
      'the login of profile x has expired, or there was none; run: aws login --profile x',
    ],
    ['aws_access_key_id = a', 'profile x lacks aws_secret_access_key; run: aws configure --profile x'],
    ['aws_secret_access_key = a', 'profile x lacks aws_access_key_id; run: aws configure --profile x'],
    ['aws_access_key_id = a\naws_secret_access_key = b', 'profile x has keys that cannot be read'],
  ])('for a profile with %j', async (lines, expected) => {
    writeConfig(`[profile x]\n${lines}\n`)
    expect(await profileRemedy('x', files)).toBe(expected)
  })
})

it('readSharedProfile() takes a bracket inside a value for a part of that value', async () => {
  writeConfig('[profile x]\nfirst = [profile y]\nsecond = 2\n')
  expect(await readSharedProfile('x', files)).toEqual({ first: '[profile y]', second: '2' })
})

it('awsCredentials() says which orders there are', () => {
  expect(() => awsCredentials({ order: 'keys' as 'keys-first' })).toThrow(
    "awsCredentials: order must be 'profile-first' or 'keys-first'",
  )
})

it.each([
  [() => ({}), 'credentials is a function: await it, credentials: await source()'],
  [Promise.resolve({}), 'credentials is a promise: await it'],
])('checkCredentials() names its option: %o', (credentials, why) => {
  expect(() => checkCredentials(credentials as never)).toThrow(
    expect.objectContaining({ option: 'credentials', message: `Cannot sign request: ${why}` }),
  )
})

it.each([
  [2 ** 24, undefined],
  [2 ** 24 + 1, 'is larger than 16 MiB, the limit for a document'],
])('unreadable() of a file of %i bytes: %s', async (size, reason) => {
  writeConfig('')
  truncateSync(files.config, size)
  expect(await unreadable(statSync(files.config), documentLimit)).toBe(reason)
})
