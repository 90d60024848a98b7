import { inspect } from 'node:util'
import { expect, it } from 'vitest'
import { apiKeyAuth } from '../../packages/api-key/src/index.js'
import { bearerAuth, oauthRefresh } from '../../packages/bearer/src/index.js'
import { createExchange } from '../../packages/core/src/exchange/index.js'
import {
  type AuthProvider,
  applyAuth,
  asTokenSupplier,
  bindAuth,
  combineAuth,
  createHeaderMap,
  handshakeAuth,
  recoverHandshake,
  toAuthHeaders,
} from '../../packages/core/src/index.js'
import { eachHeader } from '../../packages/core/src/provider.js'
import { authFetch } from '../../packages/fetch/src/index.js'
import { createResolver } from '../../packages/resolver/src/index.js'
import {
  canonicalRequest,
  presignUrl,
  type SigningOptions,
  signRequest,
  sigV4Auth,
  stringToSign,
} from '../../packages/sigv4/src/index.js'
import { authInterceptor } from '../../packages/undici/src/index.js'

// A caller who mixes up two arguments gets an error that says so, and that error ends in a log: no part of a header, a
// URL or a key may be in it. Every function that takes one of them gets each of these values in each of its places.

const secret = 'sk-planted-4711-abcdefghijklmnopq'
const line = `x-account: ${secret}`
const url = `https://user:${secret}@a.example/?key=${secret}`

const shapes: Readonly<Record<string, unknown>> = {
  'a header line': line,
  'a URL': url,
  'a key': secret,
  'an empty string': '',
  'a String object': new String(line),
  'a number': 4711_4711,
  'a negative number': -4711_4711,
  'a bigint': 4711_4711n,
  true: true,
  'a symbol': Symbol(secret),
  null: null,
  'a function': () => secret,
  'a Promise': Promise.resolve(secret),
  'a list of lines': [line],
  'a list of URLs': [url],
  'a flat list': ['x-account', secret],
  'a nested list': [[[line]]],
  'a list of numbers': [4711_4711],
  'a list of objects': [{ [line]: secret }],
  'a pair': [['x-account', secret]],
  'a pair with a line as name': [[line, secret]],
  'a triple': [['x-account', secret, secret]],
  'a Set': new Set([line]),
  'a Map': new Map([[line, secret]]),
  'a Map of lists': new Map([['x-account', [secret]]]),
  bytes: new TextEncoder().encode(line),
  'an object with a line as name': { [line]: secret },
  'an object of lists': { 'x-account': [secret] },
  'an object of objects': { 'x-account': { secret } },
  'an object with a line break': { 'x-account': `${secret}\n` },
  'a URL object': new URL(url),
  'a Date': new Date(4711),
  'a RegExp': /sk-planted-4711/,
  'an object that is a URL as text': { toString: () => url },
  'a malformed iterator': { [Symbol.iterator]: secret },
  'a reference to a variable': { env: line },
  'a reference to a file': { file: url },
  'a reference to a command': { command: line },
  'a Request': new Request(`https://a.example/?key=${secret}`, { headers: { 'x-account': secret } }),
}

const home = 'https://a.example'
const allowedOrigins = [home]
const keys = { accessKeyId: 'a', secretAccessKey: 'b' }
const signing = { service: 's3', region: 'us-east-1', credentials: keys }
const literal = bearerAuth({ token: 't' })
const recovering: AuthProvider = {
  ...literal,
  recover: async ({ readBody }) => (await readBody()).length > 0,
}
const signer = sigV4Auth(signing)
const answering = async () => new Response('ok')
const send = (auth: AuthProvider) => authFetch(auth, { allowedOrigins, fetch: answering })(home)

type Dispatch = Parameters<ReturnType<typeof authInterceptor>>[0]

/** Dispatches the options of a request as an agent does. */
const dispatching =
  (auth: AuthProvider, otherOrigins: 'refuse' | 'pass') => (given: Parameters<Dispatch>[0]) =>
    new Promise<void>((resolve, reject) => {
      const dispatch = authInterceptor(auth, { allowedOrigins, otherOrigins })(() => {
        resolve()
        return true
      })
      dispatch(given, { onResponseError: (_, error) => reject(error) })
    })

const resolver = createResolver(
  { bearer: bearerAuth, 'api-key': apiKeyAuth, sigv4: sigV4Auth },
  { env: { A: 't' }, runCommand: async () => 't', awsCredentials: () => async () => keys },
)
const resolve = async (definition: unknown) => send((await resolver.resolveUnknown(definition)).provider)
const request = { origin: home, path: '/', method: 'POST', query: {}, headers: {}, body: 'x' }
const signed = { method: 'GET', url: home, headers: {}, body: 'x' }
const tokenOptions = { refreshIntervalMs: 0, timeoutMs: 1000, allowAnyText: false, observer: () => {} }
const place = { baseUrl: home, allowedOrigins, headers: {}, query: {}, allowInsecureTransport: false }
const refresh = (options: never) => oauthRefresh(options)({ refreshToken: 'r' } as never, {} as never)

type Taker = (value: never) => unknown

/** A function, and an argument that it takes: each of the properties gives way to each shape. */
const takers: Readonly<Record<string, readonly [Taker, object?]>> = {
  createHeaderMap: [createHeaderMap],
  eachHeader: [(init) => eachHeader('taker', init, () => {})],
  toAuthHeaders: [toAuthHeaders],
  combineAuth: [(auth) => combineAuth(auth, literal)],
  asTokenSupplier: [
    (options) => asTokenSupplier(literal, options)(),
    { signal: undefined, minValidityMs: 0 },
  ],
  applyAuth: [(given) => applyAuth(literal, given), { ...signed, headers: createHeaderMap() }],
  'applyAuth of a signer': [(given) => applyAuth(signer, given), { ...signed, headers: createHeaderMap() }],
  createExchange: [(given) => createExchange(literal, { allowedOrigins }).prepare(given), signed],
  'bearerAuth, literal': [(o) => send(bearerAuth(o)), { token: 't', headers: {}, ...tokenOptions }],
  'bearerAuth, source': [(token) => send(bearerAuth({ token: async () => token }))],
  'apiKeyAuth, header': [
    (o) => send(apiKeyAuth(o)),
    { key: 'k', header: 'x-k', prefix: 'p', ...tokenOptions },
  ],
  'apiKeyAuth, query': [(o) => send(apiKeyAuth(o)), { key: 'k', query: 'key' }],
  sigV4Auth: [(o) => send(sigV4Auth(o)), { ...signing, payload: 'signed', signedHeaders: 'all' }],
  'sigV4Auth, credentials': [(credentials) => send(sigV4Auth({ ...signing, credentials })), keys],
  'sigV4Auth, source': [(keys) => send(sigV4Auth({ ...signing, credentials: async () => keys })), keys],
  signRequest: [(given) => signRequest(given, signing), signed],
  'signRequest, options': [(o) => signRequest(signed, o), { ...signing, signedHeaders: 'all' }],
  canonicalRequest: [(given) => canonicalRequest(given, signing), signed],
  stringToSign: [(given) => stringToSign(given, signing), signed],
  presignUrl: [(given) => presignUrl(given, { ...signing, expiresInMs: 1000 }), signed],
  'presignUrl, options': [(o) => presignUrl(signed, o as SigningOptions & { expiresInMs: number }), signing],
  bindAuth: [(o) => bindAuth(literal, o), { ...place, secretHeaderNames: [] }],
  'authFetch, provider': [(auth) => authFetch(auth, { allowedOrigins })],
  'authFetch, options': [(o) => authFetch(literal, o)(home), { allowedOrigins, fetch: answering }],
  'authFetch, input': [(input) => authFetch(literal, { allowedOrigins, fetch: answering })(input)],
  'authFetch, input of the platform': [
    (input) => authFetch(literal, { allowedOrigins, otherOrigins: 'pass' })(input),
  ],
  'authFetch, init': [
    (init) => authFetch(literal, { allowedOrigins, fetch: answering })(home, init),
    { headers: {} },
  ],
  'authFetch, init of a signer': [
    (init) => authFetch(signer, { allowedOrigins, fetch: answering })(home, init),
    { headers: {}, body: 'x' },
  ],
  'authFetch, init that passes through': [
    (init) => authFetch(literal, { allowedOrigins })('data:,x', init),
    { headers: {} },
  ],
  'authInterceptor, provider': [(auth) => authInterceptor(auth, { allowedOrigins })],
  'authInterceptor, options': [(o) => authInterceptor(literal, o), { allowedOrigins, otherOrigins: 'pass' }],
  'authInterceptor, request': [dispatching(literal, 'refuse'), request],
  'authInterceptor, request that may pass': [dispatching(literal, 'pass'), request],
  'authInterceptor, request of a signer': [dispatching(signer, 'refuse'), request],
  handshakeAuth: [
    (given) => handshakeAuth(literal, given, { allowedOrigins }),
    { ...signed, url: 'wss://a.example' },
  ],
  'handshakeAuth of a signer': [(given) => handshakeAuth(signer, given, { allowedOrigins }), signed],
  'handshakeAuth, options': [(o) => handshakeAuth(literal, { url: home }, o), { allowedOrigins }],
  recoverHandshake: [
    (r) => recoverHandshake(recovering, { url: home, headers: {} }, r),
    { status: 401, headers: {}, body: 'x' },
  ],
  'recoverHandshake, opened': [
    (opened) => recoverHandshake(recovering, opened, 401),
    { url: home, headers: {} },
  ],
  oauthRefresh: [
    refresh,
    {
      tokenEndpoint: `${home}/t`,
      clientId: 'c',
      clientSecret: 's',
      fetch: async () => Response.json({ access_token: 'a' }),
    },
  ],
  'resolver, none': [resolve, { kind: 'none', reason: 'r', ...place }],
  'resolver, bearer': [resolve, { kind: 'bearer', token: { env: 'A' }, ...place }],
  'resolver, api-key': [
    resolve,
    { kind: 'api-key', key: { env: 'A' }, header: 'x-k', prefix: 'p', ...place },
  ],
  'resolver, sigv4': [resolve, { kind: 'sigv4', ...signing, credentials: { profile: 'p' }, ...place }],
  'resolver, a header': [
    (header) => resolve({ kind: 'bearer', token: 't', baseUrl: home, headers: { 'x-a': header } }),
    { env: 'A' },
  ],
  'resolver, a file': [(token) => resolve({ kind: 'bearer', token, baseUrl: home }), { file: 'a' }],
  'resolver, a command': [
    (token) => resolve({ kind: 'bearer', token, baseUrl: home }),
    { command: ['a'], cwd: '/', timeoutMs: 1 },
  ],
}

/** A failure as a log shows it; undefined if nothing failed. */
async function logged(task: () => unknown): Promise<string | undefined> {
  try {
    await task()
    return undefined
  } catch (error) {
    const { message, stack, cause } = error as Error
    return [
      message,
      stack,
      inspect(error, { depth: 9, showHidden: true }),
      inspect(cause, { depth: 9 }),
    ].join('\n')
  }
}

it.each(Object.entries(takers))(
  'no error quotes what came in the wrong place: %s',
  async (_, [take, valid]) => {
    const given: [string, unknown][] = Object.entries(shapes)
    const calls = [...given]
    for (const [shape, value] of valid ? given : []) {
      for (const name of Object.keys(valid ?? {}))
        calls.push([`${name}: ${shape}`, { ...valid, [name]: value }])
      // A line or a URL in place of a name.
      if (typeof value === 'string') calls.push([`the name: ${shape}`, { ...valid, [value]: 1 }])
    }
    let failures = 0
    for (const [what, value] of calls) {
      const text = await logged(() => take(value as never))
      if (text === undefined) continue
      failures++
      const quoted = text.split('\n').filter((found) => /planted|4711/.test(found))
      // A short name of plain characters is shown, since it is a misspelt option, most likely.
      if (what !== 'the name: a key') expect([what, ...quoted]).toEqual([what])
    }
    expect(failures).toBeGreaterThan(0)
  },
)
