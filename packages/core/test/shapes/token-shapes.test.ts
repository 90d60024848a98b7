import { describe, expect, it, vi } from 'vitest'
import { bindAuth, type SourceOptions } from '../../src/index.js'
import {
  toAnthropicCredentials,
  toAwsToken,
  toAzureTokenCredential,
  toGoogleAuthClient,
  toMcpAuthProvider,
} from '../../src/shapes/index.js'
import { keyAuth } from '../checks/sample-providers.js'
import { bearerOf } from './bearer-of.js'

const origin = 'https://api.example.com'
const options = { origin }
const end = new Date(4_000_000_000_500)

/** A provider whose source gives token-1, token-2, … and notes what it was asked. */
function lab(expiresAt: Date | undefined = end) {
  const calls: SourceOptions[] = []
  const source = (asked: SourceOptions) => ({ token: `token-${calls.push(asked)}`, expiresAt })
  // Without an expiry it keeps a token until it is rejected.
  return { calls, auth: bearerOf(source, expiresAt ? undefined : 0) }
}

describe('toAnthropicCredentials()', () => {
  it('gives the token and its expiry in seconds, or null', async () => {
    expect(await toAnthropicCredentials(lab().auth, options)()).toEqual({
      token: 'token-1',
      expiresAt: 4_000_000_000,
    })
    expect(await toAnthropicCredentials(keyAuth('key-1'), options)()).toEqual({
      token: 'key-1',
      expiresAt: null,
    })
  })

  it('renews once for a storm of rejections, late ones included', async () => {
    const { auth, calls } = lab()
    const credentials = toAnthropicCredentials(auth, options)
    await credentials()
    const forced = () => credentials({ forceRefresh: true })
    const tokens = await Promise.all([forced(), forced(), credentials()])
    tokens.push(await forced())
    expect(tokens.map(({ token }) => token)).toEqual(['token-2', 'token-2', expect.any(String), 'token-2'])
    expect(calls).toHaveLength(2)
  })

  it('renews again for the next storm', async () => {
    vi.useFakeTimers({ toFake: ['performance'] })
    try {
      const { auth } = lab()
      const credentials = toAnthropicCredentials(auth, options)
      await credentials()
      expect((await credentials({ forceRefresh: true })).token).toBe('token-2')
      vi.advanceTimersByTime(4999)
      expect((await credentials({ forceRefresh: true })).token).toBe('token-2')
      vi.advanceTimersByTime(1)
      expect((await credentials({ forceRefresh: true })).token).toBe('token-3')
    } finally {
      vi.useRealTimers()
    }
  })
})

describe('toAzureTokenCredential()', () => {
  it('gives the token and its expiry in milliseconds', async () => {
    const credential = toAzureTokenCredential(lab().auth, options)
    expect(await credential.getToken('scope')).toEqual({
      token: 'token-1',
      expiresOnTimestamp: end.getTime(),
    })
  })

  it('says that a token of unknown expiry lives for 5 minutes', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2026, 0, 1) })
    try {
      const { expiresOnTimestamp } = await toAzureTokenCredential(keyAuth('key-1'), options).getToken([])
      expect(expiresOnTimestamp).toBe(Date.UTC(2026, 0, 1, 0, 5))
    } finally {
      vi.useRealTimers()
    }
  })

  it('passes the claims of a challenge to the source, once for a storm', async () => {
    const { auth, calls } = lab()
    const credential = toAzureTokenCredential(auth, options)
    await credential.getToken('scope')
    const claims = '{"access_token":{}}'
    const ask = () => credential.getToken('scope', { claims })
    const tokens = await Promise.all([ask(), ask()])
    tokens.push(await ask(), await credential.getToken('scope'))
    expect(tokens.map(({ token }) => token)).toEqual(['token-2', 'token-2', 'token-2', 'token-2'])
    expect(calls).toMatchObject([{ forceRefresh: false }, { forceRefresh: true, claims }])
    expect((await credential.getToken('scope', { claims: '{"other":1}' })).token).toBe('token-3')
  })

  it("ends the wait when Azure's signal aborts", async () => {
    const credential = toAzureTokenCredential(
      bearerOf(() => new Promise(() => {})),
      options,
    )
    let abort = () => {}
    const abortSignal = {
      aborted: false,
      addEventListener(_type: 'abort', listener: () => void) {
        abort = listener
      },
    }
    const waiting = credential.getToken('scope', { abortSignal })
    abort()
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' })
    const aborted = credential.getToken('scope', { abortSignal: { aborted: true } })
    await expect(aborted).rejects.toMatchObject({ name: 'AbortError' })
  })
})

describe('toAwsToken()', () => {
  it('gives the token and its expiration, and renews once for a storm', async () => {
    const { auth, calls } = lab()
    const token = toAwsToken(auth, options)
    expect(await token()).toEqual({ token: 'token-1', expiration: end })
    await Promise.all([token({ forceRefresh: true }), token({ forceRefresh: true })])
    expect((await token({})).token).toBe('token-2')
    expect(calls).toHaveLength(2)
  })

  it('gives an expiration also where the expiry is unknown, since the SDK would never ask again', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2026, 0, 1) })
    try {
      const { expiration } = await toAwsToken(keyAuth('key-1'), options)()
      expect(expiration).toEqual(new Date(Date.UTC(2026, 0, 1, 0, 5)))
    } finally {
      vi.useRealTimers()
    }
  })
})

describe('toMcpAuthProvider()', () => {
  it('gives the token, and renews once for any number of rejections', async () => {
    const { auth, calls } = lab(undefined)
    const provider = toMcpAuthProvider(auth, options)
    expect(await provider.token()).toBe('token-1')
    await Promise.all([provider.onUnauthorized(), provider.onUnauthorized()])
    await provider.onUnauthorized()
    expect(await provider.token()).toBe('token-2')
    expect(calls).toHaveLength(2)
  })
})

describe('toGoogleAuthClient()', () => {
  /** The part of google-auth-library's class that counts: requests go through its transporter. */
  function clientClass(answers: (number | Error)[]) {
    const sent: { url?: string; headers: Headers; redirect?: string }[] = []
    function AuthClient(this: { transporter: object }) {
      this.transporter = {
        async request(request: { headers: Headers }) {
          sent.push(request)
          const status = answers.shift()
          if (status === 200) return { status }
          throw status instanceof Error
            ? status
            : Object.assign(new Error('refused'), { response: { status } })
        },
      }
    }
    type Client = { transporter: object; request(options: object): Promise<{ status?: number }> }
    return { sent, AuthClient: AuthClient as unknown as abstract new () => Client }
  }

  it('gives headers with a bearer token or a key, and the token alone', async () => {
    const client = toGoogleAuthClient(lab().auth, options)
    expect((await client.getRequestHeaders()).get('authorization')).toBe('Bearer token-1')
    expect(await client.getAccessToken()).toEqual({ token: 'token-1' })
    expect(client).not.toHaveProperty('request')
    const keyed = toGoogleAuthClient(keyAuth('key-1'), options)
    expect([...(await keyed.getRequestHeaders(`${origin}/v1`))]).toEqual([['x-key', 'key-1']])
  })

  it.each([
    ['https://evil.example/a', 'https://evil.example'],
    [new URL('http://api.example.com/'), 'http://api.example.com'],
    ['no URL', 'what is no http(s) URL'],
    ['ftp://api.example.com/', 'what is no http(s) URL'],
  ])('gives none for %s', async (url, shown) => {
    const client = toGoogleAuthClient(bindAuth(lab().auth, { allowedOrigins: [origin] }), options)
    await expect(client.getRequestHeaders(url)).rejects.toMatchObject({
      kind: 'build',
      code: 'ERR_AUTH_ORIGIN',
      message: `The credential may not go to ${shown}; allowed: ${origin}`,
    })
    const headers = await client.getRequestHeaders(new URL(origin))
    expect(headers.get('authorization')).toBe('Bearer token-1')
  })

  it.each([
    [undefined, 'manual'],
    ['follow', 'manual'],
    ['manual', 'manual'],
    ['error', 'error'],
  ])('as an AuthClient sends a request whose redirect is %s with %s', async (redirect, expected) => {
    const { AuthClient, sent } = clientClass([200])
    const client = toGoogleAuthClient(lab().auth, { ...options, AuthClient })
    const headers = { Authorization: 'Bearer of-the-library', 'x-team': 'a' }
    await client.request({ url: origin, method: 'PUT', headers, ...(redirect && { redirect }) })
    expect(sent.map((request) => ({ ...request, headers: Object.fromEntries(request.headers) }))).toEqual([
      {
        url: origin,
        method: 'PUT',
        headers: { authorization: 'Bearer token-1', 'x-team': 'a' },
        redirect: expected,
      },
    ])
  })

  it.each([undefined, null, {}, { response: null }])(
    'as an AuthClient passes on a thrown %j',
    async (thrown) => {
      const { AuthClient, sent } = clientClass([])
      const client = toGoogleAuthClient(lab().auth, { ...options, AuthClient })
      Object.assign(client.transporter, {
        async request(request: (typeof sent)[0]) {
          sent.push(request)
          throw thrown
        },
      })
      const ended = await client.request({ url: origin }).catch((error: unknown) => ({ error }))
      expect([ended, sent.length]).toEqual([{ error: thrown }, 1])
    },
  )

  it('as an AuthClient sends requests, and once more after a 401', async () => {
    const { AuthClient, sent } = clientClass([200, 401, 200, 403])
    const { auth, calls } = lab()
    const client = toGoogleAuthClient(auth, { ...options, AuthClient })
    expect(client).toBeInstanceOf(AuthClient)
    const url = `${origin}/v1`
    await client.request({ url, headers: { 'x-team': 'a' } })
    expect(await client.request({ url })).toEqual({ status: 200 })
    expect(sent.map(({ headers }) => headers.get('authorization'))).toEqual([
      'Bearer token-1',
      'Bearer token-1',
      'Bearer token-2',
    ])
    expect(sent[0]?.headers.get('x-team')).toBe('a')
    await expect(client.request({ url })).rejects.toMatchObject({ response: { status: 403 } })
    expect(calls).toHaveLength(2)
  })

  it('does not send a stream twice, and renews nothing for another failure', async () => {
    const { AuthClient, sent } = clientClass([401, 401, new Error('no network'), 401, 401])
    const client = toGoogleAuthClient(lab().auth, { ...options, AuthClient })
    const refused = { response: { status: 401 } }
    for (const place of ['data', 'body']) {
      const streamed = client.request({ url: origin, [place]: new ReadableStream() })
      await expect(streamed).rejects.toMatchObject(refused)
    }
    await expect(client.request({ url: origin })).rejects.toThrow('no network')
    expect(sent).toHaveLength(3)
    await expect(client.request({ url: origin, data: 'a' })).rejects.toMatchObject(refused)
    expect(sent).toHaveLength(5)
  })

  it('refuses an AuthClient that is no class', () => {
    const take = (change: object) => () => toGoogleAuthClient(lab().auth, { ...options, ...change })
    expect(take({ AuthClient: {} })).toThrow(
      expect.objectContaining({
        name: 'TypeError',
        message: 'toGoogleAuthClient: AuthClient must be the class of google-auth-library',
        option: 'AuthClient',
      }),
    )
    expect(take({ client: 1 })).toThrow(
      'toGoogleAuthClient: unknown option "client"; it has origin, allowInsecureTransport, AuthClient; did you mean AuthClient?',
    )
    expect(take({ origin: 'http://api.example.com', allowInsecureTransport: true })).not.toThrow()
  })
})

describe('the shapes of tokens name themselves in an error', () => {
  const shapes = {
    toAnthropicCredentials,
    toAwsToken,
    toAzureTokenCredential,
    toGoogleAuthClient,
    toMcpAuthProvider,
  }
  it.each(Object.entries(shapes))('%s()', (name, make) => {
    const take = make as (auth: unknown, options?: unknown) => unknown
    const { auth } = lab()
    expect(() => take(auth, { origins: [origin] })).toThrow(new RegExp(`^${name}: unknown option "origins"`))
    expect(() => take(auth, { origin: `${origin}/v1` })).toThrow(
      `${name}: origin must be the origin that the token is sent to, such as 'https://api.example.com', got "${origin}/v1"`,
    )
    expect(() => take('token', options)).toThrow(`${name}: expected a provider`)
  })
})
