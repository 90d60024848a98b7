import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import { awsRegion } from '../../src/node.js'

const home = vi.hoisted(() => ({ folder: '' }))
// A thread has an environment of its own, in which node:os does not look for HOME.
vi.mock('node:os', async (importOriginal) => ({
  ...(await importOriginal<typeof import('node:os')>()),
  homedir: () => home.folder,
}))

it.each([undefined, ' '])(
  'the shared files are in the home folder when their variables are %j',
  async (value) => {
    home.folder = mkdtempSync(join(tmpdir(), 'outbound-auth-aws-'))
    onTestFinished(() => rmSync(home.folder, { recursive: true }))
    for (const name of ['AWS_PROFILE', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'])
      vi.stubEnv(name, undefined)
    onTestFinished(() => void vi.unstubAllEnvs())
    mkdirSync(join(home.folder, '.aws'))
    const keys = 'aws_access_key_id = AKIDWORK\naws_secret_access_key = secret\n'
    writeFileSync(join(home.folder, '.aws', 'credentials'), `[work]\n${keys}region = eu-west-1\n`)
    writeFileSync(join(home.folder, '.aws', 'config'), '[profile other]\nregion = eu-north-1\n')
    const variables = { AWS_SHARED_CREDENTIALS_FILE: value, AWS_CONFIG_FILE: value }
    expect(await awsRegion({ env: variables, profile: 'work' })).toBe('eu-west-1')
    expect(await awsRegion({ env: variables, profile: 'other' })).toBe('eu-north-1')
  },
)
