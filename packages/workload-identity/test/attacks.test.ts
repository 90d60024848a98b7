import { inspect } from 'node:util'
import { type AuthObserver, applyAuth, createHeaderMap } from '@outbound-auth/core'
import { describe, expect, it } from 'vitest'
import {
  awsWebIdentityToken,
  type GcpWorkload,
  githubActionsToken,
  type WorkloadIdentityAuthOptions,
  type WorkloadOptions,
  webIdentityCredentials,
  workloadIdentityAuth,
  workloadToken,
} from '../src/index.js'
import { azureImdsToken, gcpAccessToken, gcpIdentityToken } from '../src/node.js'
import { granted, json, type Reply, tokenService } from './token-service.js'

const openai = { service: 'openai', identityProviderId: 'idp_1', serviceAccountId: 'sa_1' } as const
const anthropic = { service: 'anthropic', federationRuleId: 'fdrl_1', organizationId: 'org-1' } as const
const roleArn = 'arn:aws:iam::123456789012:role/agent'
const google = { 'metadata-flavor': 'Google' }
const call = { signal: new AbortController().signal, forceRefresh: true }
const request = () => ({ method: 'GET', url: 'https://api.example.com/', headers: createHeaderMap() })
const failure = async (task: () => unknown) => {
  try {
    await task()
  } catch (error) {
    return error as Error & { code: string; kind: string; option?: string }
  }
  return expect.unreachable('nothing was thrown')
}

describe('the error of a time limit names what was slow:', () => {
  const never = () => new Promise<never>(() => {})

  it('the function of the subject token', async () => {
    const auth = workloadIdentityAuth({ ...openai, subjectToken: never, timeoutMs: 50 })
    const error = await failure(() => applyAuth(auth, request()))
    expect(error).toMatchObject({ code: 'ERR_AUTH_TIMEOUT', kind: 'transient' })
    expect(error.message).toMatch(/^subjectToken gave no token within 50 ms/)
  })

  it('the function of the subject token of a role', async () => {
    const source = webIdentityCredentials({
      roleArn,
      region: 'us-east-1',
      subjectToken: never,
      timeoutMs: 50,
    })
    expect((await failure(source)).message).toMatch(/^subjectToken gave no token within 50 ms/)
  })

  it('the service', async () => {
    const auth = workloadIdentityAuth({ ...openai, subjectToken: 'planted', timeoutMs: 1000, fetch: never })
    const { message } = await failure(() => applyAuth(auth, request()))
    expect(message).toBe('The token endpoint of https://auth.openai.com did not respond within 1000 ms')
  })

  it('the second of two services', async () => {
    const workload: GcpWorkload = {
      service: 'gcp',
      audience: 'a',
      impersonate: 'agent@project.example',
      subjectToken: 'planted',
      timeoutMs: 2000,
      fetch: (input) =>
        String(input).includes('generateAccessToken')
          ? never()
          : Promise.resolve(Response.json({ access_token: 'planted', token_type: 'Bearer' })),
    }
    const { message } = await failure(() => workloadToken(workload)(call))
    expect(message).toBe(
      'The token endpoint of https://iamcredentials.googleapis.com did not respond within 2000 ms',
    )
  })
})

it('a rejected impersonation does not say that the subject token was used, which it does not send', async () => {
  const { fetch } = await tokenService(({ path }, index) =>
    path.includes('generateAccessToken') ? json({ error: { code: 401 } }, 401) : granted(index),
  )
  const workload = { service: 'gcp', audience: 'a', impersonate: 'b@c.example', singleUse: true } as const
  const source = workloadToken({ ...workload, subjectToken: 'planted', fetch })
  const error = await failure(() => source(call))
  expect(error).toMatchObject({ code: 'ERR_AUTH_WORKLOAD_REFUSED' })
  expect(error.message).not.toContain('used before')
})

describe('a token that a service accepts once stays unused', () => {
  it.each([
    'ECONNREFUSED',
    'EHOSTUNREACH',
    'ENETUNREACH',
    'UND_ERR_CONNECT_TIMEOUT',
    'CERT_HAS_EXPIRED',
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'SELF_SIGNED_CERT_IN_CHAIN',
  ])('after %s: there was no connection', async (code) => {
    let isDown = true
    const service = await tokenService()
    const source = workloadToken({
      ...anthropic,
      subjectToken: 'planted',
      fetch: async (input, init) => {
        if (isDown) throw new TypeError('fetch failed', { cause: Object.assign(new Error(code), { code }) })
        return service.fetch(input, init)
      },
    })
    expect(await failure(() => source(call))).toMatchObject({ code: 'ERR_AUTH_WORKLOAD_UNAVAILABLE' })
    isDown = false
    expect(await source(call)).toMatchObject({ token: 'planted-token-1' })
  })

  it('when the caller gives up before it is sent', async () => {
    const service = await tokenService()
    const caller = new AbortController()
    const source = workloadToken({
      ...anthropic,
      subjectToken: () => {
        caller.abort(new Error('gave up'))
        return 'planted'
      },
      fetch: service.fetch,
    })
    expect((await failure(() => source({ ...call, signal: caller.signal }))).message).toBe('gave up')
    expect(await source(call)).toMatchObject({ token: 'planted-token-1' })
    expect(service.exchanges()).toHaveLength(1)
  })

  it('but not after a connection that broke: the token may have arrived', async () => {
    let count = 0
    const source = workloadToken({
      ...anthropic,
      subjectToken: 'planted',
      fetch: async () => {
        count += 1
        throw new TypeError('fetch failed', { cause: { code: 'ECONNRESET' } })
      },
    })
    await failure(() => source(call))
    expect(await failure(() => source(call))).toMatchObject({ code: 'ERR_AUTH_WORKLOAD_USED' })
    expect(count).toBe(1)
  })
})

it('50 callers, one of which gives up, share one exchange', async () => {
  const service = await tokenService()
  const auth = workloadIdentityAuth({ ...openai, subjectToken: 'planted', fetch: service.fetch })
  const caller = new AbortController()
  const calls = Array.from({ length: 50 }, (_, index) =>
    applyAuth(auth, request(), index === 7 ? { signal: caller.signal } : {}),
  )
  caller.abort(new Error('gave up'))
  const results = await Promise.allSettled(calls)
  expect(results.filter(({ status }) => status === 'rejected')).toMatchObject([
    { reason: { message: 'gave up' } },
  ])
  expect(service.exchanges()).toHaveLength(1)
})

describe('a file of the subject token', () => {
  const sent = async (text: string) => {
    const service = await tokenService()
    const source = workloadToken({ ...openai, subjectToken: () => text, fetch: service.fetch })
    await source(call)
    return JSON.parse(String(service.exchanges()[0]?.body)).subject_token
  }

  it.each([
    ['a byte order mark', '\ufeffplanted.a.b'],
    ['line ends of Windows', 'planted.a.b\r\n\r\n'],
    ['whitespace around it', ' \t\nplanted.a.b \v\f\u00a0'],
  ])('may have %s', async (_, text) => {
    expect(await sent(text)).toBe('planted.a.b')
  })

  it.each([
    ['NUL', 'planted\0', /other characters/],
    ['UTF-16', Buffer.from('planted', 'utf16le').toString('latin1'), /other characters/],
    ['two lines', 'planted\nplanted', /whitespace/],
    ['a letter that is not ASCII', 'plantéd', /other characters/],
    ['10 MB', 'planted'.repeat(1_500_000), /longer than 64 KiB/],
  ])('is not sent with %s', async (_, text, message) => {
    const error = await failure(() => sent(text))
    expect(error).toMatchObject({ code: 'ERR_AUTH_WORKLOAD_SUBJECT', kind: 'build' })
    expect(error.message).toMatch(message)
    expect(inspect(error, { showHidden: true })).not.toContain('plant')
  })
})

it.each<[string, object]>([
  ['host must be', { service: 'databricks', host: 'http://dbc-1.example' }],
  ['host must be', { service: 'databricks', host: 'dbc-1.example/path' }],
  ['host must be', { service: 'databricks', host: 'dbc-1.example?a=' }],
  ['host must be', { service: 'databricks', host: 'user@dbc-1.example' }],
  ['host must be', { service: 'databricks', host: 'dbc-1.example\\@evil.example' }],
  ['accountId must be', { service: 'databricks', host: 'dbc-1.example', accountId: '..' }],
  ['authority must be', { service: 'azure', tenantId: 'a', clientId: 'b', scope: 'c', authority: 'login.a' }],
  [
    'authority must be',
    { service: 'azure', tenantId: 'a', clientId: 'b', scope: 'c', authority: 'https://a.example/?b=' },
  ],
  ['tenantId must be', { service: 'azure', tenantId: '..', clientId: 'b', scope: 'c' }],
])('workloadIdentityAuth() throws a TypeError: %s (%o)', (message, options) => {
  const given = { subjectToken: 'planted', ...options } as WorkloadIdentityAuthOptions
  expect(() => workloadIdentityAuth(given)).toThrow(TypeError)
  expect(() => workloadIdentityAuth(given)).toThrow(`workloadIdentityAuth: ${message}`)
})

it('a host of Databricks may have a scheme in any letter case, a port, and slashes at its end', async () => {
  const seen: string[] = []
  const fetch = async (input: unknown) => {
    seen.push(String(input))
    return Response.json({ access_token: 'a' })
  }
  for (const host of ['HTTPS://dbc-1.example//', 'dbc-1.example:8443'])
    await workloadToken({
      service: 'databricks',
      host,
      subjectToken: 'planted',
      fetch: fetch as typeof globalThis.fetch,
    })(call)
  expect(seen).toEqual(['https://dbc-1.example/oidc/v1/token', 'https://dbc-1.example:8443/oidc/v1/token'])
})

it.each<[string, object]>([
  ['roleArn must be', { roleArn: 'agent' }],
  ['roleArn must be', { roleArn: 'arn:aws:iam::123456789012:user/agent' }],
  ['roleArn must be', { roleArn: `${roleArn}\r\nx: y` }],
  ['sessionName must be', { sessionName: 'refs/heads/main' }],
  ['sessionName must be', { sessionName: 'a' }],
  ['sessionName must be', { sessionName: 'a\nb' }],
  ['lifetimeMs must be', { lifetimeMs: 60_000 }],
  ['lifetimeMs must be', { lifetimeMs: Number.NaN }],
])('webIdentityCredentials() throws a TypeError: %s (%o)', (message, change) => {
  const given = { roleArn, region: 'us-east-1', subjectToken: 'planted', ...change }
  expect(() => webIdentityCredentials(given)).toThrow(TypeError)
  expect(() => webIdentityCredentials(given)).toThrow(`webIdentityCredentials: ${message}`)
})

it('awsWebIdentityToken() and impersonation check how long a token may live', () => {
  const auth = { kind: 'a', headerNames: [], addAuthHeaders() {} }
  const token = { audience: 'a', region: 'us-east-1', auth }
  expect(() => awsWebIdentityToken({ ...token, lifetimeMs: 1000 })).toThrow('lifetimeMs must be')
  const gcp = { service: 'gcp', audience: 'a', subjectToken: 'b', impersonate: 'c' } as const
  expect(() => workloadToken({ ...gcp, lifetimeMs: 100 })).toThrow('lifetimeMs must be')
})

it.each(['planted\r\nx-a: b', 'planted a', 'plant\u2713ed', ' '])(
  'githubActionsToken() sends no request token that a header cannot hold (%j)',
  async (requestToken) => {
    const env = {
      ACTIONS_ID_TOKEN_REQUEST_URL: 'https://a.example',
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: requestToken,
    }
    const fetch = async () => expect.unreachable('a request was sent')
    const error = await failure(() => githubActionsToken({ audience: 'a', env, fetch })(call))
    expect(error).toMatchObject({ code: 'ERR_AUTH_WORKLOAD_SUBJECT', kind: 'build' })
    expect(inspect(error, { showHidden: true })).not.toContain('plant')
  },
)

it('a service account of the metadata service cannot lead to another path', () => {
  for (const serviceAccount of ['.', '..'])
    expect(() => gcpAccessToken({ serviceAccount })).toThrow('gcpAccessToken: serviceAccount must be')
})

const metadataSources: Readonly<Record<string, (reply: Reply) => Promise<() => unknown>>> = {
  gcpAccessToken: async (reply) => {
    const { fetch } = await tokenService(() => ({ ...reply, headers: { ...google, ...reply.headers } }))
    return () => gcpAccessToken({ fetch })(call)
  },
  gcpIdentityToken: async (reply) => {
    const { fetch } = await tokenService(() => ({ ...reply, headers: { ...google, ...reply.headers } }))
    return () => gcpIdentityToken({ audience: 'a', fetch })(call)
  },
  azureImdsToken: async (reply) => {
    const { fetch } = await tokenService(() => reply)
    return () => azureImdsToken({ resource: 'a', fetch })(call)
  },
}

describe.each(Object.entries(metadataSources))('%s()', (_, sourceFor) => {
  it.each<[string, Reply]>([
    ['a page', { headers: { 'content-type': 'text/html' }, body: '<html>planted page</html>' }],
    ['nothing', { body: '' }],
    ['another Metadata-Flavor', { headers: { 'metadata-flavor': 'planted' }, body: '{"access_token":7}' }],
    ['a list', json(['planted'])],
    ['a token that is an object', json({ access_token: { token: 'planted' }, value: ['planted'] })],
    ['CR LF in the token', json({ access_token: 'planted\r\nx' })],
    ['an error of two lines', json({ error: 'planted\nplanted', error_description: 'planted' }, 400)],
  ])('rejects %s, and prints nothing of it', async (_name, reply) => {
    const error = await failure(await sourceFor(reply))
    expect(error).toMatchObject({ name: 'AuthError', code: 'ERR_AUTH_WORKLOAD_SUBJECT' })
    expect(inspect(error, { showHidden: true, depth: 9 })).not.toContain('planted')
  })
})

it.each<[unknown, unknown]>([
  [1e300, 30 * 86_400_000],
  ['3599', 3_599_000],
  [0.0001, 1],
  [-5, undefined],
  [0, undefined],
  ['NaN', undefined],
  ['0x40', undefined],
  [null, undefined],
])('gcpAccessToken() makes of expires_in %j a life of %j ms', async (expiresIn, lifetimeMs) => {
  const reply = json({ access_token: 'planted', expires_in: expiresIn })
  const { fetch } = await tokenService(() => ({ ...reply, headers: google }))
  const token = await gcpAccessToken({ fetch })(call)
  expect(token).toEqual(lifetimeMs === undefined ? 'planted' : { token: 'planted', lifetimeMs })
})

it('events say nothing of a token', async () => {
  const events: unknown[] = []
  const observer: AuthObserver = (event) => void events.push(event)
  const workloads: readonly WorkloadOptions[] = [
    { ...openai, subjectToken: 'planted-subject' },
    { ...anthropic, subjectToken: () => Promise.reject(new Error('planted-reason')) },
  ]
  for (const workload of workloads) {
    const { fetch } = await tokenService(() => json({ error: 'planted-error' }, 403))
    await failure(() => applyAuth(workloadIdentityAuth({ ...workload, fetch, observer }), request()))
  }
  expect(events.length).toBeGreaterThan(2)
  expect(inspect(events, { depth: 9 })).not.toContain('planted')
})
