import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { readSharedProfile } from '../../src/credentials/read-shared-profile.js'

it('readSharedProfile() takes a bracket inside a value for a part of that value', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'outbound-auth-aws-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const files = { credentials: join(folder, 'credentials'), config: join(folder, 'config') }
  writeFileSync(files.config, '[profile x]\nfirst = [profile y]\nsecond = 2\n')
  expect(await readSharedProfile('x', files)).toEqual({ first: '[profile y]', second: '2' })
})
