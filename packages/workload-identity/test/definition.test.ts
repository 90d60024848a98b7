import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { applyAuth, createHeaderMap } from '@outbound-auth/core'
import { authFetch } from '@outbound-auth/fetch'
import { createResolver, definitionPath } from '@outbound-auth/resolver'
import { presets } from '@outbound-auth/resolver/presets'
import { expect, it, onTestFinished } from 'vitest'
import { workloadIdentityAuth } from '../src/index.js'
import { platformSubjectToken } from '../src/node.js'
import { json, tokenService } from './token-service.js'

const factories = { 'workload-identity': workloadIdentityAuth }
const rule = { federationRuleId: 'fdrl_1', organizationId: 'org-1', serviceAccountId: 'svac_1' }
const openai = { service: 'openai', identityProviderId: 'idp_1', serviceAccountId: 'sa_1' } as const

it('a resolver opens the preset for GitHub Actions and Anthropic, and asks GitHub for each exchange', async () => {
  const service = await tokenService((arrival, index) =>
    arrival.path.startsWith('/id')
      ? json({ value: `planted-subject-${index}` })
      : json({ access_token: `planted-token-${index}`, token_type: 'Bearer', expires_in: 3600 }),
  )
  const env = {
    ACTIONS_ID_TOKEN_REQUEST_URL: `${service.origin}/id?v=1`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'planted-request',
  }
  const resolver = createResolver(factories, { env, subjectToken: platformSubjectToken })
  const auth = await resolver.resolve({
    ...presets.githubActionsAnthropic,
    ...rule,
    tokenEndpoint: service.tokenEndpoint,
  })
  expect(auth.reason).toBe(
    'workload-identity of anthropic in header authorization from GitHub Actions, for https://api.anthropic.com',
  )
  const request = { method: 'GET', url: 'https://api.anthropic.com/', headers: createHeaderMap() }
  await applyAuth(auth.provider, request)
  expect(service.exchanges().map(({ path }) => path)).toEqual([
    '/id?v=1&audience=https%3A%2F%2Fapi.anthropic.com',
    '/token',
  ])
  expect(inspect(auth, { showHidden: true, depth: 9 })).not.toContain('planted')
})

it('a resolver opens the preset for Kubernetes and OpenAI', async () => {
  const service = await tokenService()
  const readFile = async (path: string) => `planted ${path}`.slice(0, 7)
  const auth = await createResolver(factories, { readFile }).resolve({
    ...presets.kubernetesOpenai,
    identityProviderId: 'idp_1',
    serviceAccountId: 'sa_1',
    baseUrl: service.origin,
    tokenEndpoint: service.tokenEndpoint,
  })
  expect((await authFetch(auth)(`${service.origin}/v1/models`)).status).toBe(200)
  expect(JSON.parse(String(service.exchanges()[0]?.body)).subject_token).toBe('planted')
})

it.each<[string, unknown, readonly string[], string]>([
  ['an unknown platform', { gitlab: {} }, ['subjectToken'], 'subjectToken must be a function or a string'],
  [
    'a platform without options',
    { githubActions: 7 },
    ['subjectToken', 'githubActions'],
    'must be an object',
  ],
  [
    'two platforms',
    { githubActions: { audience: 'a' }, azureImds: { resource: 'a' } },
    ['subjectToken', 'azureImds'],
    'unknown option "azureImds"',
  ],
  [
    'an unknown property',
    { githubActions: { audience: 'a', token: 'planted' } },
    ['subjectToken', 'githubActions', 'token'],
    'unknown option "token"',
  ],
])('a definition with %s is an error at its path', async (_, subjectToken, path, message) => {
  const resolver = createResolver(factories, { subjectToken: platformSubjectToken })
  const definition = { kind: 'workload-identity', ...openai, subjectToken, baseUrl: 'https://a.example' }
  const error = await resolver.resolveUnknown(definition).catch((thrown) => thrown)
  expect(error).toBeInstanceOf(TypeError)
  expect(error.message).toContain(message)
  expect(error.message).not.toContain('planted')
  expect(definitionPath(error)).toEqual(path)
})

it('a resolver without subjectToken says what to pass, and other options take no platform', async () => {
  const definition = {
    kind: 'workload-identity',
    ...openai,
    subjectToken: { githubActions: { audience: 'a' } },
    baseUrl: 'https://a.example',
  } as const
  await expect(createResolver(factories).resolve(definition)).rejects.toMatchObject({
    code: 'ERR_AUTH_UNSUPPORTED',
    message: expect.stringContaining('platformSubjectToken of @outbound-auth/workload-identity/node'),
  })
  const misplaced = { ...definition, subjectToken: 'planted', clientId: { githubActions: { audience: 'a' } } }
  const resolver = createResolver(factories)
  // @ts-expect-error Only a subject token may be that of a platform.
  await expect(resolver.resolve(misplaced)).rejects.toThrow('clientId must be a string')
})

it.each<[string, (folder: string) => string]>([
  ['a folder', (folder) => folder],
  ['no file', (folder) => join(folder, 'absent')],
  ['10 MB', (folder) => written(folder, 'planted'.repeat(1_500_000))],
  ['nothing', (folder) => written(folder, ' \n')],
  ['NUL', (folder) => written(folder, 'planted\0')],
  ['a page', (folder) => written(folder, '<html>planted page</html>')],
])('a file with %s is not sent', async (_, fileIn) => {
  const service = await tokenService()
  const folder = mkdtempSync(join(tmpdir(), 'subject file '))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const auth = await createResolver(factories).resolve({
    kind: 'workload-identity',
    ...openai,
    subjectToken: { file: fileIn(folder) },
    tokenEndpoint: service.tokenEndpoint,
    baseUrl: service.origin,
  })
  const request = { method: 'GET', url: `${service.origin}/`, headers: createHeaderMap() }
  const error = await applyAuth(auth.provider, request).catch((thrown) => thrown)
  expect(error.code).toMatch(/^ERR_AUTH_(MISSING_FILE|WORKLOAD_SUBJECT)$/)
  expect(inspect(error, { showHidden: true, depth: 9 })).not.toContain('planted')
  expect(service.exchanges()).toEqual([])
})

function written(folder: string, text: string): string {
  const path = join(folder, 'token')
  writeFileSync(path, text)
  return path
}

it('an error of a platform names its place in the definition', async () => {
  const resolver = createResolver(factories, { env: {}, subjectToken: platformSubjectToken })
  const auth = await resolver.resolve({
    kind: 'workload-identity',
    ...openai,
    subjectToken: { githubActions: { audience: 'a' } },
    baseUrl: 'https://a.example',
  })
  const request = { method: 'GET', url: 'https://a.example/', headers: createHeaderMap() }
  const error = await applyAuth(auth.provider, request).catch((thrown) => thrown)
  expect(error).toMatchObject({ code: 'ERR_AUTH_WORKLOAD_SUBJECT', kind: 'build' })
  expect(definitionPath(error)).toEqual(['subjectToken'])
})
