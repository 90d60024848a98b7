import { apiKeyAuth } from '@outbound-auth/api-key'
import { bearerAuth } from '@outbound-auth/bearer'
import { AuthError, type AuthEvent, applyAuth, createHeaderMap, toAuthHeaders } from '@outbound-auth/core'
import { describe, expect, it, vi } from 'vitest'
import { createResolver, type ResolvedAuth } from '../../src/index.js'

const factories = { bearer: bearerAuth, 'api-key': apiKeyAuth }
const baseUrl = 'https://api.example.com'

async function sent({ provider }: ResolvedAuth): Promise<Record<string, string>> {
  const request = { method: 'GET', url: `${baseUrl}/v1`, headers: createHeaderMap() }
  return Object.fromEntries((await applyAuth(provider, request)).headers)
}

describe('createResolver() resolves', () => {
  const resolver = createResolver(factories, { env: { ANTHROPIC_API_KEY: ' key-1\n', ORG: 'org ' } })

  it('a key from the environment, with its reason and its base URL', async () => {
    const auth = await resolver.resolve({
      kind: 'api-key',
      key: { env: 'ANTHROPIC_API_KEY' },
      header: 'X-API-Key',
      baseUrl: 'https://api.anthropic.com/v1',
    })
    expect(await sent(auth)).toEqual({ 'x-api-key': 'key-1' })
    expect(auth).toMatchObject({
      kind: 'api-key',
      reason:
        'api-key in header x-api-key from environment variable ANTHROPIC_API_KEY, for https://api.anthropic.com',
      baseUrl: 'https://api.anthropic.com/v1',
      allowedOrigins: ['https://api.anthropic.com'],
      query: {},
      secretHeaderNames: [],
    })
  })

  it('a literal, which the reason does not show', async () => {
    const auth = await resolver.resolve({ kind: 'bearer', token: 'literal', allowedOrigins: [baseUrl] })
    expect(toAuthHeaders(auth.provider)).toEqual({ authorization: 'Bearer literal' })
    expect(auth.reason).toBe(
      'bearer in header authorization from the definition, for https://api.example.com',
    )
    expect(auth.baseUrl).toBeUndefined()
  })

  it('a function as it is', async () => {
    const auth = await resolver.resolve({ kind: 'bearer', token: async () => 'supplied', baseUrl })
    expect(await sent(auth)).toEqual({ authorization: 'Bearer supplied' })
  })

  it('a key that goes into the query', async () => {
    const auth = await resolver.resolve({ kind: 'api-key', key: 'k&1', query: 'key', baseUrl })
    const request = { method: 'GET', url: `${baseUrl}/?a=1`, headers: createHeaderMap() }
    expect((await applyAuth(auth.provider, request)).url).toBe(`${baseUrl}/?a=1&key=k%261`)
    expect(auth.reason).toBe(
      'api-key in query parameter key from the definition, for https://api.example.com',
    )
    expect(auth.query).toEqual({})
  })

  it('kind none, which needs no factory', async () => {
    const local = { kind: 'none', reason: 'a local server', baseUrl: 'http://localhost:1234/v1' } as const
    const auth = await createResolver({}).resolve(local)
    expect(await sent(auth)).toEqual({})
    expect(auth.reason).toBe('none (a local server), for http://localhost:1234')
  })

  it('static headers and parameters; those of the environment are secret', async () => {
    const auth = await resolver.resolve({
      kind: 'bearer',
      token: 't',
      baseUrl,
      headers: {
        'X-Version': '2023',
        'X-Empty': '',
        'X-Org': { env: 'ORG' },
        'X-Project': { env: 'PROJECT', optional: true },
      },
      query: { 'api-version': '1', env: 'prod' },
    })
    expect([...auth.headers]).toEqual([
      ['x-version', '2023'],
      ['x-empty', ''],
      ['x-org', 'org'],
    ])
    expect(auth.query).toEqual({ 'api-version': '1', env: 'prod' })
    expect(auth.secretHeaderNames).toEqual(['x-org', 'x-project'])
  })

  it('an empty list of origins, which allows nothing', async () => {
    const auth = await resolver.resolve({ kind: 'bearer', token: 't', allowedOrigins: [] })
    expect(auth.allowedOrigins).toEqual([])
    expect(auth.reason).toBe('bearer in header authorization from the definition, for no origin')
  })
})

describe('createResolver() shares one provider', () => {
  it('among equal definitions, and so one flight', async () => {
    const readFile = vi.fn(async () => 'token-1')
    const { resolve } = createResolver(factories, { readFile })
    const definitions = [
      { kind: 'bearer', token: { file: '/token' }, baseUrl, headers: { a: '1', b: '2' } } as const,
      { baseUrl, headers: { b: '2', a: '1' }, token: { file: '/token' }, kind: 'bearer' } as const,
      {
        kind: 'bearer',
        token: { file: '/token' },
        baseUrl,
        headers: { a: '1', b: '2' },
        timeoutMs: undefined,
      } as const,
    ]
    const auths = await Promise.all(definitions.map(resolve))
    expect(new Set(auths.map(({ provider }) => provider)).size).toBe(1)
    await Promise.all(auths.map(sent))
    expect(readFile).toHaveBeenCalledTimes(1)
  })

  it.each([
    ['another secret', { token: 'b' }],
    ['a reference', { token: { env: 'a' } }],
    ['another origin', { baseUrl: 'https://other.example.com' }],
    ['further origins', { allowedOrigins: [baseUrl, 'https://other.example.com'] }],
    ['a static header', { headers: { a: 'b' } }],
    ['another function', { now: () => new Date() }],
  ])('but not with %s', async (_, change) => {
    const { resolveUnknown } = createResolver(factories, { env: { a: 'a' } })
    const definition = { kind: 'bearer', token: 'a', baseUrl, now: () => new Date() }
    const first = await resolveUnknown(definition)
    const second = await resolveUnknown({ ...definition, ...change })
    expect((await resolveUnknown({ ...definition })).provider).toBe(first.provider)
    expect(second.provider).not.toBe(first.provider)
  })

  it('but never for objects that are not plain', async () => {
    const strange = (options: { readonly key?: unknown }) => ({
      kind: 'strange' as const,
      headerNames: ['x-strange'],
      addAuthHeaders() {},
      options,
    })
    const { resolve } = createResolver({ strange })
    const [left, right] = [new Map([['a', 1]]), new Map([['b', 2]])]
    const first = await resolve({ kind: 'strange', key: left, baseUrl })
    const second = await resolve({ kind: 'strange', key: right, baseUrl })
    expect(first.provider).toMatchObject({ options: { key: left } })
    expect(second.provider).not.toBe(first.provider)
    expect((await resolve({ kind: 'strange', key: [left], baseUrl })).provider).not.toBe(first.provider)
  })

  it('with the definition of the call, not with later changes', async () => {
    const { resolve } = createResolver(factories)
    const definition = { kind: 'bearer' as const, token: 'a', allowedOrigins: [baseUrl], query: { v: '1' } }
    const first = await resolve(definition)
    definition.token = 'b'
    definition.allowedOrigins.push('https://evil.example.com')
    expect(first.allowedOrigins).toEqual([baseUrl])
    expect(() => (first.allowedOrigins as string[]).push('https://evil.example.com')).toThrow(TypeError)
    expect(() => Object.assign(first.query, { v: '2' })).toThrow(TypeError)
    expect(toAuthHeaders((await resolve(definition)).provider)).toEqual({ authorization: 'Bearer b' })
  })

  it('but not with a definition whose list has grown since', async () => {
    const { resolve } = createResolver(factories)
    const definition = { kind: 'bearer' as const, token: 'a', allowedOrigins: [baseUrl] }
    const first = await resolve(definition)
    definition.allowedOrigins.push('https://b.example.com')
    const second = await resolve(definition)
    expect(second.allowedOrigins).toEqual([baseUrl, 'https://b.example.com'])
    expect(second.provider).not.toBe(first.provider)
    definition.allowedOrigins.pop()
    expect((await resolve(definition)).provider).toBe(first.provider)
  })

  it('for the last hundred definitions', async () => {
    const { resolve } = createResolver(factories)
    const providerOf = async (token: string) => (await resolve({ kind: 'bearer', token, baseUrl })).provider
    const [kept, lost] = [await providerOf('kept'), await providerOf('lost')]
    for (let index = 0; index < 99; index++) {
      await providerOf(`token-${index}`)
      if (index === 50) expect(await providerOf('kept')).toBe(kept)
    }
    expect(await providerOf('kept')).toBe(kept)
    expect(await providerOf('lost')).not.toBe(lost)
  })

  it('but no headers between callers', async () => {
    const { resolve } = createResolver(factories)
    const definition = { kind: 'bearer', token: 't', baseUrl, headers: { a: '1' } } as const
    const first = await resolve(definition)
    first.headers.set('a', '2')
    expect((await resolve(definition)).headers.get('a')).toBe('1')
  })

  it('per tenant: no request of 20 tenants gets the token of another tenant', async () => {
    const read: string[] = []
    const { resolve } = createResolver(factories, {
      async readFile(path) {
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 3))
        read.push(path)
        return `token-of-${path}`
      },
    })
    let wrong = 0
    const request = async (tenant: number) => {
      const file = `/tenant/${tenant}`
      const auth = await resolve({
        kind: 'bearer',
        token: { file },
        refreshIntervalMs: 0,
        baseUrl,
        headers: { tenant: file },
      })
      const { authorization } = await sent(auth)
      if (authorization !== `Bearer token-of-${file}` || auth.headers.get('tenant') !== file) wrong++
    }
    for (let round = 0; round < 10; round++) {
      await Promise.all(Array.from({ length: 2000 }, (_, index) => request(index % 20)))
    }
    expect(wrong).toBe(0)
    expect(read).toHaveLength(20)
  })
})

describe('createResolver() reports', () => {
  it('each decision to the observer, and survives one that throws', async () => {
    const events: AuthEvent[] = []
    const { resolve } = createResolver(factories, {
      observer(event) {
        events.push(event)
        throw new Error('observer')
      },
    })
    const { reason } = await resolve({ kind: 'bearer', token: 't', baseUrl })
    await resolve({ kind: 'bearer', token: 't', baseUrl })
    expect(events).toEqual(Array(2).fill({ type: 'selected', kind: 'bearer', reason }))
  })

  it.each([
    ['bearer', 'install @outbound-auth/bearer and pass its factory'],
    ['api-key', 'install @outbound-auth/api-key and pass its factory'],
    ['sigv4', 'install @outbound-auth/sigv4 and pass its factory'],
    ['agent-identity', 'install @outbound-auth/agent-identity and pass its factory'],
    ['constructor', 'it has none, strange'],
  ])('what to install for kind %s', async (kind, remedy) => {
    const strange = () => ({ kind: 'strange' as const, headerNames: [], addAuthHeaders() {} })
    const error = await createResolver({ strange })
      .resolveUnknown({ kind, baseUrl })
      .catch((thrown) => thrown)
    expect(AuthError.is(error)).toBe(true)
    expect(error).toMatchObject({ kind: 'build', code: 'ERR_AUTH_UNKNOWN_KIND', provider: kind })
    expect(error.message).toBe(`Cannot resolve kind "${kind}": ${remedy}`)
  })

  it('an option that it does not have', () => {
    // @ts-expect-error
    expect(() => createResolver(factories, { environment: {} })).toThrow(TypeError)
  })
})

it.each(['sk-ant-secret-that-is-longer-than-any-kind', 'sk.ant', 'A SECRET'])(
  'createResolver() does not show a kind that may be a secret: %s',
  async (kind) => {
    const error = await createResolver(factories)
      .resolveUnknown({ kind, baseUrl })
      .catch((thrown) => thrown)
    expect(error.message).toBe('Cannot resolve kind "…": it has none, bearer, api-key')
    expect(error).toMatchObject({ code: 'ERR_AUTH_UNKNOWN_KIND', provider: '…' })
  },
)

it.each([
  [99, 'keeps'],
  [100, 'forgets'],
])('createResolver() after %i other definitions %s the provider of the first', async (others, outcome) => {
  const resolver = createResolver(factories)
  const providerOf = async (token: string) =>
    (await resolver.resolve({ kind: 'bearer', token, baseUrl })).provider
  const first = await providerOf('first')
  for (let index = 0; index < others; index++) await providerOf(`token-${index}`)
  expect((await providerOf('first')) === first).toBe(outcome === 'keeps')
})
