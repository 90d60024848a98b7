import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { profileRemedy } from '../../src/credentials/profile-remedy.js'
import { awsCredentials } from '../../src/node.js'

const asked = { signal: new AbortController().signal, forceRefresh: false }
let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'outbound-auth-aws-'))
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(folder, 'credentials'))
  vi.stubEnv('AWS_CONFIG_FILE', join(folder, 'config'))
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true')
  vi.stubEnv('HOME', folder)
  for (const name of ['AWS_PROFILE', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'])
    vi.stubEnv(name, undefined)
})

afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

async function failureOf(profile?: string): Promise<Error> {
  const failure = await Promise.resolve(awsCredentials({ profile })(asked)).catch((thrown: unknown) => thrown)
  expect(failure).toMatchObject({ kind: 'build', code: 'ERR_AUTH_SIGV4_CREDENTIALS' })
  return failure as Error
}

const sso =
  'sso_start_url = https://sso.example\nsso_region = us-east-1\nsso_account_id = 1\nsso_role_name = r\n'

describe('awsCredentials() names the profile and the remedy when', () => {
  it.each<[string, string, string]>([
    ['the SSO login has ended', `[profile x]\n${sso}`, 'run: aws sso login --profile x'],
    [
      'the SSO session has ended',
      '[profile x]\nsso_session = s\nsso_account_id = 1\nsso_role_name = r\n[sso-session s]\nsso_region = us-east-1\nsso_start_url = https://sso.example\n',
      'run: aws sso login --profile x',
    ],
    [
      'the profile is in neither file',
      '[profile y]\nregion = us-east-1\n',
      'there is no profile x in FOLDER/config or FOLDER/credentials; correct the name',
    ],
    [
      'its command fails',
      '[profile x]\ncredential_process = false\n',
      'the credential_process of profile x failed',
    ],
    [
      'half of a key is there',
      '[profile x]\naws_access_key_id = AKID\n',
      'profile x lacks aws_secret_access_key',
    ],
    ['it has only a region', '[profile x]\nregion = us-east-1\n', 'profile x has neither keys nor a login'],
    [
      'the login of its source has ended',
      `[profile x]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = y\n[profile y]\n${sso}`,
      'the role of profile x could not be assumed: the SSO login of profile y has expired, or there was none; run: aws sso login --profile y',
    ],
    [
      'its source is missing',
      '[profile x]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = y\n',
      'there is no profile y in',
    ],
  ])('%s', async (_, config, expected) => {
    writeFileSync(join(folder, 'config'), config)
    const { message } = await failureOf('x')
    expect(message.replaceAll(folder, 'FOLDER')).toContain(expected)
  })

  it('there is nothing at all', async () => {
    const { message } = await failureOf()
    expect(message).toContain('the environment has no keys, and there is no profile default in')
    expect(message).toContain('run: aws configure, or set AWS_PROFILE')
  })
})

it.each(['AccessDenied', 'ExpiredTokenException'])(
  'awsCredentials() calls a role that a service rejects with %s a build failure',
  async (name) => {
    vi.doMock('@aws-sdk/credential-provider-node', () => ({
      defaultProvider: () => async () => {
        throw Object.assign(new Error('no'), { name, $fault: 'client', $metadata: { httpStatusCode: 403 } })
      },
    }))
    vi.resetModules()
    const { awsCredentials: fresh } = await import('../../src/node.js')
    writeFileSync(join(folder, 'config'), `[profile x]\n${sso}`)
    const failure = await Promise.resolve(fresh({ profile: 'x' })(asked)).catch((thrown: unknown) => thrown)
    vi.doUnmock('@aws-sdk/credential-provider-node')
    expect(failure).toMatchObject({ kind: 'build', cause: { name } })
  },
)

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
    const files = { credentials: join(folder, 'credentials'), config: join(folder, 'config') }
    writeFileSync(files.config, `[profile x]\n${lines}\n`)
    expect(await profileRemedy('x', files)).toBe(expected)
  })

  const missing = (profile: string) => `there is no profile ${profile} in /none/config or /none/credentials`
  it.each([
    [
      'default',
      '',
      `the environment has no keys, and ${missing('default')}; run: aws configure, or set AWS_PROFILE`,
    ],
    ['x', '', `${missing('x')}; correct the name, or run: aws configure --profile x`],
    ['default', 'region = r', 'profile default has neither keys nor a login; run: aws configure'],
    ['default', 'aws_access_key_id = a', 'profile default lacks aws_secret_access_key; run: aws configure'],
    [
      'default',
      'sso_session = s',
      'the SSO login of profile default has expired, or there was none; run: aws sso login',
    ],
    [
      'default',
      'sso_start_url = s',
      'the SSO login of profile default has expired, or there was none; run: aws sso login',
    ],
    [
      'default',
      'login_session = s',
      'the login of profile default has expired, or there was none; run: aws login',
    ],
    [
      'default',
      'credential_process = c',
      'the credential_process of profile default failed; run that command by hand to see why',
    ],
    [
      'default',
      `${role}\nsource_profile = y`,
      `the role of profile default could not be assumed: ${missing('y')}; correct the name, or run: aws configure --profile y`,
    ],
  ])('for profile %s with %j says what to run', async (profile, lines, expected) => {
    const files = { credentials: join(folder, 'credentials'), config: join(folder, 'config') }
    if (lines) writeFileSync(files.config, `[${profile}]\n${lines}\n`)
    const said = await profileRemedy(profile, files)
    expect(said.replaceAll(folder, '/none')).toBe(expected)
  })
})
