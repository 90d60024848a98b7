import { inspect } from 'node:util'
import { bearerAuth } from '@outbound-auth/bearer'
import { applyAuth, createHeaderMap } from '@outbound-auth/core'
import { authFetch } from '@outbound-auth/fetch'
import { describe, expect, it } from 'vitest'
import { type WorkloadOptions, workloadIdentityAuth, workloadToken } from '../src/index.js'
import { granted, json, type Reply, tokenService } from './token-service.js'

const grantType = 'urn:ietf:params:oauth:grant-type:'
const tokenType = 'urn:ietf:params:oauth:token-type:'
const audience = '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/x'
const cloudPlatform = 'https://www.googleapis.com/auth/cloud-platform'
const subjectToken = 'planted-subject'

/** Each service with its options, the path of its endpoint, and the members of its request. */
const services: readonly [WorkloadOptions, path: string, members: Readonly<Record<string, string>>][] = [
  [
    {
      service: 'openai',
      identityProviderId: 'idp_1',
      serviceAccountId: 'sa_1',
      clientId: 'client-1',
      subjectTokenType: 'id_token',
      subjectToken,
    },
    '/oauth/token',
    {
      grant_type: `${grantType}token-exchange`,
      subject_token: subjectToken,
      subject_token_type: `${tokenType}id_token`,
      identity_provider_id: 'idp_1',
      service_account_id: 'sa_1',
      client_id: 'client-1',
    },
  ],
  [
    {
      service: 'anthropic',
      federationRuleId: 'fdrl_1',
      organizationId: 'org-1',
      serviceAccountId: 'svac_1',
      workspaceId: 'wrkspc_1',
      subjectToken,
    },
    '/v1/oauth/token',
    {
      grant_type: `${grantType}jwt-bearer`,
      assertion: subjectToken,
      federation_rule_id: 'fdrl_1',
      organization_id: 'org-1',
      service_account_id: 'svac_1',
      workspace_id: 'wrkspc_1',
    },
  ],
  [
    { service: 'openrouter', federationPolicyId: 'policy-1', scope: 'inference', subjectToken },
    '/api/v1/oauth/token',
    {
      grant_type: `${grantType}token-exchange`,
      federation_policy_id: 'policy-1',
      subject_token: subjectToken,
      subject_token_type: `${tokenType}jwt`,
      scope: 'inference',
    },
  ],
  [
    { service: 'databricks', host: 'dbc-1.cloud.databricks.com', clientId: 'principal-1', subjectToken },
    '/oidc/v1/token',
    {
      client_id: 'principal-1',
      subject_token: subjectToken,
      subject_token_type: `${tokenType}jwt`,
      grant_type: `${grantType}token-exchange`,
      scope: 'all-apis',
    },
  ],
  [
    { service: 'databricks', host: 'https://accounts.databricks.com/', accountId: 'a/1', subjectToken },
    '/oidc/accounts/a%2F1/v1/token',
    {
      subject_token: subjectToken,
      subject_token_type: `${tokenType}jwt`,
      grant_type: `${grantType}token-exchange`,
      scope: 'all-apis',
    },
  ],
  [
    { service: 'gcp', audience, subjectToken },
    '/v1/token',
    {
      grant_type: `${grantType}token-exchange`,
      audience,
      scope: cloudPlatform,
      requested_token_type: `${tokenType}access_token`,
      subject_token: subjectToken,
      subject_token_type: `${tokenType}jwt`,
    },
  ],
  [
    {
      service: 'azure',
      tenantId: 'tenant-1',
      clientId: 'app-1',
      scope: 'https://api.example/.default',
      subjectToken,
    },
    '/tenant-1/oauth2/v2.0/token',
    {
      client_id: 'app-1',
      scope: 'https://api.example/.default',
      grant_type: 'client_credentials',
      client_assertion: subjectToken,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    },
  ],
]

/** Sends one request with a token that a service with this reply issues. */
async function applied(workload: WorkloadOptions, reply: (index: number) => Reply = granted) {
  const service = await tokenService((_, index) => reply(index))
  const auth = workloadIdentityAuth({ ...workload, fetch: service.fetch })
  const apply = () =>
    applyAuth(auth, { method: 'GET', url: 'https://api.example.com/', headers: createHeaderMap() })
  return { apply, service, auth }
}

describe.each(services)('workloadIdentityAuth() at $service,', (workload, path, members) => {
  it(`sends the members of the vendor's SDK to ${path}, in its order`, async () => {
    const { apply, service } = await applied(workload)
    const { headers } = await apply()
    expect(headers.get('authorization')).toBe('Bearer planted-token-1')
    const [exchange] = service.exchanges()
    expect(exchange?.path).toBe(path)
    const body = String(exchange?.body)
    const isJson = exchange?.headers['content-type'] === 'application/json'
    const sent = isJson ? JSON.parse(body) : Object.fromEntries(new URLSearchParams(body))
    expect(Object.entries(sent)).toEqual(Object.entries(members))
    expect(isJson).toBe(/openai|anthropic/.test(workload.service))
  })

  it('exchanges once for 50 requests', async () => {
    const service = await tokenService()
    const auth = workloadIdentityAuth({ ...workload, tokenEndpoint: service.tokenEndpoint })
    const fetch = authFetch(auth, { allowedOrigins: [service.origin] })
    const calls = Array.from({ length: 50 }, async () => (await fetch(`${service.origin}/v1/models`)).status)
    expect(new Set(await Promise.all(calls))).toEqual(new Set([200]))
    expect(service.exchanges()).toHaveLength(1)
  })

  it('puts nothing of an error response into the error, and says what to compare', async () => {
    const { apply } = await applied(workload, () =>
      json({ error: 'invalid_grant', error_description: 'planted-description', hint: subjectToken }, 401),
    )
    const error = await apply().catch((thrown) => thrown)
    expect(error).toMatchObject({
      code: 'ERR_AUTH_WORKLOAD_REFUSED',
      kind: 'build',
      provider: 'workload-identity',
    })
    expect(error.message).toMatch(/ status 401, invalid_grant\. Compare iss, aud, sub and exp of the subject/)
    expect(inspect(error, { showHidden: true, depth: 9 }) + error.stack).not.toContain('planted')
  })

  it.each([503, 429])(
    'says that status %i may pass, and pauses as long as Retry-After says',
    async (status) => {
      const { apply, service } = await applied(workload, () => ({
        status,
        headers: { 'retry-after': '60' },
        body: 'planted-page',
      }))
      const error = await apply().catch((thrown) => thrown)
      expect(error).toMatchObject({ code: 'ERR_AUTH_WORKLOAD_UNAVAILABLE', kind: 'transient' })
      await new Promise((resolve) => setTimeout(resolve, 100))
      await expect(apply()).rejects.toMatchObject({ code: 'ERR_AUTH_WORKLOAD_UNAVAILABLE' })
      expect(service.exchanges()).toHaveLength(1)
    },
  )
})

it('workloadIdentityAuth() adds the beta of Anthropic to the exchange and to the members of each request', async () => {
  const [, [workload] = []] = services
  const service = await tokenService()
  const auth = workloadIdentityAuth({
    ...(workload as WorkloadOptions),
    tokenEndpoint: service.tokenEndpoint,
  })
  const seen: Headers[] = []
  const fetch = authFetch(auth, {
    allowedOrigins: ['https://api.anthropic.com'],
    fetch: async (_, init) => {
      seen.push(new Headers(init?.headers))
      return new Response('ok')
    },
  })
  await fetch('https://api.anthropic.com/v1/models', {
    headers: { 'anthropic-beta': 'files-api-2025-04-14', 'x-api-key': 'planted-dummy' },
  })
  expect(service.exchanges()[0]?.headers['anthropic-beta']).toBe(
    'oauth-2025-04-20,oidc-federation-2026-04-01',
  )
  expect(seen[0]?.get('anthropic-beta')).toBe('files-api-2025-04-14, oauth-2025-04-20')
  expect(seen[0]?.has('x-api-key')).toBe(false)
})

it('workloadToken() is a token source of bearerAuth()', async () => {
  const service = await tokenService()
  const [[workload] = []] = services
  const token = workloadToken({ ...(workload as WorkloadOptions), fetch: service.fetch })
  const auth = bearerAuth({ token })
  const request = { method: 'GET', url: 'https://api.example.com/', headers: createHeaderMap() }
  const { headers } = await applyAuth(auth, request)
  expect(headers.get('authorization')).toBe('Bearer planted-token-1')
})

it('workloadIdentityAuth() asks Microsoft Entra ID for the claims that an API wants', async () => {
  const { service, auth } = await applied(services.at(-1)?.[0] as WorkloadOptions)
  const request = { method: 'GET', url: 'https://api.example.com/', headers: createHeaderMap() }
  await applyAuth(auth, request)
  const sent = { ...request, headers: createHeaderMap({ authorization: 'Bearer planted-token-1' }) }
  const rejection = { request: sent, status: 401, headers: createHeaderMap(), readBody: async () => '' }
  expect(await auth.recover?.({ ...rejection, attempt: 0, claims: '{"a":1}' })).toBe(true)
  const form = new URLSearchParams(String(service.exchanges()[1]?.body))
  expect(form.get('claims')).toBe('{"a":1}')
})
