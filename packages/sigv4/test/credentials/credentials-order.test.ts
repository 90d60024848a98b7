import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { type AwsCredentialsOptions, awsCredentials } from '../../src/node.js'

const asked = { signal: new AbortController().signal, forceRefresh: false }
const keys = { AWS_ACCESS_KEY_ID: 'AKIDENV', AWS_SECRET_ACCESS_KEY: 'secret-of-env' }
let folder: string
let files: Record<string, string>

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'outbound-auth-aws-'))
  const profiles = ['work', 'other'].map(
    (name) => `[${name}]\naws_access_key_id = AKID-${name}\naws_secret_access_key = secret-of-${name}\n`,
  )
  writeFileSync(join(folder, 'credentials'), profiles.join(''))
  files = {
    AWS_SHARED_CREDENTIALS_FILE: join(folder, 'credentials'),
    AWS_CONFIG_FILE: join(folder, 'config'),
    AWS_EC2_METADATA_DISABLED: 'true',
  }
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

const keyIdOf = async (options: AwsCredentialsOptions) => {
  const { accessKeyId } = await awsCredentials(options)(asked)
  return accessKeyId
}

it.each<[string, Record<string, string>, Omit<AwsCredentialsOptions, 'env'>, string]>([
  ['AWS_PROFILE by default', { ...keys, AWS_PROFILE: 'work' }, {}, 'AKID-work'],
  ['AWS_PROFILE if it says so', { ...keys, AWS_PROFILE: 'work' }, { order: 'profile-first' }, 'AKID-work'],
  ['the keys if it says so', { ...keys, AWS_PROFILE: 'work' }, { order: 'keys-first' }, 'AKIDENV'],
  ['a profile of its own in any case', keys, { order: 'keys-first', profile: 'other' }, 'AKID-other'],
  [
    'AWS_PROFILE when a key is missing',
    { AWS_ACCESS_KEY_ID: 'AKIDENV', AWS_PROFILE: 'work' },
    { order: 'keys-first' },
    'AKID-work',
  ],
  [
    'AWS_PROFILE when the keys are blank',
    { AWS_ACCESS_KEY_ID: ' ', AWS_SECRET_ACCESS_KEY: ' ', AWS_PROFILE: 'work' },
    { order: 'keys-first' },
    'AKID-work',
  ],
])('awsCredentials() with AWS_PROFILE and keys takes %s', async (_, variables, options, expected) => {
  expect(await keyIdOf({ ...options, env: { ...files, ...variables } })).toBe(expected)
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) vi.stubEnv(name, undefined)
  for (const [name, value] of Object.entries({ ...files, ...variables })) vi.stubEnv(name, value)
  expect(await keyIdOf(options)).toBe(expected)
})

it('awsCredentials() rejects an order that does not exist', () => {
  expect(() => awsCredentials({ order: 'keys' as 'keys-first' })).toThrow(TypeError)
})

it('awsCredentials() says which orders there are', () => {
  expect(() => awsCredentials({ order: 'keys' as 'keys-first' })).toThrow(
    "awsCredentials: order must be 'profile-first' or 'keys-first'",
  )
})
