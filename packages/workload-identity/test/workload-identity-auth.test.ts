import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { authFetch } from '@outbound-auth/fetch'
import { expect, it, onTestFinished } from 'vitest'
import { workloadIdentityAuth } from '../src/index.js'
import { tokenService } from './token-service.js'

/** A file as Kubernetes writes it, which a later token replaces. */
function subjectFile(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'workload identity '))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'token')
  writeFileSync(path, text)
  return path
}

it('workloadIdentityAuth() exchanges a file for a token of OpenAI, and reads the file again after a 401', async () => {
  const path = subjectFile('  planted-subject-1\r\n')
  let accepted = 'planted-token-1'
  const service = await tokenService(undefined, ({ headers }) =>
    headers.authorization === `Bearer ${accepted}` ? { body: 'ok' } : { status: 401, body: 'no' },
  )
  const auth = workloadIdentityAuth({
    service: 'openai',
    identityProviderId: 'idp_1',
    serviceAccountId: 'sa_1',
    subjectToken: () => readFile(path, 'utf8'),
    tokenEndpoint: service.tokenEndpoint,
  })
  const fetch = authFetch(auth, { allowedOrigins: [service.origin] })
  expect((await fetch(`${service.origin}/v1/models`)).status).toBe(200)
  expect(service.exchanges()).toMatchObject([
    {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: Buffer.from(
        JSON.stringify({
          grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
          subject_token: 'planted-subject-1',
          subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
          identity_provider_id: 'idp_1',
          service_account_id: 'sa_1',
        }),
      ),
    },
  ])
  writeFileSync(path, 'planted-subject-2\n')
  accepted = 'planted-token-2'
  expect((await fetch(`${service.origin}/v1/models`)).status).toBe(200)
  expect(service.exchanges()).toHaveLength(2)
  expect(JSON.parse(String(service.exchanges()[1]?.body)).subject_token).toBe('planted-subject-2')
})
