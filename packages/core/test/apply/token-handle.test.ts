import { describe, expect, it } from 'vitest'
import {
  type AccessToken,
  AuthError,
  type AuthProvider,
  type AuthRejection,
  bindAuth,
  combineAuth,
  noAuth,
  type SourceOptions,
  tokenHandle,
} from '../../src/index.js'
import { keyAuth, queryAuth, signatureAuth } from '../checks/sample-providers.js'
import { bearerOf } from '../shapes/bearer-of.js'

const origin = 'https://api.example.com'

function lab(lifeMs: number | undefined = 3_600_000) {
  const calls: SourceOptions[] = []
  const source = async (options: SourceOptions): Promise<AccessToken> => {
    calls.push(options)
    await new Promise((resolve) => setTimeout(resolve, 5))
    const expiresAt = lifeMs === undefined ? undefined : new Date(Date.now() + lifeMs)
    return { token: `token-${calls.length}`, expiresAt }
  }
  return { calls, auth: bearerOf(source) }
}

describe('tokenHandle()', () => {
  it('gives the token with the expiry that the provider knows', async () => {
    const { auth, calls } = lab()
    const handle = tokenHandle(auth, { origin })
    const { token, expiresAt } = await handle.get()
    expect(token).toBe('token-1')
    expect(expiresAt).toEqual(auth.expiresAt?.())
    expect(Number(expiresAt)).toBeGreaterThan(Date.now() + 3_500_000)
    await handle.get()
    expect(calls).toHaveLength(1)
  })

  it('reads the expiry of a JWT where the provider knows none, and gives undefined for any other token', async () => {
    const jwt = `e30.${btoa(JSON.stringify({ exp: 4_000_000_000 }))}.x`
    const literal = (token: string): AuthProvider => ({
      kind: 'bearer',
      headerNames: ['authorization'],
      addAuthHeaders: (headers) => headers.set('authorization', `Bearer ${token}`),
    })
    expect(await tokenHandle(literal(jwt), { origin }).get()).toEqual({
      token: jwt,
      expiresAt: new Date(4_000_000_000_000),
    })
    expect(await tokenHandle(keyAuth('key-1'), { origin }).get()).toEqual({
      token: 'key-1',
      expiresAt: undefined,
    })
  })

  it('renews a rejected token once, however many callers report it, and whenever they do', async () => {
    const { auth, calls } = lab()
    const handle = tokenHandle(auth, { origin })
    const { token: rejected } = await handle.get()
    const storm = await Promise.all(Array.from({ length: 50 }, () => handle.get({ rejected })))
    storm.push(await handle.get({ forceRefresh: true, rejected }))
    expect(new Set(storm.map(({ token }) => token))).toEqual(new Set(['token-2']))
    expect(calls.map((call) => [call.forceRefresh, call.rejected])).toEqual([
      [false, undefined],
      [true, 'token-1'],
    ])
  })

  it('gives the present token for a rejected one that is another, without asking the source', async () => {
    const { auth, calls } = lab()
    const handle = tokenHandle(auth, { origin })
    await handle.get()
    expect((await handle.get({ rejected: 'token-0', forceRefresh: true })).token).toBe('token-1')
    expect(calls).toHaveLength(1)
  })

  it('with forceRefresh renews the present token, once for those who ask at a time', async () => {
    const { auth, calls } = lab()
    const handle = tokenHandle(auth, { origin })
    await handle.get()
    const forced = () => handle.get({ forceRefresh: true })
    const tokens = await Promise.all([forced(), forced(), forced()])
    expect(tokens.map(({ token }) => token)).toEqual(['token-2', 'token-2', 'token-2'])
    expect((await forced()).token).toBe('token-3')
    expect(calls).toHaveLength(3)
  })

  it('passes claims to the source, which imply forceRefresh', async () => {
    const { auth, calls } = lab()
    const handle = tokenHandle(auth, { origin })
    await handle.get()
    const claims = '{"access_token":{"nbf":{"essential":true,"value":"1"}}}'
    const tokens = await Promise.all([handle.get({ claims }), handle.get({ claims })])
    expect(tokens.map(({ token }) => token)).toEqual(['token-2', 'token-2'])
    expect(calls.slice(1)).toMatchObject([{ forceRefresh: true, claims, rejected: 'token-1' }])
  })

  it('asks again for claims that a renewal under way was not told of', async () => {
    const { auth, calls } = lab()
    const handle = tokenHandle(auth, { origin })
    await handle.get()
    const [plain, claimed] = await Promise.all([
      handle.get({ rejected: 'token-1' }),
      handle.get({ rejected: 'token-1', claims: '{}' }),
    ])
    expect([plain.token, claimed.token]).toEqual(['token-2', 'token-3'])
    expect(calls.map(({ claims }) => claims)).toEqual([undefined, undefined, '{}'])
  })

  it('gives a literal as it is, whatever is asked', async () => {
    const handle = tokenHandle(keyAuth('key-1'), { origin })
    expect(handle.headerName).toBe('x-key')
    expect((await handle.get({ forceRefresh: true })).token).toBe('key-1')
    expect((await handle.get({ rejected: 'key-1' })).token).toBe('key-1')
  })

  it.each<[string, AuthProvider]>([
    ['a query parameter', queryAuth('key-1')],
    ['a signature', signatureAuth('key-1')],
    [
      'two headers',
      combineAuth(
        bearerOf(() => 'token-1'),
        keyAuth('key-1'),
      ),
    ],
    ['nothing', noAuth({ reason: 'A local server' })],
  ])('refuses a provider that sends %s', (_what, auth) => {
    expect(() => tokenHandle(auth, { origin })).toThrow(
      expect.objectContaining({ kind: 'build', code: 'ERR_AUTH_NEEDS_REQUEST' }),
    )
  })

  it('takes a binding, and refuses an origin that it does not allow', async () => {
    const { auth } = lab()
    const binding = bindAuth(auth, { baseUrl: `${origin}/v1` })
    expect((await tokenHandle(binding, { origin }).get()).token).toBe('token-1')
    expect(() => tokenHandle(binding, { origin: 'https://evil.example' })).toThrow(
      expect.objectContaining({ code: 'ERR_AUTH_ORIGIN', option: 'origin' }),
    )
  })

  it('refuses plain http to another machine, unless that is allowed', async () => {
    const { auth } = lab()
    const insecure = { origin: 'http://api.example.com' }
    expect(() => tokenHandle(auth, insecure)).toThrow(
      expect.objectContaining({ code: 'ERR_AUTH_INSECURE_TRANSPORT' }),
    )
    const handle = tokenHandle(auth, { ...insecure, allowInsecureTransport: true })
    expect((await handle.get()).token).toBe('token-1')
  })

  it.each([
    [undefined, /options must be an object/],
    [{}, /origin must be the origin/],
    [{ origin: 'https://api.example.com/v1' }, /origin/],
    [{ origin, orign: 1 }, /unknown option "orign"/],
  ])('refuses the options %j', (options, message) => {
    expect(() => tokenHandle(lab().auth, options as never)).toThrow(message)
  })

  it('fails with what the source throws, also in a renewal', async () => {
    const error = AuthError.build('Log in again', { code: 'ERR_AUTH_TEST' })
    const answers: (() => string)[] = [
      () => 'token-1',
      () => {
        throw error
      },
    ]
    const handle = tokenHandle(
      bearerOf(() => answers.shift()?.() ?? 'token-3', 0),
      { origin },
    )
    await handle.get()
    await expect(handle.get({ rejected: 'token-1' })).rejects.toBe(error)
  })

  it('ends the wait of a caller that aborts, with its reason', async () => {
    const { auth } = lab()
    const reason = new Error('Enough')
    const handle = tokenHandle(auth, { origin })
    await expect(handle.get({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    await handle.get()
    const controller = new AbortController()
    const renewed = handle.get({ rejected: 'token-1', signal: controller.signal })
    controller.abort(reason)
    await expect(renewed).rejects.toBe(reason)
    expect((await handle.get({ rejected: 'token-1' })).token).toBe('token-2')
  })
})

describe('tokenHandle() says what is wrong:', () => {
  const needed = "origin must be the origin that the token is sent to, such as 'https://api.example.com', got"

  it.each<[unknown, string]>([
    [{}, `tokenHandle: ${needed} undefined`],
    [{ origin: 5 }, `tokenHandle: ${needed} 5`],
    [{ origin: 'api.example.com' }, `tokenHandle: ${needed} "api.example.com"`],
    [{ origin: `${origin}/v1` }, `tokenHandle: ${needed} "${origin}/v1"`],
    [{ origin: `${origin}/?` }, `tokenHandle: ${needed} "${origin}/?…"`],
    [{ origin: 'https://me@api.example.com' }, `tokenHandle: ${needed} "https://…"`],
    [{ origin: 'wss://api.example.com' }, `tokenHandle: ${needed} "wss://api.example.com"`],
  ])('the origin of %j', (options, message) => {
    expect(() => tokenHandle(keyAuth('k'), options as never)).toThrow(new TypeError(message))
    expect(() => tokenHandle(keyAuth('k'), options as never)).toThrow(
      expect.objectContaining({ option: 'origin' }),
    )
  })

  it.each<[unknown, string]>([
    [null, 'got null'],
    [undefined, 'got undefined'],
    [{}, 'got an object'],
    [keyAuth, 'got a function. Call it'],
    [{ provider: {} }, 'got an object'],
  ])('a provider that is %j', (auth, came) => {
    const message = `tokenHandle: expected a provider, such as bearerAuth(…), ${came}`
    expect(() => tokenHandle(auth as never, { origin })).toThrow(new TypeError(message))
  })

  it.each<[string, Partial<AuthProvider>]>([
    ['no header', { headerNames: [] }],
    ['two headers', { headerNames: ['x-key', 'x-account'] }],
    ['a header and a parameter', { queryNames: ['key'] }],
    ['a header that depends on the body', { requiresBody: true }],
    ['a header that depends on the request', { requiresRequest: true }],
  ])('a provider that sends %s', (_what, change) => {
    expect(() => tokenHandle({ ...keyAuth('k'), ...change }, { origin })).toThrow(
      expect.objectContaining({
        kind: 'build',
        code: 'ERR_AUTH_NEEDS_REQUEST',
        provider: 'key',
        message:
          'tokenHandle: the key credential is not one token that a header carries as it is. Use authFetch',
      }),
    )
  })

  it('an option of get() that it does not have', async () => {
    const asked = tokenHandle(keyAuth('k'), { origin }).get({ force: true } as never)
    await expect(asked).rejects.toThrow(
      new TypeError(
        'tokenHandle: get: unknown option "force"; it has forceRefresh, rejected, claims, minValidityMs, signal; did you mean forceRefresh?',
      ),
    )
  })

  it.each(['Basic a', 'bearer', 'XBearer a', ''])('the value %j, which is no token', async (value) => {
    const auth: AuthProvider = {
      ...keyAuth('k'),
      headerNames: ['authorization'],
      addAuthHeaders() {},
      async applyAuth(request) {
        request.headers.set('authorization', value || ' ')
        return request
      },
    }
    const code = value === '' ? 'ERR_AUTH_PROVIDER' : 'ERR_AUTH_NEEDS_REQUEST'
    await expect(tokenHandle(auth, { origin }).get()).rejects.toMatchObject({ code, provider: 'key' })
  })
})

describe('tokenHandle() of an origin', () => {
  const insecure = 'http://api.example.com'
  const bindingOf = (allowInsecureTransport?: boolean) =>
    bindAuth(keyAuth('k'), { allowedOrigins: [insecure], allowInsecureTransport })

  it.each([
    [undefined, undefined, false],
    [undefined, true, true],
    [true, undefined, true],
    [true, false, true],
    [false, true, false],
  ])('over plain http: with the option %j and the binding %j, %j', (option, binding, isAllowed) => {
    const make = () => tokenHandle(bindingOf(binding), { origin: insecure, allowInsecureTransport: option })
    if (isAllowed) expect(make().headerName).toBe('x-key')
    else
      expect(make).toThrow(
        expect.objectContaining({
          code: 'ERR_AUTH_INSECURE_TRANSPORT',
          message:
            'tokenHandle: the key credential may not go to http://api.example.com unencrypted. Use https, or allowInsecureTransport in a network that you trust',
        }),
      )
  })

  it('on this machine needs no permission', async () => {
    expect((await tokenHandle(keyAuth('k'), { origin: 'http://localhost:8080/' }).get()).token).toBe('k')
  })
})

describe('tokenHandle() renews a token', () => {
  /** A provider of one header, which shows what it was asked. */
  function watched(change: Partial<AuthProvider> = {}) {
    const seen: [what: string, request: object, ...unknown[]][] = []
    const auth: AuthProvider = {
      ...keyAuth('k'),
      async applyAuth(request, options) {
        seen.push(['apply', { ...request, headers: [...request.headers] }, options])
        request.headers.set(change.headerNames?.[0] ?? 'x-key', change.headerNames ? 'Bearer k' : 'k')
        return request
      },
      async recover({ request, headers, readBody, ...others }: AuthRejection, options) {
        const body = await readBody()
        seen.push([
          'recover',
          { ...request, headers: [...request.headers] },
          { ...others, headers: [...headers], body },
          options,
        ])
        return true
      },
      ...change,
    }
    return { auth, seen }
  }
  const bare = { method: 'GET', url: `${origin}/`, headers: [] }
  const wishes = { signal: new AbortController().signal, minValidityMs: 7 }

  it.each<[string, readonly number[] | undefined, number]>([
    ['401 by default', undefined, 401],
    ['401 where it is one of several', [403, 401], 401],
    ['the first one where 401 is missing', [403, 400], 403],
  ])('with the status that its provider wants to see: %s', async (_what, recoverStatuses, status) => {
    const { auth, seen } = watched({ recoverStatuses })
    await tokenHandle(auth, { origin }).get({ rejected: 'old', claims: '{}', ...wishes })
    expect(seen).toEqual([
      [
        'recover',
        { ...bare, headers: [['x-key', 'old']] },
        { status, headers: [], body: '', attempt: 0, claims: '{}' },
        wishes,
      ],
      ['apply', bare, wishes],
    ])
  })

  it('with its scheme where its header is authorization, and takes the present one for the rejected one', async () => {
    const { auth, seen } = watched({ headerNames: ['authorization'] })
    const handle = tokenHandle(auth, { origin })
    expect(await handle.get({ forceRefresh: true })).toEqual({ token: 'k', expiresAt: undefined })
    expect(seen.map(([what]) => what)).toEqual(['apply', 'recover', 'apply'])
    expect(seen[1]?.[1]).toEqual({ ...bare, headers: [['authorization', 'Bearer k']] })
    seen.length = 0
    await handle.get({ forceRefresh: false })
    await handle.get({ rejected: undefined, claims: undefined })
    expect(seen.map(([what]) => what)).toEqual(['apply', 'apply'])
  })

  it('unless the caller has aborted, or aborts meanwhile', async () => {
    const { auth, seen } = watched()
    const signal = AbortSignal.abort('enough')
    await expect(tokenHandle(auth, { origin }).get({ rejected: 'k', signal })).rejects.toBe('enough')
    expect(seen).toEqual([])
    const hanging = tokenHandle({ ...auth, recover: () => new Promise(() => {}) }, { origin })
    const controller = new AbortController()
    const renewed = hanging.get({ rejected: 'k', signal: controller.signal })
    controller.abort('enough')
    await expect(renewed).rejects.toBe('enough')
  })

  it('and leaves out the text of an error of its provider', async () => {
    const { auth } = watched({ recover: () => Promise.reject(new RangeError('planted')) })
    await expect(tokenHandle(auth, { origin }).get({ rejected: 'k' })).rejects.toMatchObject({
      code: 'ERR_AUTH_PROVIDER',
      provider: 'key',
      message: 'The key provider threw RangeError, not an AuthError',
    })
  })

  it('and says when it expires only of the token that the provider has at present', async () => {
    let present = 'k'
    const expiresAt = new Date(5000)
    const { auth } = watched({
      addAuthHeaders: (headers) => headers.set('x-key', present),
      expiresAt: () => expiresAt,
    })
    const handle = tokenHandle(auth, { origin })
    expect(await handle.get()).toEqual({ token: 'k', expiresAt })
    present = 'other'
    expect(await handle.get()).toEqual({ token: 'k', expiresAt: undefined })
  })
})
