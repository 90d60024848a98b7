import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { awsCredentials } from '../../src/node.js'

const asked = { signal: new AbortController().signal, forceRefresh: false }
const keys = 'aws_access_key_id = AKIDTENANT\naws_secret_access_key = secret-of-tenant\n'
let folder: string
let env: Record<string, string>

/** The tenant's own shared files, as its environment names them. */
function writeFiles(credentials: string, config = ''): void {
  writeFileSync(join(folder, 'credentials'), credentials)
  writeFileSync(join(folder, 'config'), config)
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'outbound-auth-tenant-'))
  env = {
    AWS_SHARED_CREDENTIALS_FILE: join(folder, 'credentials'),
    AWS_CONFIG_FILE: join(folder, 'config'),
  }
  const hostFile = join(folder, 'host-credentials')
  writeFileSync(hostFile, '[tenant]\naws_access_key_id = AKIDHOSTFILE\naws_secret_access_key = host\n')
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDHOST')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret-of-host')
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', hostFile)
  vi.stubEnv('AWS_CONFIG_FILE', join(folder, 'host-config'))
  vi.stubEnv('AWS_PROFILE', undefined)
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true')
  // The SDK itself warns that the host has keys, too.
  vi.spyOn(console, 'warn').mockImplementation(() => {})
})

afterEach(() => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
  vi.doUnmock('@aws-sdk/credential-provider-node')
  rmSync(folder, { recursive: true })
})

describe('awsCredentials() with an environment of its own', () => {
  const refused = { kind: 'build', code: 'ERR_AUTH_SIGV4_CREDENTIALS' }

  it('rejects one without keys and profile instead of taking those of the host', async () => {
    writeFiles('')
    for (const tenant of [{}, env, { ...env, AWS_ACCESS_KEY_ID: 'AKIDHALF' }]) {
      const error = await Promise.resolve(awsCredentials({ env: tenant })(asked)).catch((thrown) => thrown)
      expect(error).toMatchObject({ ...refused, message: expect.stringContaining('env') })
    }
  })

  it('takes a profile from the files that it names', async () => {
    writeFiles(`[tenant]\n${keys}`)
    const tenant = { accessKeyId: 'AKIDTENANT' }
    expect(await awsCredentials({ env, profile: 'tenant' })(asked)).toMatchObject(tenant)
    expect(await awsCredentials({ env: { ...env, AWS_PROFILE: 'tenant' } })(asked)).toMatchObject(tenant)
  })

  it('rejects a profile that is missing there', async () => {
    writeFiles('')
    await expect(awsCredentials({ env, profile: 'tenant' })(asked)).rejects.toMatchObject(refused)
  })

  it('rejects a profile that could lead to the keys of the host', async () => {
    writeFiles('', '[profile tenant]\nrole_arn = arn:aws:iam::1:role/r\ncredential_source = Environment\n')
    await expect(awsCredentials({ env, profile: 'tenant' })(asked)).rejects.toMatchObject({
      ...refused,
      message: expect.stringContaining('credential_source'),
    })
  })

  it('rejects what the chain found elsewhere after the profile had failed', async () => {
    writeFiles('')
    vi.doMock('@aws-sdk/credential-provider-node', () => ({
      defaultProvider: () => async () => ({
        accessKeyId: 'AKIDROLE',
        secretAccessKey: 'secret',
        $source: { CREDENTIALS_IMDS: '0' },
      }),
    }))
    vi.resetModules()
    const { awsCredentials: fresh } = await import('../../src/node.js')
    await expect(fresh({ env, profile: 'tenant' })(asked)).rejects.toMatchObject({
      ...refused,
      message:
        'Cannot get AWS credentials: they did not come from the profile that was named for the given env',
    })
  })

  it('takes process.env for what it is', async () => {
    expect(await awsCredentials({ env: process.env })(asked)).toMatchObject({ accessKeyId: 'AKIDHOST' })
    vi.stubEnv('AWS_ACCESS_KEY_ID', undefined)
    writeFileSync(join(folder, 'host-credentials'), `[default]\n${keys}`)
    expect(await awsCredentials({ env: process.env })(asked)).toMatchObject({ accessKeyId: 'AKIDTENANT' })
  })
})
