import { inspect } from 'node:util'
import { apiKeyAuth } from '@outbound-auth/api-key'
import { bearerAuth } from '@outbound-auth/bearer'
import {
  type AuthProvider,
  authHeaderTelemetry,
  createHeaderMap,
  type HeaderMap,
  handshakeAuth,
  type TokenSource,
  toAuthHeaders,
} from '@outbound-auth/core'
import { createExchange } from '@outbound-auth/core/exchange'
import { sigV4Auth } from '@outbound-auth/sigv4'
import { expect, it } from 'vitest'
import { createResolver, type ResolvedAuth } from '../../src/index.js'
import { liveAuth, liveHeaders } from '../../src/open/live-auth.js'

const baseUrl = 'https://api.example.com'
const factories = { bearer: bearerAuth, 'api-key': apiKeyAuth, sigv4: sigV4Auth }
const definition = {
  kind: 'bearer',
  token: { env: 'TOKEN' },
  headers: { 'x-org': { env: 'ORG' }, 'x-fixed': '1' },
  baseUrl,
} as const

async function sent(auth: ResolvedAuth): Promise<Record<string, string>> {
  return (await handshakeAuth(auth, { url: `${baseUrl}/v1` })).headers
}

const headersOf = (name: string) => ({ authorization: `Bearer token-${name}`, 'x-org': name, 'x-fixed': '1' })

function setUp(): { env: Record<string, string>; become(name: string): void } {
  const env: Record<string, string> = {}
  const become = (name: string) => Object.assign(env, { TOKEN: `token-${name}`, ORG: name })
  become('a')
  return { env, become }
}

it('createResolver() never mixes the token of one principal with the headers of another', async () => {
  const { env, become } = setUp()
  const { resolve } = createResolver(factories, { env })
  const first = await resolve(definition)
  expect(await sent(first)).toEqual(headersOf('a'))
  become('b')
  const second = await resolve(definition)
  expect(await sent(second)).toEqual(headersOf('b'))
  expect(await sent(first)).toEqual(headersOf('b'))
  become('c')
  expect(await sent(first)).toEqual(headersOf('c'))
  expect(toAuthHeaders(first.provider)).toEqual({ authorization: 'Bearer token-c' })
  expect([...first.headers]).toEqual([
    ['x-org', 'c'],
    ['x-fixed', '1'],
  ])
})

it('createResolver() never mixes principals when variables change during requests', async () => {
  const { env, become } = setUp()
  const { resolve } = createResolver(factories, { env })
  const auth = await resolve(definition)
  const requests: Promise<Record<string, string>>[] = []
  for (let index = 0; index < 200; index++) {
    become(`${index % 7}`)
    requests.push(sent(auth))
    if (index % 3 === 0) await null
  }
  for (const headers of await Promise.all(requests))
    expect(headers).toEqual(headersOf(headers['x-org'] ?? ''))
})

it('createResolver() never mixes principals when variables change while a signer waits for a body', async () => {
  const { env, become } = setUp()
  env['SECRET'] = 's'
  const { resolve } = createResolver(factories, { env })
  const auth = await resolve({
    kind: 'sigv4',
    service: 's3',
    region: 'us-east-1',
    credentials: { accessKeyId: { env: 'TOKEN' }, secretAccessKey: { env: 'SECRET' } },
    headers: { 'x-org': { env: 'ORG' } },
    baseUrl,
  })
  const { prepare } = createExchange(auth)
  const prepared = prepare({ method: 'POST', url: baseUrl, headers: {}, body: new Blob(['body']) })
  become('b')
  const { headers } = await prepared
  expect(headers.get('x-org')).toBe('b')
  expect(headers.get('authorization')).toContain('Credential=token-b/')
})

it('createResolver() recovers when the variable has changed since the request', async () => {
  const { env, become } = setUp()
  const { resolve } = createResolver(factories, { env })
  const { send } = createExchange(await resolve(definition))
  const seen: (string | null)[] = []
  const status = await send<number>(
    { method: 'GET', url: baseUrl, headers: {} },
    {
      async send({ headers }) {
        seen.push(`${headers.get('authorization')} ${headers.get('x-org')}`)
        become('b')
        return seen.length === 1 ? 401 : 200
      },
      status: (answer) => answer,
      headers: () => new Headers(),
      readBody: async () => '',
      discard() {},
    },
  )
  expect(status).toBe(200)
  expect(seen).toEqual(['Bearer token-a a', 'Bearer token-b b'])
})

it('a resolved auth shares no header that its caller has set', async () => {
  const { env, become } = setUp()
  const { resolve } = createResolver(factories, { env })
  const [mine, other] = [await resolve(definition), await resolve(definition)]
  mine.headers.set('x-org', 'mine')
  mine.headers.delete('x-fixed')
  expect(await sent(mine)).toEqual({ authorization: 'Bearer token-a', 'x-org': 'mine' })
  expect(await sent(other)).toEqual(headersOf('a'))
  become('b')
  expect(await sent(mine)).toEqual(headersOf('b'))
})

it('createResolver() follows variables with a provider that is frozen, or has private properties', async () => {
  class Custom {
    readonly kind = 'custom'
    readonly headerNames: readonly string[] = Object.freeze(['x-key'])
    readonly #key: () => string
    constructor(key: () => string) {
      this.#key = key
    }
    addAuthHeaders(headers: HeaderMap): void {
      headers.set('x-key', this.#key())
    }
  }
  const custom = ({ key }: { readonly key: TokenSource }) => Object.freeze(new Custom(key as () => string))
  const { env, become } = setUp()
  const auth = await createResolver({ custom }, { env }).resolve({
    kind: 'custom',
    key: { env: 'TOKEN' },
    baseUrl,
  })
  expect(await sent(auth)).toEqual({ 'x-key': 'token-a' })
  become('b')
  expect(await sent(auth)).toEqual({ 'x-key': 'token-b' })
})

it('a resolved auth whose variable is gone finishes its request, and rejects the next one', async () => {
  const { env } = setUp()
  const { resolve } = createResolver(factories, { env })
  const auth = await resolve(definition)
  const exchange = createExchange(auth)
  const send = () =>
    exchange.send<number>(
      { method: 'POST', url: baseUrl, headers: {} },
      {
        async send() {
          delete env['TOKEN']
          return 200
        },
        status: (answer) => answer,
        headers: () => new Headers(),
        readBody: async () => '',
        discard() {},
      },
    )
  expect(await send()).toBe(200)
  await expect(send()).rejects.toMatchObject({ kind: 'build', code: 'ERR_AUTH_MISSING_ENV' })
  const printed = [
    JSON.stringify(auth),
    `${auth.headers}`,
    inspect(auth, { showHidden: true }),
    auth.provider.kind,
  ]
  expect(printed.join()).toContain('bearer')
  expect(authHeaderTelemetry(auth.provider)).toEqual({ attached: true, name: 'authorization' })
  env['TOKEN'] = 'token-b'
  expect(await sent(auth)).toMatchObject({ authorization: 'Bearer token-b' })
})

it('a resolved auth rejects every request while a variable holds what no header may hold', async () => {
  const { env, become } = setUp()
  const { resolve } = createResolver(factories, { env })
  const auth = await resolve(definition)
  Object.assign(env, { TOKEN: 'token-b', ORG: 'org-b\u2013' })
  for (let round = 0; round < 3; round++)
    await expect(sent(auth)).rejects.toMatchObject({ kind: 'build', code: 'ERR_AUTH_HEADER_VALUE' })
  await expect(resolve(definition)).rejects.toMatchObject({ code: 'ERR_AUTH_HEADER_VALUE' })
  become('c')
  expect(await sent(auth)).toEqual(headersOf('c'))
})

it('a resolved auth rejects every request while its new provider sets a static header', async () => {
  const custom = ({ key }: { readonly key: TokenSource }) => {
    const name = (key as () => string)()
    const addAuthHeaders = (headers: HeaderMap) => headers.set(name, 'credential')
    return { kind: 'custom' as const, headerNames: [name], addAuthHeaders }
  }
  const env: Record<string, string> = { NAME: 'x-key', ORG: 'a' }
  const headers = { 'x-org': { env: 'ORG' } }
  const { resolve } = createResolver({ custom }, { env })
  const auth = await resolve({ kind: 'custom', key: { env: 'NAME' }, headers, baseUrl })
  expect(await sent(auth)).toEqual({ 'x-key': 'credential', 'x-org': 'a' })
  Object.assign(env, { NAME: 'x-org', ORG: 'b' })
  for (let round = 0; round < 2; round++)
    await expect(sent(auth)).rejects.toMatchObject({ code: 'ERR_AUTH_PROVIDER' })
  expect([...auth.headers]).toEqual([['x-org', 'a']])
  env['NAME'] = 'x-other'
  expect(await sent(auth)).toEqual({ 'x-other': 'credential', 'x-org': 'b' })
})

it('a resolved auth opens its definition once for each value, and keeps headers that no variable changes', async () => {
  const { env, become } = setUp()
  const seen: unknown[] = []
  const counted = ({ key }: { readonly key: TokenSource }) => {
    const name = `x-${(key as () => string)()}`
    seen.push(name)
    return { kind: 'counted' as const, headerNames: [name], addAuthHeaders() {} }
  }
  const { resolve } = createResolver({ counted }, { env })
  const given = { kind: 'counted', key: { env: 'TOKEN' }, headers: { 'x-fixed': '1' }, baseUrl } as const
  const auth = await resolve(given)
  await resolve(given)
  auth.headers.set('x-fixed', 'mine')
  auth.provider.addAuthHeaders(createHeaderMap())
  expect(seen).toEqual(['x-token-a'])
  become('b')
  auth.provider.addAuthHeaders(createHeaderMap())
  expect(seen).toEqual(['x-token-a', 'x-token-b'])
  expect(auth.provider.headerNames).toEqual(['x-token-b'])
  expect(auth.headers.get('x-fixed')).toBe('mine')
})

it('createResolver() does not show a secret that stands in the place of a variable name', async () => {
  for (const env of [
    'sk-proj-planted0123456789ABCDEF',
    'planted secret',
    'ghp_planted0123456789abcdefghijklmnop',
  ]) {
    const error = await createResolver(factories, { env: {} })
      .resolve({ kind: 'bearer', token: { env }, baseUrl })
      .catch((thrown) => thrown)
    expect(error.message).toBe(
      'Cannot resolve bearer: token: environment variable … is unset or blank; set it',
    )
  }
})

it('a resolved auth that follows variables shows none of them when it is printed', async () => {
  const { env } = setUp()
  const { resolve } = createResolver(factories, {
    env: { ...env, ORG: 'planted-org', TOKEN: 'planted-token' },
  })
  const auth = await resolve(definition)
  await sent(auth)
  for (const text of [inspect(auth, { depth: 9, showHidden: true }), JSON.stringify(auth), `${auth.headers}`])
    expect(text).not.toContain('planted')
})

const request = () => ({ method: 'GET', url: baseUrl, headers: createHeaderMap() })
const simple: AuthProvider = {
  kind: 'simple',
  headerNames: ['x-simple'],
  addAuthHeaders: (headers) => headers.set('x-simple', 'simple'),
}
const complete: AuthProvider = {
  ...simple,
  kind: 'complete',
  queryNames: ['key'],
  requiresBody: true,
  agentIdentity: { agentId: 'a', taskId: 't' },
  recoverStatuses: [403],
  isReady: () => false,
  applyAuth: async (applied) => ({ ...applied, url: `${applied.url}/complete` }),
  recover: async () => true,
}

it('liveAuth() has the properties of the latest provider, and asks for the current one at each call', async () => {
  let latest = complete
  let calls = 0
  const auth = liveAuth(
    () => latest,
    () => {
      calls++
      return latest
    },
  )
  expect({ ...auth }).toMatchObject({
    kind: 'complete',
    headerNames: ['x-simple'],
    queryNames: ['key'],
    requiresBody: true,
    agentIdentity: { agentId: 'a', taskId: 't' },
    recoverStatuses: [403],
  })
  expect(calls).toBe(0)
  const rejection = { ...request(), request: request(), status: 403, readBody: async () => '', attempt: 0 }
  expect(auth.isReady?.()).toBe(false)
  expect((await auth.applyAuth?.(request()))?.url).toBe(`${baseUrl}/complete`)
  expect(await auth.recover?.(rejection)).toBe(true)
  expect(calls).toBe(3)
  latest = simple
  expect({ ...auth }).toMatchObject({ kind: 'simple', queryNames: undefined, requiresBody: undefined })
  expect(auth.isReady?.()).toBe(true)
  expect((await auth.applyAuth?.(request()))?.headers.get('x-simple')).toBe('simple')
  expect(await auth.recover?.(rejection)).toBe(false)
})

it('liveAuth() shows responses to the latest provider, and needs and merges what that one does', () => {
  const noted: number[] = []
  const noting = {
    ...simple,
    requiresRequest: true,
    mergedHeaderNames: ['x-features'],
    noteResponse: ({ status }: { status: number }) => void noted.push(status),
  }
  let latest: AuthProvider = noting
  const auth = liveAuth(
    () => latest,
    () => {
      throw new Error('It is not opened again for a response')
    },
  )
  expect({ ...auth }).toMatchObject({ requiresRequest: true, mergedHeaderNames: ['x-features'] })
  const response = { request: request(), status: 200, headers: createHeaderMap() }
  auth.noteResponse?.(response)
  latest = simple
  auth.noteResponse?.(response)
  expect(noted).toEqual([200])
})

it('liveAuth() expires with the latest provider, and adds the headers of the current one', () => {
  const expiresAt = new Date(5)
  let latest: AuthProvider = { ...simple, expiresAt: () => expiresAt }
  const auth = liveAuth(
    () => latest,
    () => simple,
  )
  expect(auth.expiresAt?.()).toBe(expiresAt)
  latest = simple
  expect(auth.expiresAt?.()).toBeUndefined()
  const headers = createHeaderMap()
  auth.addAuthHeaders(headers)
  expect([...headers]).toEqual([['x-simple', 'simple']])
})

it('liveAuth() has no optional method that the first provider does not have', () => {
  const auth = liveAuth(
    () => simple,
    () => simple,
  )
  for (const name of ['isReady', 'applyAuth', 'recover', 'noteResponse'])
    expect(auth).not.toHaveProperty(name)
})

it('liveAuth() rejects requests, and is not ready, while there is no current provider', async () => {
  const error = new Error('gone')
  const auth = liveAuth(
    () => complete,
    () => {
      throw error
    },
  )
  expect(auth.isReady?.()).toBe(false)
  await expect(auth.applyAuth?.(request())).rejects.toBe(error)
  expect(() => auth.addAuthHeaders(createHeaderMap())).toThrow(error)
})

it('liveHeaders() reads and changes the current headers, and prints their names', () => {
  let current = createHeaderMap({ a: 'planted' })
  const headers = liveHeaders(() => current)
  headers.set('b', 'planted')
  expect([headers.has('a'), headers.get('b'), [...headers]]).toEqual([
    true,
    'planted',
    [
      ['a', 'planted'],
      ['b', 'planted'],
    ],
  ])
  current = createHeaderMap({ c: 'planted', d: 'planted' })
  headers.delete('d')
  expect([headers.get('a'), headers.get('c'), [...current]]).toEqual([null, 'planted', [['c', 'planted']]])
  const printed = [`${headers}`, inspect(headers), JSON.stringify(headers)]
  expect(printed).toEqual(['HeaderMap { c }', 'HeaderMap { c }', '["c"]'])
  headers.set('e', 'planted')
  expect(`${headers}`).toBe('HeaderMap { c, e }')
})
