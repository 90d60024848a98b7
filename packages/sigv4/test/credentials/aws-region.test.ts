import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { awsRegion } from '../../src/node.js'

const folder = mkdtempSync(join(tmpdir(), 'outbound-auth-region-'))
const env = {
  AWS_SHARED_CREDENTIALS_FILE: join(folder, 'credentials'),
  AWS_CONFIG_FILE: join(folder, 'config'),
}

beforeAll(() => {
  writeFileSync(
    env.AWS_CONFIG_FILE,
    `# comment
[default]
region = eu-west-1
[profile work]
region=us-west-2 ; the usual one
s3 =
  region = nested-1
[profile "two words"]
region = ap-south-1
[work]
region = not-a-profile
[profile both]
region = from-config
`,
  )
  writeFileSync(env.AWS_SHARED_CREDENTIALS_FILE, '[both]\nregion = from-credentials\n')
})

afterAll(() => rmSync(folder, { recursive: true }))

describe('awsRegion()', () => {
  it.each([
    [undefined, 'eu-west-1'],
    ['default', 'eu-west-1'],
    ['work', 'us-west-2'],
    ['two words', 'ap-south-1'],
    ['both', 'from-credentials'],
    ['absent', undefined],
  ])('of profile %s is %s', async (profile, region) => {
    expect(await awsRegion({ profile, env })).toBe(region)
  })

  it('reads process.env by default, and the default profile when AWS_PROFILE is blank', async () => {
    for (const [name, value] of Object.entries({ ...env, AWS_PROFILE: 'two words' })) vi.stubEnv(name, value)
    expect(await awsRegion()).toBe('ap-south-1')
    vi.stubEnv('AWS_PROFILE', ' ')
    expect(await awsRegion()).toBe('eu-west-1')
    vi.unstubAllEnvs()
  })

  it('takes relative paths from the working directory', async () => {
    const files = Object.entries(env).map(([name, path]) => [name, ` ${relative(process.cwd(), path)} `])
    expect(await awsRegion({ env: Object.fromEntries(files), profile: 'both' })).toBe('from-credentials')
  })

  it('follows AWS_PROFILE, and does without files', async () => {
    expect(await awsRegion({ env: { ...env, AWS_PROFILE: ' work ' } })).toBe('us-west-2')
    expect(
      await awsRegion({ env: { AWS_CONFIG_FILE: join(folder, 'none') }, profile: 'work' }),
    ).toBeUndefined()
  })
})
