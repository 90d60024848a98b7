import { applyAuth, createHeaderMap } from '@outbound-auth/core'
import { expect, it } from 'vitest'
import { type GcpWorkload, workloadIdentityAuth } from '../src/index.js'
import { granted, json, type Reply, tokenService } from './token-service.js'

const account = 'agent@project.iam.gserviceaccount.com'
const cloudPlatform = 'https://www.googleapis.com/auth/cloud-platform'

/** Two requests, with a service that impersonates so. */
async function impersonating(reply: (now: Date) => Reply, change: Partial<GcpWorkload> = {}) {
  let nowMs = Date.now()
  const now = () => new Date(nowMs)
  const service = await tokenService(({ path }, index) =>
    path.includes('generateAccessToken') ? reply(new Date()) : granted(index),
  )
  const auth = workloadIdentityAuth({
    service: 'gcp',
    audience: 'planted-audience',
    subjectToken: 'planted-subject',
    impersonate: account,
    fetch: service.fetch,
    now,
    ...change,
  })
  const apply = () =>
    applyAuth(auth, { method: 'GET', url: 'https://aiplatform.googleapis.com/', headers: createHeaderMap() })
  return {
    apply,
    service,
    pass(ms: number) {
      nowMs += ms
    },
  }
}

const expiring = (now: Date, lifeMs: number) =>
  json({ accessToken: 'planted-account-token', expireTime: new Date(now.getTime() + lifeMs).toISOString() })

it('workloadIdentityAuth() impersonates a service account with the token of the workload', async () => {
  const { apply, service } = await impersonating((now) => expiring(now, 1_800_000), {
    scope: 'https://a.example/one  https://a.example/two',
    lifetimeMs: 1_800_000,
  })
  const { headers } = await apply()
  expect(headers.get('authorization')).toBe('Bearer planted-account-token')
  await apply()
  const [first, second, third] = service.exchanges()
  expect(new URLSearchParams(String(first?.body)).get('scope')).toBe(cloudPlatform)
  expect(second?.path).toBe(
    `/v1/projects/-/serviceAccounts/${encodeURIComponent(account)}:generateAccessToken`,
  )
  expect(second?.headers.authorization).toBe('Bearer planted-token-1')
  expect(JSON.parse(String(second?.body))).toEqual({
    scope: ['https://a.example/one', 'https://a.example/two'],
    lifetime: '1800s',
  })
  expect(third).toBeUndefined()
})

it('an impersonated token lives by the clock of the service, when this machine is a day ahead', async () => {
  let nowMs = Date.now() + 86_400_000
  const { apply, service } = await impersonating((now) => expiring(now, 3_600_000), {
    now: () => new Date(nowMs),
  })
  await apply()
  nowMs += 3_000_000
  await apply()
  expect(service.exchanges()).toHaveLength(2)
})

it.each<[string, Reply, object]>([
  ['is rejected', json({ error: { code: 403, message: 'planted-message' } }, 403), { kind: 'build' }],
  ['says error with status 200', json({ error: { code: 403 } }), { code: 'ERR_AUTH_WORKLOAD_REFUSED' }],
  [
    'has no accessToken',
    json({ expireTime: '2030-01-01T00:00:00Z' }),
    { code: 'ERR_AUTH_WORKLOAD_RESPONSE' },
  ],
  [
    'has CR LF in the token',
    json({ accessToken: 'a\r\nb', expireTime: '2030-01-01T00:00:00Z' }),
    { code: 'ERR_AUTH_WORKLOAD_RESPONSE' },
  ],
  ['has no expireTime', json({ accessToken: 'a' }), { code: 'ERR_AUTH_WORKLOAD_RESPONSE' }],
  [
    'has an odd expireTime',
    json({ accessToken: 'a', expireTime: 'soon' }),
    { code: 'ERR_AUTH_WORKLOAD_RESPONSE' },
  ],
  [
    'is an outage',
    { status: 502, body: 'planted-page' },
    { code: 'ERR_AUTH_WORKLOAD_UNAVAILABLE', kind: 'transient' },
  ],
  [
    'is a redirect',
    { status: 307, headers: { location: 'https://evil.example/' }, body: '' },
    { code: 'ERR_AUTH_REDIRECT' },
  ],
  ['is not UTF-8', { body: Uint8Array.of(123, 255, 125) }, { code: 'ERR_AUTH_WORKLOAD_RESPONSE' }],
  ['is too long', { body: ' '.repeat(1_100_000) }, { code: 'ERR_AUTH_WORKLOAD_RESPONSE' }],
])('an impersonation that %s is an error', async (_, reply, error) => {
  const { apply } = await impersonating(() => reply)
  const thrown = await apply().catch((reason) => reason)
  expect(thrown).toMatchObject(error)
  expect(thrown.message).not.toContain('planted')
})
