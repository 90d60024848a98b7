import { describe, expect, it } from 'vitest'
import { handshakeAuth } from '../../../src/index.js'
import { keyAuth, queryAuth, signatureAuth } from '../../checks/sample-providers.js'

const options = {
  allowedOrigins: [
    'https://a.example',
    'http://localhost:8080',
    'https://xn--bcher-kva.example',
    'http://127.0.0.1',
  ],
}
const open = (url: string) => handshakeAuth(keyAuth('k'), { url }, options)

/** Every parser reads the host that was checked: RFC 3986, WHATWG, or a regular expression. */
const readings: readonly (readonly [what: string, given: string, opened: string])[] = [
  [
    'a backslash before an at sign',
    'http://localhost:8080\\@127.0.0.1:9090/v1',
    'http://localhost:8080/@127.0.0.1:9090/v1',
  ],
  ['two backslashes', 'wss:\\\\a.example\\v1', 'wss://a.example/v1'],
  ['backslashes in the path', 'wss://a.example\\v1\\live', 'wss://a.example/v1/live'],
  ['a tab in the host', 'wss://a.exam\tple/v1', 'wss://a.example/v1'],
  ['a line break in the host', 'wss://a.exam\r\nple/v1', 'wss://a.example/v1'],
  ['a tab in the scheme', 'ws\ts://a.example/v1', 'wss://a.example/v1'],
  [
    'a tab before an at sign',
    'http://localhost:8080\t/@127.0.0.1:9090/v1',
    'http://localhost:8080/@127.0.0.1:9090/v1',
  ],
  ['a line break in the path', 'wss://a.example/v\n1', 'wss://a.example/v1'],
  ['no slashes', 'https:a.example/v1', 'https://a.example/v1'],
  ['no slashes after ws', 'wss:a.example/v1', 'wss://a.example/v1'],
  ['one slash', 'wss:/a.example/v1', 'wss://a.example/v1'],
  ['four slashes', 'https:////a.example/v1', 'https://a.example/v1'],
  ['dot segments', 'wss://a.example/v1/../v2/./x', 'wss://a.example/v2/x'],
  ['escaped dot segments', 'wss://a.example/v1/%2e%2e/v2/%2E/x', 'wss://a.example/v2/x'],
  ['half escaped dot segments', 'wss://a.example/v1/.%2e/v2', 'wss://a.example/v2'],
  ['capitals in scheme and host', 'WSS://A.EXAMPLE/V1', 'wss://a.example/V1'],
  ['capitals in http', 'HTTP://LocalHost:8080/', 'http://localhost:8080/'],
  ['the default port of wss', 'wss://a.example:443/v1', 'wss://a.example/v1'],
  ['the default port of https', 'https://a.example:443/v1', 'https://a.example/v1'],
  ['a port with zeros', 'ws://localhost:08080/', 'ws://localhost:8080/'],
  ['an empty port', 'wss://a.example:/v1', 'wss://a.example/v1'],
  ['an escaped host', 'wss://%61.example/v1', 'wss://a.example/v1'],
  ['another alphabet', 'wss://bücher.example/v1', 'wss://xn--bcher-kva.example/v1'],
  ['full-width letters', 'wss://ａ．example/v1', 'wss://a.example/v1'],
  ['an IPv4 address as a number', 'ws://2130706433/v1', 'ws://127.0.0.1/v1'],
  ['an IPv4 address in hex', 'ws://0x7f.1/v1', 'ws://127.0.0.1/v1'],
  ['whitespace around it', ' \t\n wss://a.example/v1 \n', 'wss://a.example/v1'],
  ['control characters around it', '\0wss://a.example/v1\x1f', 'wss://a.example/v1'],
  ['no path', 'wss://a.example', 'wss://a.example/'],
  ['no path but a query', 'wss://a.example?x=1', 'wss://a.example/?x=1'],
  ['blanks and quotes', 'wss://a.example/a b"c?d="e\' f', 'wss://a.example/a%20b%22c?d=%22e%27%20f'],
  ['a fragment', 'wss://a.example/v1?x=1#secret', 'wss://a.example/v1?x=1'],
  ['an empty user', 'wss://@a.example/v1', 'wss://a.example/v1'],
]

describe('handshakeAuth()', () => {
  it.each(readings)('returns a URL with %s as it was checked', async (_what, given, opened) => {
    expect((await open(given)).url).toBe(opened)
    expect(new URL((await open(given)).url).href).toBe(opened)
  })

  it.each(readings)('signs a URL with %s as it returns it', async (_what, given, opened) => {
    let signed: string | undefined
    const signer = signatureAuth('s')
    const seen = {
      ...signer,
      applyAuth: async (request: Parameters<NonNullable<typeof signer.applyAuth>>[0]) => {
        signed = request.url
        return signer.applyAuth?.(request) ?? request
      },
    }
    expect((await handshakeAuth(seen, { url: given }, options)).url).toBe(opened)
    expect(signed).toBe(opened.replace(/^ws/, 'http'))
  })

  it.each(readings)('puts a key into the query of a URL with %s', async (_what, given, opened) => {
    const { url } = await handshakeAuth(queryAuth('k'), { url: given }, options)
    expect(url).toBe(`${opened}${opened.includes('?') ? '&' : '?'}api%20key=k`)
  })

  it('returns what a provider has put into the URL as a parser reads it', async () => {
    const auth = {
      ...queryAuth('k'),
      async applyAuth(request: { url: string }) {
        return { ...request, url: `${request.url}\\..\\x?api key=k` }
      },
    } as unknown as ReturnType<typeof queryAuth>
    expect((await handshakeAuth(auth, { url: 'wss://a.example/v1' }, options)).url).toBe(
      'wss://a.example/x?api%20key=k',
    )
  })

  it.each([
    ['the other host, behind a backslash', 'http://127.0.0.1:9090\\@localhost:8080/v1', 'ERR_AUTH_ORIGIN'],
    ['the other host, without slashes', 'wss:b.example', 'ERR_AUTH_ORIGIN'],
    ['a user name', 'wss://me@a.example/', 'ERR_AUTH_URL'],
    ['a user name behind a tab', 'wss:\t//me:pass@a.example/', 'ERR_AUTH_URL'],
    ['another scheme', 'wsx://a.example/', 'ERR_AUTH_URL'],
    ['a scheme that only begins like one', 'https2://a.example/', 'ERR_AUTH_URL'],
    ['no scheme', '//a.example/', 'ERR_AUTH_URL'],
    ['a path', '/v1', 'ERR_AUTH_URL'],
    ['nothing', '', 'ERR_AUTH_URL'],
    ['a broken host', 'wss://a b/', 'ERR_AUTH_URL'],
  ])('rejects a URL with %s', async (_what, given, code) => {
    await expect(open(given)).rejects.toMatchObject({ kind: 'build', code })
  })

  it.each([
    undefined,
    null,
    5,
    new URL('wss://a.example'),
    new URL('https://a.example'),
    ['wss://a.example'],
  ])('rejects %o as a URL', async (url) => {
    await expect(open(url as never)).rejects.toMatchObject({ code: 'ERR_AUTH_URL' })
  })

  it.each(['wss://a.example', ' WSS:a.example:443 ', 'https://A.example/', 'wss:\\\\a.example'])(
    'takes %j for an allowed origin',
    async (origin) => {
      const allowed = { allowedOrigins: [origin] }
      expect((await handshakeAuth(keyAuth('k'), { url: 'wss://a.example/v1' }, allowed)).url).toBe(
        'wss://a.example/v1',
      )
      await expect(handshakeAuth(keyAuth('k'), { url: 'wss://b.example/' }, allowed)).rejects.toMatchObject({
        code: 'ERR_AUTH_ORIGIN',
      })
    },
  )

  it.each(['wss://a.example/v1', 'wss://me@a.example', 'wss://*.example', 'wsx://a.example'])(
    'rejects %j as an allowed origin',
    async (origin) => {
      const allowed = { allowedOrigins: [origin] }
      await expect(handshakeAuth(keyAuth('k'), { url: 'wss://a.example/' }, allowed)).rejects.toThrow(
        TypeError,
      )
    },
  )
})
