import { describe, expect, it } from 'vitest'
import { createExchange, holdsCredential, isStream, stripCredentials } from '../../src/exchange/index.js'
import {
  type AuthProvider,
  type AuthRejection,
  combineAuth,
  handshakeAuth,
  recoverHandshake,
} from '../../src/index.js'
import { keyAuth, queryAuth } from '../checks/sample-providers.js'

describe('createExchange() with a provider of one header and one query parameter', () => {
  const auth = combineAuth(keyAuth('k'), queryAuth('q'))

  it('sends nothing over plain http to another machine', async () => {
    for (const host of ['a.example', 'evillocalhost']) {
      const { prepare } = createExchange(auth, { allowedOrigins: [`http://${host}`] })
      const outbound = { method: 'GET', url: `http://${host}/`, headers: {} }
      // Some failures are thrown at once.
      await expect((async () => prepare(outbound))()).rejects.toMatchObject({
        code: 'ERR_AUTH_INSECURE_TRANSPORT',
      })
    }
  })

  it("removes the caller's dummy credential", async () => {
    const { prepare } = createExchange(auth, { allowedOrigins: ['https://a.example'] })
    const headers = { authorization: 'Bearer dummy' }
    const { headers: sent } = await prepare({ method: 'GET', url: 'https://a.example/', headers })
    expect([...sent]).toEqual([['x-key', 'k']])
  })
})

describe('stripCredentials()', () => {
  const kept = [
    'accept',
    'accept-language',
    'cache-control',
    'content-language',
    'if-match',
    'pragma',
    'range',
  ]
  const dropped = [
    'x-accept',
    'user-agent-key',
    'xif-match',
    'x-range',
    'cache-control-key',
    'acceptx',
    'cookie',
  ]

  it('keeps the headers that describe what a client accepts, and no other', () => {
    const headers = Object.fromEntries([...kept, 'user-agent', ...dropped].map((name) => [name, 'v']))
    const stripped = stripCredentials(keyAuth('k'), 'https://b.example/', headers)
    expect([...stripped.headers].map(([name]) => name).sort()).toEqual([...kept, 'user-agent'].sort())
  })

  it('leaves a URL as it is where the provider declares no parameter', () => {
    const url = 'https://b.example/p?#fragment'
    expect(stripCredentials(keyAuth('k'), url, {}).url).toBe(url)
    expect(stripCredentials(queryAuth('k'), `${url}?api%20key=k`, {}).url).toBe('https://b.example/p')
  })
})

describe('isStream()', () => {
  it.each<[string, unknown, boolean]>([
    ['null', null, false],
    ['nothing', undefined, false],
    ['a text', 'text', false],
    ['bytes', new Uint8Array(1), false],
    ['a web stream that cannot be iterated', { getReader() {} }, true],
    ['an old Node stream', { pipe() {} }, true],
    ['what can be iterated in time', { [Symbol.asyncIterator]() {} }, true],
  ])('%s', (_, body, expected) => {
    expect(isStream(body)).toBe(expected)
  })
})

describe('handshakeAuth()', () => {
  const options = { allowedOrigins: ['wss://a.example'] }

  it.each([
    'https://a.example/?to=wss://b',
    'https://a.example/?to=ws://b',
    'wss://a.example/?to=http://b&from=https://c&ws=http',
    'https://a.example/http/ws',
  ])('changes nothing but the scheme, and that back again: %s', async (url) => {
    const opened = await handshakeAuth(keyAuth('k'), { url }, options)
    expect(opened.url).toBe(url)
  })

  it.each(['xwss://a.example/', 'wssx://a.example/', 'xhttps://a.example/', 7, undefined])(
    'opens no %s',
    async (url) => {
      const opening = handshakeAuth(keyAuth('k'), { url: url as string }, options)
      await expect(opening).rejects.toMatchObject({ code: 'ERR_AUTH_URL' })
    },
  )
})

it('recoverHandshake() shows the provider a GET request to the http URL, and an empty body by default', async () => {
  const seen: (AuthRejection & { text?: string })[] = []
  const auth: AuthProvider = {
    ...keyAuth('k'),
    async recover(rejection) {
      seen.push({ ...rejection, text: await rejection.readBody() })
      return true
    },
  }
  const opened = { url: 'wss://a.example/?to=ws://b', headers: { 'x-key': 'k' } }
  expect(await recoverHandshake(auth, opened, 401)).toBe(true)
  expect(seen).toMatchObject([
    { request: { method: 'GET', url: 'https://a.example/?to=ws://b' }, text: '', attempt: 0, status: 401 },
  ])
})

describe('holdsCredential()', () => {
  const times = (count: number, text: string): string =>
    count === 0 ? text : times(count - 1, encodeURIComponent(text))
  const secret = 'secret/credential'

  it('finds what is encoded five times, and not six times', () => {
    expect(holdsCredential(`https://b.example/${times(5, secret)}`, [secret])).toBe(true)
    expect(holdsCredential(`https://b.example/${times(6, secret)}`, [secret])).toBe(false)
  })

  it('finds 8 characters anywhere, and 7 only as a whole value, segment or fragment', () => {
    expect(holdsCredential('https://b.example/x12345678x', ['12345678'])).toBe(true)
    expect(holdsCredential('https://b.example/x1234567x', ['1234567'])).toBe(false)
    for (const place of ['?a=1234567', '/1234567', '#1234567', '?1234567&b', ';1234567;'])
      expect(holdsCredential(`https://b.example/${place}`, ['1234567'])).toBe(true)
  })
})
