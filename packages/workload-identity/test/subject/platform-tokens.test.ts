import { createServer } from 'node:net'
import { inspect } from 'node:util'
import type { TokenSource } from '@outbound-auth/core'
import { describe, expect, it, onTestFinished } from 'vitest'
import { githubActionsToken } from '../../src/index.js'
import {
  azureImdsToken,
  gcpAccessToken,
  gcpIdentityToken,
  type PlatformReference,
  platformSubjectToken,
} from '../../src/node.js'
import { json, type Reply, tokenService } from '../token-service.js'

const call = { signal: new AbortController().signal, forceRefresh: true }
const google = { 'metadata-flavor': 'Google' }

describe('githubActionsToken()', () => {
  const env = (origin: string) => ({
    ACTIONS_ID_TOKEN_REQUEST_URL: `${origin}/id?api-version=2.0`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: ' planted-request-token\n',
  })

  it('asks the service of the job for a new token at each call', async () => {
    const service = await tokenService((_, index) => json({ count: 1, value: `planted-subject-${index}` }))
    const source = githubActionsToken({ audience: 'https://a.example/?b&c', env: env(service.origin) })
    expect([await source(call), await source(call)]).toEqual(['planted-subject-1', 'planted-subject-2'])
    const [first] = service.exchanges()
    expect(first?.method).toBe('GET')
    expect(first?.path).toBe('/id?api-version=2.0&audience=https%3A%2F%2Fa.example%2F%3Fb%26c')
    expect(first?.headers.authorization).toBe('Bearer planted-request-token')
  })

  it('takes options before variables', async () => {
    const service = await tokenService(() => json({ value: 'planted-subject' }))
    const source = githubActionsToken({
      audience: 'a',
      requestUrl: `${service.origin}/own`,
      requestToken: 'planted-own',
      env: env('https://other.example'),
    })
    await source(call)
    expect(service.exchanges()[0]?.headers.authorization).toBe('Bearer planted-own')
  })

  it.each<[string, Readonly<Record<string, string>>, RegExp]>([
    [
      'no variables',
      {},
      /ACTIONS_ID_TOKEN_REQUEST_URL is not set\. The job needs the permission id-token: write/,
    ],
    [
      'no token',
      { ACTIONS_ID_TOKEN_REQUEST_URL: 'https://a.example' },
      /ACTIONS_ID_TOKEN_REQUEST_TOKEN is not set/,
    ],
    ['a plain URL', env('http://planted.example'), /its URL must be an https URL/],
    ['a URL with a password', env('https://planted:planted@a.example'), /its URL must be an https URL/],
    ['a URL of another protocol', env('ftp://planted.example'), /its URL must be an https URL/],
    ['a path', env('/planted'), /its URL must be an https URL/],
  ])('rejects %s', async (_, variables, message) => {
    const thrown = await failureOf(githubActionsToken({ audience: 'a', env: variables }))
    expect(thrown).toMatchObject({ code: 'ERR_AUTH_WORKLOAD_SUBJECT', kind: 'build' })
    expect(thrown.message).toMatch(message)
    expect(thrown.message).not.toContain('planted')
  })
})

describe('gcpIdentityToken()', () => {
  it('asks the metadata service, and takes the text', async () => {
    const seen: string[] = []
    const service = await tokenService(() => ({ headers: google, body: 'planted.jwt.a\n' }))
    const fetch: typeof globalThis.fetch = (input, init) => {
      seen.push(String(input))
      return service.fetch(input, init)
    }
    expect(await gcpIdentityToken({ audience: 'https://api.openai.com/v1', fetch })(call)).toBe(
      'planted.jwt.a',
    )
    expect(seen).toEqual([
      'http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/identity?audience=https%3A%2F%2Fapi.openai.com%2Fv1',
    ])
    expect(service.exchanges()[0]?.headers['metadata-flavor']).toBe('Google')
  })

  it('rejects a response that is not of Google Cloud', async () => {
    const { fetch } = await tokenService(() => ({ body: 'planted.jwt.a' }))
    const thrown = await failureOf(gcpIdentityToken({ audience: 'a', fetch }))
    expect(thrown).toMatchObject({ code: 'ERR_AUTH_WORKLOAD_SUBJECT', kind: 'build' })
  })
})

describe('gcpAccessToken()', () => {
  const reply = (body: object) => ({ ...json(body), headers: google })

  it('is the token of the service account of the machine, with its life', async () => {
    const token = { access_token: 'planted-token', token_type: 'Bearer', expires_in: 600 }
    const service = await tokenService(() => reply(token))
    const source = gcpAccessToken({ serviceAccount: 'a@b.example', fetch: service.fetch })
    expect(await source(call)).toEqual({ token: 'planted-token', lifetimeMs: 600_000 })
    expect(service.exchanges()[0]?.path).toBe(
      '/computeMetadata/v1/instance/service-accounts/a%40b.example/token',
    )
  })

  it.each<[string, object, object]>([
    ['no token', {}, { kind: 'build' }],
    ['an error', { error: 'invalid_request' }, { kind: 'build' }],
    ['an outage', { error: 'temporarily_unavailable' }, { kind: 'transient' }],
  ])('rejects %s', async (_, body, error) => {
    const { fetch } = await tokenService(() => reply(body))
    const thrown = await failureOf(gcpAccessToken({ fetch }))
    expect(thrown).toMatchObject({ code: 'ERR_AUTH_WORKLOAD_SUBJECT', ...error })
  })

  it('takes a token of unknown life', async () => {
    const { fetch } = await tokenService(() => reply({ access_token: 'planted-token' }))
    expect(await gcpAccessToken({ fetch })(call)).toBe('planted-token')
  })
})

describe('azureImdsToken()', () => {
  it('asks the metadata service of the machine', async () => {
    const seen: string[] = []
    const service = await tokenService(() => json({ access_token: 'planted.jwt', expires_on: '1' }))
    const fetch: typeof globalThis.fetch = (input, init) => {
      seen.push(String(input))
      return service.fetch(input, init)
    }
    const source = azureImdsToken({ resource: 'api://AzureADTokenExchange', clientId: 'id-1', fetch })
    expect(await source(call)).toBe('planted.jwt')
    expect(seen).toEqual([
      'http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=api%3A%2F%2FAzureADTokenExchange&client_id=id-1',
    ])
    expect(service.exchanges()[0]?.headers['metadata']).toBe('true')
  })

  it.each([404, 408, 410, 429, 500])('says that status %i may pass', async (status) => {
    const { fetch } = await tokenService(() => ({ status, body: 'planted' }))
    const thrown = await failureOf(azureImdsToken({ resource: 'a', fetch }))
    expect(thrown).toMatchObject({ code: 'ERR_AUTH_WORKLOAD_SUBJECT', kind: 'transient' })
  })
})

const sources: Readonly<Record<string, (fetch: typeof globalThis.fetch) => TokenSource>> = {
  githubActionsToken: (fetch) =>
    githubActionsToken({ audience: 'a', requestUrl: 'https://a.example', requestToken: 'planted-b', fetch }),
  gcpIdentityToken: (fetch) => gcpIdentityToken({ audience: 'a', fetch }),
  azureImdsToken: (fetch) => azureImdsToken({ resource: 'a', fetch }),
}

describe.each(Object.entries(sources))('%s()', (_, sourceOf) => {
  it.each<[string, Reply, object]>([
    [
      'a redirect',
      { status: 302, headers: { ...google, location: '/a' }, body: '' },
      { code: 'ERR_AUTH_REDIRECT' },
    ],
    ['a rejection', { status: 403, headers: google, body: 'planted' }, { kind: 'build' }],
    ['an outage', { status: 503, headers: google, body: 'planted' }, { kind: 'transient' }],
    ['no token', { headers: google, body: ' ' }, { kind: 'build' }],
    ['a token of two lines', { headers: google, body: 'planted\nplanted' }, { kind: 'build' }],
    ['over 1 MiB', { headers: google, body: 'a'.repeat(1_100_000) }, { kind: 'build' }],
  ])('rejects %s, and prints nothing of it', async (_name, reply, error) => {
    const { fetch, exchanges } = await tokenService(() => reply)
    const thrown = await failureOf(sourceOf(fetch))
    expect(thrown).toMatchObject({ name: 'AuthError', provider: 'workload-identity', ...error })
    expect(inspect(thrown, { showHidden: true, depth: 9 })).not.toContain('planted')
    expect(exchanges()).toHaveLength(1)
  })

  it('rejects a service that cannot be reached', async () => {
    const thrown = await failureOf(sourceOf(() => Promise.reject(new TypeError('planted'))))
    expect(thrown).toMatchObject({ code: 'ERR_AUTH_WORKLOAD_SUBJECT', kind: 'transient' })
    expect(inspect(thrown)).not.toContain('planted')
  })
})

it.each([
  ['gcpIdentityToken', sources['gcpIdentityToken']],
  ['azureImdsToken', sources['azureImdsToken']],
] as const)('%s() gives up after 2 s when the metadata service is sealed off', async (_, sourceOf) => {
  const silent = createServer(() => {})
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void silent.close())
  const { port } = silent.address() as { port: number }
  const thrown = await failureOf(
    (sourceOf as (typeof sources)[string])((_url, init) => fetch(`http://127.0.0.1:${port}/`, init)),
  )
  expect(thrown).toMatchObject({ code: 'ERR_AUTH_WORKLOAD_SUBJECT', kind: 'transient' })
  expect(thrown.message).toMatch(/ did not respond within 2000 ms$/)
})

it.each<[string, object]>([
  ['platformSubjectToken: reference must be one of { githubActions }', {}],
  ['platformSubjectToken: unknown option "github"', { github: { audience: 'a' } }],
  ['githubActions: unknown option "requestUrl"', { githubActions: { audience: 'a', requestUrl: 'b' } }],
  ['gcpMetadata: unknown option "fetch"', { gcpMetadata: { audience: 'a', fetch } }],
  ['gcpIdentityToken: audience must be a string', { gcpMetadata: { audience: '' } }],
  ['gcpIdentityToken: serviceAccount must be', { gcpMetadata: { audience: 'a', serviceAccount: ' ' } }],
  ['azureImdsToken: resource must be a string', { azureImds: { resource: 7 } }],
  ['azureImdsToken: clientId must be a string', { azureImds: { resource: 'a', clientId: '' } }],
  ['githubActionsToken: audience must be a string', { githubActions: { audience: undefined } }],
])('platformSubjectToken() throws a TypeError: %s', (message, reference) => {
  expect(() => platformSubjectToken(reference as PlatformReference)).toThrow(TypeError)
  expect(() => platformSubjectToken(reference as PlatformReference)).toThrow(message)
})

async function failureOf(source: TokenSource) {
  return Promise.resolve(source(call)).then(
    () => expect.unreachable('the source gave a token'),
    (error) => error,
  )
}
