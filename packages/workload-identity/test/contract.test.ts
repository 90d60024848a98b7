import { type AuthRequest, createHeaderMap } from '@outbound-auth/core'
import { checkAuthProvider } from '@outbound-auth/core/testing'
import { describe, expect, it } from 'vitest'
import { type WorkloadIdentityAuthOptions, type WorkloadOptions, workloadIdentityAuth } from '../src/index.js'

const secrets = ['planted-token-1', 'planted-token-2', 'planted-subject']
const common = { subjectToken: 'planted-subject', singleUse: false } as const
const workloads: readonly WorkloadOptions[] = [
  { ...common, service: 'openai', identityProviderId: 'idp_1', serviceAccountId: 'sa_1' },
  { ...common, service: 'anthropic', federationRuleId: 'fdrl_1', organizationId: 'org-1' },
]

/** A service that issues these tokens. */
const issuing = (token: () => string | Promise<string>): typeof fetch =>
  (async () =>
    Response.json({ access_token: await token(), token_type: 'Bearer', expires_in: 3600 })) as typeof fetch

describe.each(workloads)(
  'workloadIdentityAuth() at $service keeps the contract of AuthProvider:',
  (workload) => {
    const checks = checkAuthProvider({
      create: ({ observer }) =>
        workloadIdentityAuth({ ...workload, observer, fetch: issuing(() => secrets[0] ?? '') }),
      secrets,
      createFromSource: (source, { observer }) =>
        workloadIdentityAuth({ ...workload, observer, fetch: issuing(async () => tokenOf(await source())) }),
    })
    for (const { name, run } of checks) it(name, run)
  },
)

function tokenOf(given: unknown): string {
  return typeof given === 'string' ? given : (given as { token: string }).token
}

const newRequest = (): AuthRequest => ({
  method: 'GET',
  url: 'https://api.example.com/',
  headers: createHeaderMap(),
})

it('workloadIdentityAuth() says when its token expires', async () => {
  const auth = workloadIdentityAuth({
    ...(workloads[0] as WorkloadOptions),
    fetch: issuing(() => 'planted-1'),
  })
  expect(auth.expiresAt?.()).toBeUndefined()
  await auth.applyAuth?.(newRequest())
  expect(Number(auth.expiresAt?.()) - Date.now()).toBeGreaterThan(3_000_000)
})

it.each<[string, object]>([
  ['service must be one of openai, anthropic', { service: 'x' }],
  ['service must be one of', { service: 'constructor' }],
  ['identityProviderId must be a string', { identityProviderId: '' }],
  ['serviceAccountId must be a string', { serviceAccountId: undefined }],
  ['clientId must be a string', { clientId: 7 }],
  ["subjectTokenType must be 'jwt' or 'id_token'", { subjectTokenType: 'jot' }],
  ['subjectToken must be a function or a string', { subjectToken: ' ' }],
  ['subjectToken must be a function or a string', { subjectToken: Promise.resolve('planted-subject') }],
  ['singleUse must be true or false', { singleUse: 1 }],
  ['timeoutMs must be a number', { timeoutMs: 0 }],
  ['tokenEndpoint must be an absolute http', { tokenEndpoint: 'auth.openai.com' }],
  ['tokenEndpoint must be an absolute http', { tokenEndpoint: 'https://a.example/#b' }],
  ['unknown option "tenantId"', { tenantId: 'a' }],
])('workloadIdentityAuth() throws a TypeError: %s', (message, change) => {
  const options = { ...workloads[0], ...change } as WorkloadIdentityAuthOptions
  expect(() => workloadIdentityAuth(options)).toThrow(TypeError)
  expect(() => workloadIdentityAuth(options)).toThrow(new RegExp(`^workloadIdentityAuth: ${message}`))
})

it('workloadIdentityAuth() sends no subject token unencrypted, unless it is told to', () => {
  const plain = { ...(workloads[0] as WorkloadOptions), tokenEndpoint: 'http://auth.example.com/token' }
  expect(() => workloadIdentityAuth(plain)).toThrow(
    expect.objectContaining({ code: 'ERR_AUTH_INSECURE_TRANSPORT', option: 'tokenEndpoint' }),
  )
  expect(workloadIdentityAuth({ ...plain, allowInsecureTransport: true }).kind).toBe('workload-identity')
})

it('workloadIdentityAuth() takes no option from a polluted Object.prototype', () => {
  const gcp = { service: 'gcp', audience: 'a', subjectToken: 'planted-subject' } as const
  const polluted = { subjectTokenType: 'access_token', singleUse: 7, lifetimeMs: 5 }
  Object.assign(Object.prototype, polluted)
  try {
    expect(workloadIdentityAuth(gcp).kind).toBe('workload-identity')
  } finally {
    for (const name of Object.keys(polluted)) Reflect.deleteProperty(Object.prototype, name)
  }
})
