import { applyAuth, createHeaderMap } from '@outbound-auth/core'
import { createResolver } from '@outbound-auth/resolver'
import { presets } from '@outbound-auth/resolver/presets'
import { expect, it } from 'vitest'
import { type GcpAccessWorkload, workloadIdentityAuth } from '../src/index.js'
import { gcpAccessToken, type PlatformReference, platformSubjectToken } from '../src/node.js'
import { json, type Reply, tokenService } from './token-service.js'

const google = { 'metadata-flavor': 'Google' }
const machineToken = (index: number, seconds: unknown = 3600): Reply => ({
  ...json({ access_token: `planted-machine-${index}`, token_type: 'Bearer', expires_in: seconds }),
  headers: google,
})

/** A machine on Google Cloud, whose clock is told. */
async function machine(
  change: Partial<GcpAccessWorkload> = {},
  reply: (path: string, index: number) => Reply = (_, index) => machineToken(index),
) {
  const service = await tokenService(({ path }, index) => reply(path, index))
  let nowMs = Date.UTC(2026, 0, 1)
  const auth = workloadIdentityAuth({
    service: 'gcp',
    subjectTokenType: 'access_token',
    subjectToken: gcpAccessToken({ fetch: service.fetch }),
    fetch: service.fetch,
    now: () => new Date(nowMs),
    ...change,
  })
  const apply = async (afterMs = 0) => {
    nowMs += afterMs
    const request = { method: 'GET', url: 'https://aiplatform.googleapis.com/', headers: createHeaderMap() }
    return (await applyAuth(auth, request)).headers.get('authorization')
  }
  return { apply, auth, paths: () => service.exchanges().map(({ path }) => path) }
}

const tokenPath = '/computeMetadata/v1/instance/service-accounts/default/token'

it('an access token of the machine is sent as it is, and kept for its life', async () => {
  const { apply, paths } = await machine()
  expect(await apply()).toBe('Bearer planted-machine-1')
  expect(await apply(3_000_000)).toBe('Bearer planted-machine-1')
  expect(await apply(3_600_000)).toBe('Bearer planted-machine-2')
  expect(paths()).toEqual([tokenPath, tokenPath])
})

it('50 callers ask the machine once', async () => {
  const { apply, paths } = await machine()
  await Promise.all(Array.from({ length: 50 }, () => apply()))
  expect(paths()).toEqual([tokenPath])
})

it('an access token of unknown life is kept for defaultLifetimeMs', async () => {
  const { apply } = await machine({ defaultLifetimeMs: 1000 }, (_, index) => machineToken(index, null))
  expect(await apply()).toBe('Bearer planted-machine-1')
  expect(await apply(2000)).toBe('Bearer planted-machine-2')
})

it('an access token of the machine becomes that of another service account', async () => {
  const { apply, paths } = await machine({ impersonate: 'agent@project.example' }, (path, index) =>
    path === tokenPath
      ? machineToken(index)
      : json({
          accessToken: 'planted-account',
          expireTime: new Date(Date.now() + 3_600_000).toISOString(),
        }),
  )
  expect(await apply()).toBe('Bearer planted-account')
  expect(paths()).toEqual([
    tokenPath,
    '/v1/projects/-/serviceAccounts/agent%40project.example:generateAccessToken',
  ])
})

it('the preset for Vertex AI sends the access token of the machine', async () => {
  const service = await tokenService((_, index) => machineToken(index))
  const asked: unknown[] = []
  const subjectToken = (reference: PlatformReference) => {
    asked.push({ ...reference.gcpMetadata })
    return gcpAccessToken({ ...reference.gcpMetadata, fetch: service.fetch })
  }
  const resolver = createResolver({ 'workload-identity': workloadIdentityAuth }, { subjectToken })
  const baseUrl = 'https://aiplatform.googleapis.com/v1/projects/p/locations/global/endpoints/openapi'
  const auth = await resolver.resolve({ ...presets.gcpVertex, baseUrl })
  expect(auth.reason).toBe(
    'workload-identity of gcp in header authorization from the metadata service of Google Cloud, for https://aiplatform.googleapis.com',
  )
  const request = { method: 'GET', url: `${baseUrl}/models`, headers: createHeaderMap() }
  const { headers } = await applyAuth(auth.provider, request)
  expect(headers.get('authorization')).toBe('Bearer planted-machine-1')
  expect(asked).toEqual([{}])
})

it('a rejected impersonation says which role the machine needs, and nothing of an identity provider', async () => {
  const { apply } = await machine({ impersonate: 'agent@project.example' }, (path, index) =>
    path === tokenPath ? machineToken(index) : json({ error: { code: 403, message: 'planted' } }, 403),
  )
  const error = await apply().catch((thrown) => thrown)
  expect(error).toMatchObject({ code: 'ERR_AUTH_WORKLOAD_REFUSED', kind: 'build' })
  expect(error.message).toMatch(
    /status 403\. The machine needs roles\/iam\.serviceAccountTokenCreator on impersonate$/,
  )
})

it.each<[string, object]>([
  ['unknown option "audience"', { audience: 'a' }],
  ['impersonate must be a string', { impersonate: '' }],
  ['lifetimeMs must be', { lifetimeMs: 1 }],
  ['lifetimeMs has no effect here: remove it, or add impersonate', { lifetimeMs: 3_600_000 }],
  ['scope has no effect here', { scope: 'a' }],
  ['tokenEndpoint has no effect here', { tokenEndpoint: 'https://sts.example/', impersonate: 'a' }],
])('workloadIdentityAuth() throws a TypeError for an access token: %s', (message, change) => {
  const given = {
    service: 'gcp',
    subjectTokenType: 'access_token',
    subjectToken: 'planted',
    ...change,
  } as const
  expect(() => workloadIdentityAuth(given)).toThrow(TypeError)
  expect(() => workloadIdentityAuth(given)).toThrow(message)
})

it('only Google Cloud takes an access token in place of an identity', () => {
  const given = { service: 'openai', identityProviderId: 'a', serviceAccountId: 'b', subjectToken: 'c' }
  // @ts-expect-error OpenAI exchanges a JWT.
  expect(() => workloadIdentityAuth({ ...given, subjectTokenType: 'access_token' })).toThrow(
    "subjectTokenType must be 'jwt' or 'id_token'",
  )
})

it('platformSubjectToken() opens gcpMetadata without an audience as an access token', () => {
  const reference: PlatformReference = { gcpMetadata: {} }
  expect(platformSubjectToken(reference)).toBeTypeOf('function')
  expect(() => platformSubjectToken({ gcpMetadata: { serviceAccount: '' } })).toThrow(
    'gcpAccessToken: serviceAccount must be',
  )
})
