import { describe, expect, it } from 'vitest'
import {
  createExchange,
  type ExchangeOptions,
  immediateAuth,
  type OutboundRequest,
  stripCredentials,
} from '../../src/exchange/index.js'
import {
  type AuthBinding,
  AuthError,
  type AuthEvent,
  type AuthProvider,
  combineAuth,
  createHeaderMap,
  noAuth,
} from '../../src/index.js'
import { immediateApply } from '../../src/provider.js'
import { keyAuth, queryAuth, signatureAuth } from '../checks/sample-providers.js'

const allowedOrigins = ['https://a.example']

function outbound(change: Partial<OutboundRequest> = {}): OutboundRequest {
  return { method: 'GET', url: 'https://a.example/p?q=1', headers: {}, ...change }
}

function changing(
  change: (request: Parameters<NonNullable<AuthProvider['applyAuth']>>[0]) => void,
): AuthProvider {
  return {
    ...keyAuth('k'),
    async applyAuth(request) {
      request.headers.set('x-key', 'k')
      change(request)
      return request
    },
  }
}

describe('createExchange() prepares a request:', () => {
  it('it carries what the caller has set, and the credential', async () => {
    const { prepare } = createExchange(keyAuth('k'), { allowedOrigins })
    const request = await prepare(outbound({ method: 'PUT', headers: { Accept: '*/*' }, body: 'text' }))
    expect({ ...request, headers: [...request.headers] }).toEqual({
      method: 'PUT',
      url: 'https://a.example/p?q=1',
      headers: [
        ['accept', '*/*'],
        ['x-key', 'k'],
      ],
      body: 'text',
    })
  })

  it("the caller's own headers, URL and body stay as they are", async () => {
    const headers = new Headers({ 'x-key': 'mine', authorization: 'Bearer dummy' })
    const body = new URLSearchParams({ a: '1' })
    const request = Object.freeze(outbound({ method: 'POST', headers, body }))
    const applied = await createExchange(combineAuth(keyAuth('k'), queryAuth('q')), {
      allowedOrigins,
    }).prepare(request)
    expect([...headers]).toEqual([
      ['authorization', 'Bearer dummy'],
      ['x-key', 'mine'],
    ])
    expect(applied.body).toBe(body)
  })

  it('well-known credential headers of the caller are gone, whichever header the provider sets', async () => {
    const headers = {
      Authorization: 'Bearer dummy',
      'X-API-Key': 'dummy',
      'api-key': 'dummy',
      'x-goog-api-key': 'dummy',
      'x-request-id': '1',
    }
    for (const auth of [keyAuth('k'), combineAuth(queryAuth('q'))]) {
      const applied = await createExchange(auth, { allowedOrigins }).prepare(outbound({ headers }))
      expect([...applied.headers].map(([name]) => name)).toEqual(
        expect.not.arrayContaining(['authorization', 'x-api-key', 'api-key', 'x-goog-api-key']),
      )
      expect(applied.headers.get('x-request-id')).toBe('1')
    }
    const bare = createExchange(noAuth({ reason: 'The SDK has its own key' }), { allowedOrigins })
    const kept = await bare.prepare(outbound({ headers }))
    expect([...kept.headers]).toEqual([...createHeaderMap(headers)])
  })

  it("a provider never sees the caller's own value of what it declares", async () => {
    let seen: unknown
    const watching = combineAuth(
      queryAuth('q'),
      changing(({ url, headers }) => {
        seen = [url, headers.get('x-other')]
      }),
    )
    const auth = { ...watching, headerNames: ['x-key', 'x-other'] }
    const url = 'https://a.example/p?api%20key=mine&q=1&api+key=mine'
    await createExchange(auth, { allowedOrigins }).prepare(outbound({ url, headers: { 'X-Other': 'mine' } }))
    expect(seen).toEqual(['https://a.example/p?q=1&api%20key=q', null])
  })

  it('static headers and parameters of a binding go below the caller, and auth above both', async () => {
    const binding: AuthBinding = {
      provider: keyAuth('k'),
      allowedOrigins,
      headers: createHeaderMap({ 'x-version': '1', 'x-beta': 'on', 'x-key': 'static' }),
      query: { version: '2024', q: 'static' },
    }
    const { prepare } = createExchange(binding)
    const { url, headers } = await prepare(outbound({ headers: { 'X-Version': '2' } }))
    expect(url).toBe('https://a.example/p?q=1&version=2024')
    expect([...headers].sort()).toEqual([
      ['x-beta', 'on'],
      ['x-key', 'k'],
      ['x-version', '2'],
    ])
  })

  it('static headers take the place of a dummy that an SDK has sent', async () => {
    const headers = createHeaderMap({ 'api-key': 'gateway' })
    const { prepare } = createExchange({ provider: keyAuth('k'), allowedOrigins, headers })
    const applied = await prepare(outbound({ headers: { 'api-key': 'dummy' } }))
    expect(applied.headers.get('api-key')).toBe('gateway')
  })

  it('origins given beside a binding replace its own', async () => {
    const { prepare } = createExchange({ provider: keyAuth('k'), allowedOrigins }, { allowedOrigins: [] })
    await expect(prepare(outbound())).rejects.toMatchObject({ code: 'ERR_AUTH_ORIGIN' })
  })

  it.each(['false', 1, {}])('%j is no permission to go unencrypted', async (allowInsecureTransport) => {
    const options = {
      allowedOrigins: ['http://a.example'],
      allowInsecureTransport,
    } as unknown as ExchangeOptions
    const { prepare } = createExchange(keyAuth('k'), options)
    await expect(prepare(outbound({ url: 'http://a.example/p' }))).rejects.toMatchObject({
      code: 'ERR_AUTH_INSECURE_TRANSPORT',
    })
  })

  it.each([
    ['a foreign origin', 'https://b.example/p', 'ERR_AUTH_PROVIDER'],
    ['another allowed origin', 'https://c.example/p', 'ERR_AUTH_PROVIDER'],
    ['plain http', 'http://a.example/p', 'ERR_AUTH_PROVIDER'],
    ['a URL with a password', 'https://me:pw@a.example/p', 'ERR_AUTH_URL'],
    ['no URL', '/p', 'ERR_AUTH_URL'],
  ])('a provider that moved it to %s gets an error', async (_what, url, code) => {
    const moving = changing((request) => {
      request.url = url
    })
    const origins = [...allowedOrigins, 'http://a.example', 'https://c.example']
    const { prepare } = createExchange(moving, { allowedOrigins: origins })
    await expect(prepare(outbound())).rejects.toMatchObject({ kind: 'build', code })
  })

  it('a provider that sets nothing of what it declares gets an error: nothing goes out bare', async () => {
    const providers: AuthProvider[] = [
      { ...keyAuth('k'), addAuthHeaders() {} },
      changing(({ headers }) => headers.delete('x-key')),
      { ...queryAuth('q'), applyAuth: async (request) => request },
    ]
    for (const auth of providers) {
      const { prepare } = createExchange(auth, { allowedOrigins })
      const dummies = { headers: { 'x-key': 'dummy' }, url: 'https://a.example/?api%20key=dummy' }
      await expect(prepare(outbound(dummies))).rejects.toMatchObject({
        kind: 'build',
        code: 'ERR_AUTH_PROVIDER',
      })
    }
    const [headerOnly = keyAuth('k')] = providers
    expect(() => immediateAuth(headerOnly, { allowedOrigins })(outbound())).toThrow(
      expect.objectContaining({ code: 'ERR_AUTH_PROVIDER' }),
    )
  })

  it('options reach the provider', async () => {
    let seen: unknown
    const auth: AuthProvider = {
      ...keyAuth('k'),
      async applyAuth(request, options) {
        seen = options
        request.headers.set('x-key', 'k')
        return request
      },
    }
    const { signal } = new AbortController()
    await createExchange(auth, { allowedOrigins }).prepare(outbound({ signal, minValidityMs: 7 }))
    expect(seen).toEqual({ signal, minValidityMs: 7 })
  })

  it('an event tells of it, without the URL or a value', async () => {
    const events: AuthEvent[] = []
    const options: ExchangeOptions = { allowedOrigins, observer: (event) => events.push(event) }
    const agentIdentity = { agentId: 'agent-1', taskId: 'task-1' }
    const provider = combineAuth(keyAuth('secret-1'), queryAuth('secret-2'))
    await createExchange({ provider, allowedOrigins, agentIdentity }, options).prepare(outbound(), 1)
    expect(events).toEqual([
      {
        type: 'applied',
        kind: 'combined',
        headerNames: ['x-key'],
        queryNames: ['api key'],
        origin: 'https://a.example',
        attempt: 1,
        durationMs: expect.any(Number),
        agentIdentity,
      },
    ])
    expect(JSON.stringify(events)).not.toContain('secret')
  })

  it('an observer that throws does not break it', async () => {
    const observer = () => {
      throw new Error('The exporter is down')
    }
    const { prepare } = createExchange(keyAuth('k'), { allowedOrigins, observer })
    expect((await prepare(outbound())).headers.get('x-key')).toBe('k')
  })
})

describe('createExchange() prepares a request at once', () => {
  it('for a provider that has headers and no more', () => {
    const authenticateNow = immediateAuth(keyAuth('k'), { allowedOrigins })
    expect([...(authenticateNow(outbound())?.headers ?? [])]).toEqual([['x-key', 'k']])
    expect(() => authenticateNow(outbound({ url: 'https://b.example/' }))).toThrow(
      expect.objectContaining({ code: 'ERR_AUTH_ORIGIN' }),
    )
  })

  it.each<[string, AuthProvider]>([
    ['waits', changing(() => {})],
    ['signs', signatureAuth('s')],
  ])('but not for one that %s', (_what, auth) => {
    expect(immediateAuth(auth, { allowedOrigins })(outbound())).toBeUndefined()
  })

  it('and leaves a transient failure to send(), but no other', () => {
    const failing = (error: unknown): AuthProvider => ({
      ...keyAuth('k'),
      addAuthHeaders() {
        throw error
      },
    })
    const code = 'ERR_AUTH_SOURCE'
    const authenticateNow = (error: unknown) => immediateAuth(failing(error), { allowedOrigins })(outbound())
    expect(authenticateNow(AuthError.transient('Later', { code }))).toBeUndefined()
    expect(() => authenticateNow(AuthError.build('Never', { code }))).toThrow(
      expect.objectContaining({ code }),
    )
    expect(() => authenticateNow(new Error('secret-1'))).toThrow(
      expect.objectContaining({
        code: 'ERR_AUTH_PROVIDER',
        message: expect.not.stringContaining('secret-1'),
      }),
    )
  })
})

describe('createExchange() with an applyAuth of immediateApply()', () => {
  it('applies within the call, and later on a fresh request if there is no credential yet', async () => {
    const seen: unknown[] = []
    let isCold = true
    const applyAuth = immediateApply(
      (request, options) => {
        seen.push(options)
        request.headers.set('x-key', 'now')
        request.headers.set('x-left', 'over')
        return isCold ? undefined : request
      },
      async (request, options) => {
        seen.push([...request.headers], options)
        request.headers.set('x-key', 'later')
        return request
      },
    )
    const { prepare } = createExchange({ ...keyAuth('k'), applyAuth }, { allowedOrigins })
    const wishes = { signal: new AbortController().signal, minValidityMs: 7 }
    expect([...(await prepare(outbound(wishes))).headers]).toEqual([['x-key', 'later']])
    expect(seen.splice(0)).toEqual([wishes, [], wishes])
    isCold = false
    expect((await prepare(outbound(wishes))).headers.get('x-key')).toBe('now')
    expect(seen).toEqual([wishes])
  })

  it('sends within the call, too', () => {
    let sent = 0
    const send = async () => {
      sent += 1
      return 200
    }
    const transport = { send, status: Number, headers: () => createHeaderMap(), readBody: async () => '' }
    for (const requiresBody of [false, true]) {
      const exchange = createExchange({ ...keyAuth('k'), requiresBody }, { allowedOrigins })
      void exchange.send(outbound({ body: 'text' }), { ...transport, discard() {} })
    }
    expect(sent).toBe(2)
  })
})

describe('createExchange() makes the body final for a provider that requires it:', () => {
  const { prepare } = createExchange(signatureAuth('s'), { allowedOrigins })
  const bytesOf = (text: string) => new TextEncoder().encode(text)

  it.each([
    ['nothing', undefined, '', null],
    ['bytes', bytesOf('abc'), 'abc', null],
    ['a string', 'abc', 'abc', 'text/plain;charset=UTF-8'],
    [
      'URLSearchParams',
      new URLSearchParams({ a: 'b c' }),
      'a=b+c',
      'application/x-www-form-urlencoded;charset=UTF-8',
    ],
    ['a Blob', new Blob(['abc'], { type: 'image/png' }), 'abc', 'image/png'],
    ['a Blob without a type', new Blob(['abc']), 'abc', null],
  ])('%s', async (_what, body, expected, contentType) => {
    const request = await prepare(outbound({ method: 'POST', body }))
    expect(typeof request.body === 'string' || request.body instanceof Uint8Array).toBe(body !== undefined)
    expect(await new Response(request.body as string | undefined).text()).toBe(expected)
    expect(request.headers.get('content-type')).toBe(contentType)
  })

  it('a form, with the boundary that its bytes have', async () => {
    const form = new FormData()
    form.set('field', 'value')
    const { body, headers } = await prepare(outbound({ method: 'POST', body: form }))
    const contentType = headers.get('content-type') ?? ''
    const parsed = await new Response(body as Uint8Array<ArrayBuffer>, {
      headers: { 'content-type': contentType },
    }).formData()
    expect(contentType).toMatch(/^multipart\/form-data; ?boundary=/)
    expect([...parsed]).toEqual([['field', 'value']])
  })

  it('unless the caller aborts meanwhile', async () => {
    const hanging = { size: 1, type: '', arrayBuffer: () => new Promise(() => {}) }
    const controller = new AbortController()
    const { signal } = controller
    const waiting = prepare(outbound({ method: 'POST', body: hanging as unknown as Blob, signal }))
    controller.abort('enough')
    await expect(waiting).rejects.toBe('enough')
  })

  it("the caller's content-type stays", async () => {
    const headers = { 'Content-Type': 'application/json' }
    const request = await prepare(outbound({ method: 'POST', headers, body: '{}' }))
    expect(request.headers.get('content-type')).toBe('application/json')
  })

  it.each([
    ['a web stream', () => new ReadableStream<Uint8Array>()],
    ['an async iterable', async function* () {}],
  ])('%s is refused', async (_what, create) => {
    const body = create() as ReadableStream<Uint8Array>
    await expect(prepare(outbound({ method: 'POST', body }))).rejects.toMatchObject({
      kind: 'build',
      code: 'ERR_AUTH_BODY',
      provider: 'signature',
    })
  })
})

describe('stripCredentials() strips a request that leaves home', () => {
  it('of every parameter that the provider declares and every header that could be a credential', () => {
    const auth = combineAuth(keyAuth('k'), queryAuth('q'))
    const { url, headers } = stripCredentials(auth, 'https://b.example/?api%20key=q&a=1', {
      'X-Key': 'k',
      Authorization: 'Bearer mine',
      Cookie: 'session',
      'x-my-secret': 's',
      'content-type': 'text/plain',
      Accept: '*/*',
      'accept-language': 'en',
      'User-Agent': 'me',
      'if-none-match': '"1"',
      range: 'bytes=0-1',
    })
    expect(url).toBe('https://b.example/?a=1')
    expect([...headers].map(([name]) => name)).toEqual([
      'accept',
      'accept-language',
      'user-agent',
      'if-none-match',
      'range',
    ])
  })
})
