import { afterEach, describe, expect, it, vi } from 'vitest'
import {
  createExchange,
  type ExchangeOptions,
  immediateAuth,
  type OutboundRequest,
} from '../../src/exchange/index.js'
import {
  type AuthBinding,
  type AuthEvent,
  type AuthProvider,
  type AuthRequest,
  applyAuth,
  combineAuth,
  createHeaderMap,
  noAuth,
} from '../../src/index.js'
import { immediateApply } from '../../src/provider.js'
import { keyAuth, queryAuth, signatureAuth } from '../checks/sample-providers.js'

const allowedOrigins = ['https://a.example']

afterEach(() => void vi.restoreAllMocks())

function outbound(change: Partial<OutboundRequest> = {}): OutboundRequest {
  return { method: 'GET', url: 'https://a.example/p', headers: {}, ...change }
}

/** Moves its request to another URL, within the call. */
function moving(url: string): AuthProvider {
  const move = (request: AuthRequest) => {
    request.headers.set('x-key', 'k')
    return { ...request, url }
  }
  return { ...keyAuth('k'), applyAuth: immediateApply(move, async (request) => move(request)) }
}

/** Each way to authenticate a request. */
const ways: Readonly<
  Record<string, (auth: AuthProvider, request: OutboundRequest) => Promise<AuthRequest | undefined>>
> = {
  'prepare() of a provider that takes its time': async (auth, request) =>
    createExchange({ ...auth, applyAuth: (given) => applyAuth(auth, given) }, { allowedOrigins }).prepare(
      request,
    ),
  'prepare() of a provider that has its credential at hand': async (auth, request) =>
    createExchange(auth, { allowedOrigins }).prepare(request),
  'immediateAuth()': async (auth, request) => immediateAuth(auth, { allowedOrigins })(request),
}

describe.each(Object.entries(ways))('%s', (_way, authenticate) => {
  it.each([
    ['another host', 'https://b.example/p'],
    ['a longer host', 'https://a.example.evil.example/p'],
    ['another port', 'https://a.example:8443/p'],
    ['plain http', 'http://a.example/p'],
    ['another host, with the origin in its query', 'https://b.example/?to=https://a.example/'],
  ])('sends nothing to %s that the provider has moved the request to', async (_what, url) => {
    await expect(authenticate(moving(url), outbound())).rejects.toMatchObject({
      kind: 'build',
      code: 'ERR_AUTH_PROVIDER',
      provider: 'key',
      message: 'The key provider moved the request to another origin',
    })
  })

  it.each(['https://user:pass@a.example/', 'https://a.example@evil.example/', '/p', 'ftp://a.example/'])(
    'sends nothing to %s that the provider has moved the request to',
    async (url) => {
      await expect(authenticate(moving(url), outbound())).rejects.toMatchObject({
        code: 'ERR_AUTH_URL',
      })
    },
  )

  it.each([
    'https://a.example',
    'https://A.EXAMPLE:443/other',
    'https://a.example?x=1',
    'https://a.example/',
  ])('sends to %s, which is the same origin', async (url) => {
    expect(await authenticate(moving(url), outbound())).toMatchObject({ url })
  })

  it('checks the origin of the parsed URL, and sends nothing to a URL of another origin', async () => {
    const home = new URL('https://a.example/')
    const elsewhere = new URL('https://b.example/')
    expect(await authenticate(keyAuth('k'), outbound({ parsedUrl: home }))).toMatchObject({
      url: outbound().url,
    })
    await expect(authenticate(keyAuth('k'), outbound({ parsedUrl: elsewhere }))).rejects.toMatchObject({
      code: 'ERR_AUTH_ORIGIN',
    })
    const url = elsewhere.href
    await expect(authenticate(keyAuth('k'), outbound({ parsedUrl: home, url }))).rejects.toMatchObject({
      code: 'ERR_AUTH_PROVIDER',
    })
  })
})

describe('createExchange()', () => {
  it('rejects what is not a provider, and origins that are missing, in the name of the function that took them', () => {
    expect(() => createExchange({} as never)).toThrow(
      /^Cannot authenticate the request: expected a provider, such as bearerAuth\(…\), got an object$/,
    )
    expect(() => createExchange(keyAuth('k'))).toThrow(
      /^Cannot authenticate the request: allowedOrigins must be/,
    )
    expect(() => immediateAuth(keyAuth('k'))).toThrow(/^immediateAuth: allowedOrigins must be/)
    const unsendable = { ...keyAuth('k'), headerNames: ['content-length'] }
    expect(() => createExchange(unsendable, { allowedOrigins }, 'authFetch')).toThrow(
      /^authFetch: .*content-length/,
    )
  })

  it('names its provider, its binding and the statuses that the provider wants to see', () => {
    const provider = keyAuth('k')
    const bare = createExchange(provider, { allowedOrigins })
    expect({ ...bare.binding }).toEqual({})
    expect(bare.provider).toBe(provider)
    expect(bare.statuses).toEqual([])
    const recovering = { ...provider, recover: async () => false }
    const bound = createExchange({ provider: recovering, allowedOrigins })
    expect({ ...bound.binding }).toEqual({ provider: recovering, allowedOrigins })
    expect(bound.provider).toBe(recovering)
    expect(bound.statuses).toEqual([401])
    expect(createExchange({ ...recovering, recoverStatuses: [403] }, { allowedOrigins }).statuses).toEqual([
      403,
    ])
  })

  it('admits what it sends, and says false of other origins only where they pass', () => {
    const refusing = createExchange(keyAuth('k'), { allowedOrigins })
    const passing = createExchange(keyAuth('k'), { allowedOrigins, otherOrigins: 'pass' })
    for (const { admits } of [refusing, passing]) expect(admits(new URL('https://a.example/x'))).toBe(true)
    expect(passing.admits('http://a.example/')).toBe(false)
    expect(() => refusing.admits('http://a.example/')).toThrow(
      expect.objectContaining({ code: 'ERR_AUTH_ORIGIN' }),
    )
  })

  it('rejects plain http for a credential of any place, and takes it where there is no credential', () => {
    const origins = { allowedOrigins: ['http://a.example'] }
    const outcome = (auth: AuthProvider | AuthBinding, options: ExchangeOptions = {}) => {
      try {
        return createExchange(auth, options).admits('http://a.example/')
      } catch (error) {
        return (error as { code: string }).code
      }
    }
    const none = noAuth({ reason: 'A test' })
    const both = combineAuth(keyAuth('k'), queryAuth('q'))
    for (const auth of [keyAuth('k'), queryAuth('q'), both])
      expect(outcome(auth, origins)).toBe('ERR_AUTH_INSECURE_TRANSPORT')
    for (const change of [
      { headers: createHeaderMap({ 'x-team': '1', 'x-token': '1' }) },
      { query: { v: '1', token: '1' } },
      { secretHeaderNames: ['x-team'] },
    ])
      expect(outcome({ provider: none, ...origins, ...change })).toBe('ERR_AUTH_INSECURE_TRANSPORT')
    for (const change of [
      {},
      { headers: createHeaderMap({ 'x-team': '1' }), query: { v: '1' }, secretHeaderNames: [] },
    ])
      expect(outcome({ provider: none, ...origins, ...change })).toBe(true)
  })

  it('composes each request anew: the fragment goes, and the credentials of a caller too', async () => {
    const { prepare } = createExchange(
      {
        provider: combineAuth(keyAuth('k'), queryAuth('q')),
        allowedOrigins,
        query: { v: '1', w: '2', x: '3' },
      },
      {},
    )
    const headers = { 'X-Key': 'mine', authorization: 'mine', 'x-other': 'mine' }
    const request = outbound({ url: 'https://a.example/p?w=mine&api%20key=mine#v=1&token', headers })
    for (const attempt of [undefined, 1]) {
      const prepared = await prepare(request, attempt)
      expect({ ...prepared, headers: [...prepared.headers] }).toEqual({
        method: 'GET',
        url: 'https://a.example/p?w=mine&v=1&x=3&api%20key=q',
        headers: [
          ['x-other', 'mine'],
          ['x-key', 'k'],
        ],
        body: undefined,
      })
    }
  })

  it.each<[string, Partial<OutboundRequest>, Readonly<Record<string, string>> | undefined, string | null]>([
    [
      'the header',
      { headers: { 'Content-Type': 'a/1' }, contentType: 'a/3' },
      { 'content-type': 'a/2' },
      'a/1',
    ],
    ['the binding', { contentType: 'a/3' }, { 'content-type': 'a/2' }, 'a/2'],
    ['contentType', { contentType: 'a/3' }, undefined, 'a/3'],
    ['the body', {}, undefined, 'text/plain;charset=UTF-8'],
  ])('takes the content-type of %s', async (_what, change, headers, expected) => {
    const binding = { allowedOrigins, ...(headers && { headers: createHeaderMap(headers) }) }
    const request = outbound({ method: 'POST', body: 'text', ...change })
    const signed = await createExchange({ provider: signatureAuth('s'), ...binding }).prepare(request)
    expect(signed.headers.get('content-type')).toBe(expected)
    const unsigned = await createExchange({ provider: keyAuth('k'), ...binding }).prepare(request)
    expect(unsigned.headers.get('content-type')).toBe(change.contentType || headers ? expected : null)
  })

  it('signs the recorded body of a further attempt, and the body itself before', async () => {
    const { prepare } = createExchange(signatureAuth('s'), { allowedOrigins })
    const request = outbound({ method: 'POST', body: 'first', replay: () => 'again' })
    expect((await prepare(request)).body).toBe('first')
    expect((await prepare(request, 1)).body).toBe('again')
    expect((await prepare(outbound({ method: 'POST', body: 'first' }), 1)).body).toBe('first')
  })

  it('asks once for the recorded body of a further attempt', async () => {
    const slow: AuthProvider = { ...keyAuth('k'), applyAuth: (given) => applyAuth(keyAuth('k'), given) }
    for (const auth of [slow, keyAuth('k'), signatureAuth('s')]) {
      const replay = vi.fn(() => 'again')
      await createExchange(auth, { allowedOrigins }).prepare(outbound({ method: 'POST', replay }), 1)
      expect(replay).toHaveBeenCalledOnce()
    }
  })

  it('leaves an empty query of the caller as it is', async () => {
    const { prepare } = createExchange(keyAuth('k'), { allowedOrigins })
    for (const url of ['https://a.example/p?', 'https://a.example/?a&&b='])
      expect((await prepare(outbound({ url }))).url).toBe(url)
  })
})

it('immediateAuth() checks nothing where only an exchange will do', () => {
  const slow: AuthProvider = { ...keyAuth('k'), applyAuth: async (request) => request }
  for (const auth of [slow, { ...keyAuth('k'), requiresBody: true }])
    expect(immediateAuth(auth, { allowedOrigins })(outbound({ url: 'https://b.example/' }))).toBeUndefined()
})

it.each(['prepare()', 'immediateAuth()'])('%s tells its observer how long it took', async (way) => {
  let nowMs = 1000
  vi.spyOn(performance, 'now').mockImplementation(() => nowMs)
  const agentIdentity = { agentId: 'agent-1', taskId: 'task-1' }
  const slow: AuthProvider = {
    ...keyAuth('k'),
    agentIdentity,
    addAuthHeaders(headers) {
      nowMs += 25
      headers.set('x-key', 'k')
    },
  }
  const events: AuthEvent[] = []
  const options = { allowedOrigins, observer: (event: AuthEvent) => void events.push(event) }
  if (way === 'immediateAuth()') immediateAuth(slow, options)(outbound())
  else await createExchange(slow, options).prepare(outbound())
  expect(events).toEqual([
    {
      type: 'applied',
      kind: 'key',
      headerNames: ['x-key'],
      queryNames: [],
      origin: 'https://a.example',
      attempt: 0,
      durationMs: 25,
      agentIdentity,
    },
  ])
})
