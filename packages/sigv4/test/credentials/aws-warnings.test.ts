import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { awsCredentials } from '../../src/node.js'

// The SDK warns once in a process, so this test has a file of its own.
it('awsCredentials() lets no warning of the SDK through, and leaves the environment as it was', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'outbound-auth-aws-'))
  const role = 'role_arn = arn:aws:iam::123456789012:role/r\nsource_profile = y'
  const keys = 'aws_access_key_id = AKID\naws_secret_access_key = s'
  writeFileSync(join(folder, 'config'), `[profile x]\n${role}\n[profile y]\n${keys}\n`)
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(folder, 'credentials'))
  vi.stubEnv('AWS_CONFIG_FILE', join(folder, 'config'))
  // A role without a region, keys beside a profile, an old Node: the SDK warns of each.
  for (const name of ['AWS_REGION', 'AWS_DEFAULT_REGION', 'AWS_PROFILE']) vi.stubEnv(name, undefined)
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDENV')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 's')
  vi.stubEnv('AWS_ENDPOINT_URL', 'http://127.0.0.1:1')
  vi.stubEnv('AWS_MAX_ATTEMPTS', '1')
  const version = vi.spyOn(process, 'version', 'get').mockReturnValue('v20.20.2')
  const seen: unknown[] = []
  vi.spyOn(process, 'emitWarning').mockImplementation((warning: unknown) => void seen.push(warning))
  for (const method of ['log', 'info', 'warn', 'error', 'debug'] as const)
    vi.spyOn(console, method).mockImplementation((...texts) => void seen.push(texts))
  const before = JSON.stringify(process.env)
  const request = { signal: new AbortController().signal, forceRefresh: false }
  try {
    await expect(awsCredentials({ profile: 'x' })(request)).rejects.toMatchObject({ kind: 'transient' })
    expect(seen).toEqual([])
    expect(JSON.stringify(process.env)).toBe(before)
  } finally {
    version.mockRestore()
    vi.restoreAllMocks()
    vi.unstubAllEnvs()
    rmSync(folder, { recursive: true })
  }
})
