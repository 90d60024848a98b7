import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { documentLimit } from '@outbound-auth/core/command'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { unreadable, workingDirectory } from '../../src/credentials/shared-files.js'
import { awsCredentials, awsRegion } from '../../src/node.js'

const asked = { signal: new AbortController().signal, forceRefresh: false }
const keys = '[work]\naws_access_key_id = AKIDWORK\naws_secret_access_key = secret\nregion = eu-west-1\n'
let folder: string
let env: Record<string, string>

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'outbound-auth-aws-'))
  env = {
    AWS_SHARED_CREDENTIALS_FILE: join(folder, 'credentials'),
    AWS_CONFIG_FILE: join(folder, 'config'),
    AWS_EC2_METADATA_DISABLED: 'true',
  }
  writeFileSync(join(folder, 'credentials'), keys)
  for (const name of ['AWS_PROFILE', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'])
    vi.stubEnv(name, undefined)
})

afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

const makers: Record<string, (path: string) => unknown> = {
  'is a pipe, not a regular file': (path) => execFileSync('mkfifo', [path]),
  'is a character device, not a regular file': (path) => symlinkSync('/dev/zero', path),
  'is larger than 16 MiB, the limit for a document': (path) => {
    writeFileSync(path, keys)
    truncateSync(path, 400e6)
  },
}

describe.skipIf(process.platform === 'win32')('the shared files of AWS', () => {
  it.each(Object.entries(makers))(
    'when one %s: awsCredentials() says so, awsRegion() passes over it',
    async (problem, make) => {
      make(join(folder, 'config'))
      for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
      for (const given of [process.env, { ...env, AWS_PROFILE: 'work' }]) {
        await expect(awsCredentials({ env: given, profile: 'work' })(asked)).rejects.toMatchObject({
          kind: 'build',
          code: 'ERR_AUTH_SIGV4_CREDENTIALS',
          message: `Cannot get AWS credentials: ${join(folder, 'config')} ${problem}`,
        })
      }
      expect(await awsRegion({ env, profile: 'work' })).toBe('eu-west-1')
    },
  )

  it('may be the null device, or a folder', async () => {
    for (const make of [
      (path: string) => symlinkSync('/dev/null', path),
      (path: string) => mkdirSync(path),
    ]) {
      make(join(folder, 'config'))
      const source = awsCredentials({ env: { ...env, AWS_PROFILE: 'work' } })
      expect(await source(asked)).toMatchObject({ accessKeyId: 'AKIDWORK' })
      expect(await awsRegion({ env, profile: 'work' })).toBe('eu-west-1')
      rmSync(join(folder, 'config'), { recursive: true })
    }
  })

  it.each(['AWS_WEB_IDENTITY_TOKEN_FILE', 'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE'])(
    'awsCredentials() does not wait for the writer of a pipe in %s',
    async (name) => {
      const pipe = join(folder, 'pipe')
      execFileSync('mkfifo', [pipe])
      for (const [variable, value] of Object.entries({ ...env, [name]: pipe })) vi.stubEnv(variable, value)
      await expect(awsCredentials()(asked)).rejects.toThrow(`${pipe} is a pipe, not a regular file`)
    },
  )
})

it.each([
  [2 ** 24, undefined],
  [2 ** 24 + 1, 'is larger than 16 MiB, the limit for a document'],
])('unreadable() of a file of %i bytes: %s', async (size, reason) => {
  const file = join(folder, 'config')
  writeFileSync(file, '')
  truncateSync(file, size)
  expect(await unreadable(statSync(file), documentLimit)).toBe(reason)
})

it('workingDirectory() is empty when the directory has been removed', () => {
  expect(workingDirectory()).toBe(process.cwd())
  const cwd = vi.spyOn(process, 'cwd').mockImplementation(() => {
    throw new Error('planted')
  })
  const directory = workingDirectory()
  cwd.mockRestore()
  expect(directory).toBe('')
})
