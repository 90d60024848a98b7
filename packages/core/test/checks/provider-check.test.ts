import { describe, expect, it } from 'vitest'
import {
  type CheckAuthProviderOptions,
  type CheckContext,
  checkAuthProvider,
} from '../../src/checks/index.js'
import {
  AuthError,
  type AuthProvider,
  type AuthRejection,
  type AuthRequest,
  createHeaderMap,
} from '../../src/index.js'
import { type AuthResponse, setQueryParameter } from '../../src/provider.js'
import { broken } from './providers/broken-provider.js'
import { keyAuth, proofAuth, renewed, secret, signatureAuth, tokenAuth } from './sample-providers.js'

interface Shown extends Omit<AuthRequest, 'headers'> {
  readonly headers: Readonly<Record<string, string>>
  readonly map: 'Headers' | 'light map'
}

/** Runs the check whose name starts with this text. */
async function runCheck(start: string, options: Partial<CheckAuthProviderOptions>): Promise<void> {
  const checks = checkAuthProvider({ create: () => keyAuth(secret), secrets: [secret], ...options })
  const [check, ...others] = checks.filter(({ name }) => name.startsWith(start))
  expect(others).toEqual([])
  await check?.run()
}

/** Runs one check, and returns the requests that it applied the provider to. */
async function shownBy(
  start: string,
  sound: AuthProvider = broken({}),
  options: Partial<CheckAuthProviderOptions> = {},
): Promise<Shown[]> {
  const shown: Shown[] = []
  const create = (): AuthProvider => ({
    ...sound,
    async applyAuth(request, applyOptions) {
      const headers = Object.fromEntries(request.headers)
      shown.push({ ...request, headers, map: request.headers instanceof Headers ? 'Headers' : 'light map' })
      if (sound.applyAuth) return sound.applyAuth(request, applyOptions)
      sound.addAuthHeaders(request.headers)
      return request
    },
  })
  await runCheck(start, { create, ...options })
  return shown
}

const url = 'https://api.example.com/v1/things?text=a%20b%2fc&empty='
const headers = { accept: 'application/json', 'content-type': 'application/json' }
const body = '{"count":1}'
const plain = { method: 'POST', url, headers, body, map: 'light map' }

describe('checkAuthProvider() applies a provider', () => {
  it('to requests with and without a body', async () => {
    expect(await shownBy('authenticates every request')).toEqual([
      { ...plain, method: 'GET', body: undefined },
      { ...plain, method: 'HEAD', body: undefined },
      { ...plain, method: 'POST' },
      { ...plain, method: 'PUT' },
      { ...plain, method: 'DELETE', body: undefined },
    ])
  })

  it('to a request of another method', async () => {
    expect(await shownBy('keeps the method')).toEqual([{ ...plain, method: 'PATCH' }])
  })

  it("to a request with a header of the caller's", async () => {
    const withCallers = { ...headers, 'x-caller-header': "the caller's own" }
    expect(await shownBy('changes no header')).toEqual([{ ...plain, headers: withCallers }])
  })

  it('to every type of body', async () => {
    const bodies = (await shownBy('hands on the body')).map(({ body }) => body)
    const form = new FormData()
    form.set('field', 'value')
    expect(bodies).toEqual([
      '{"count":2}',
      new Uint8Array([1, 2, 3]),
      new URLSearchParams('field=value'),
      expect.any(Blob),
      form,
      expect.any(ReadableStream),
    ])
    expect(await (bodies[3] as Blob).text()).toBe('text')
    const signed = await shownBy('hands on the body', signatureAuth(secret))
    expect(signed.map(({ body }) => body)).toEqual(bodies.slice(0, 2))
  })

  it('to two bodies, if it requires the body', async () => {
    const shown = await shownBy('signs the body', signatureAuth(secret))
    expect(shown).toEqual([
      { ...plain, body: '{"count":1}' },
      { ...plain, body: '{"count":2}' },
    ])
    expect(await shownBy('signs the body')).toEqual([])
  })

  it.each(['', '?b=1?c', '#b?c'])(
    'to paths and methods before %j, if it requires the request',
    async (rest) => {
      const given = `https://a.example/v1${rest}`
      const request = () => ({ method: 'PUT', url: given, headers: createHeaderMap(), body: 'a' })
      const shown = await shownBy('signs method and URL', proofAuth(secret), { request })
      expect(shown.map(({ method, url, body }) => [method, url, body])).toEqual([
        ['GET', `https://a.example/v1/check-a${rest}`, undefined],
        ['GET', `https://a.example/v1/check-b${rest}`, undefined],
        ['DELETE', `https://a.example/v1/check-a${rest}`, undefined],
      ])
      expect(await shownBy('signs method and URL')).toEqual([])
    },
  )

  it("to requests with the caller's values under its names", async () => {
    const sound = broken({
      headerNames: ['x-key', 'x-second'],
      queryNames: ['a key'],
      async applyAuth(request) {
        for (const name of ['x-key', 'x-second']) request.headers.set(name, `Key ${secret}`)
        return { ...request, url: setQueryParameter(request.url, 'a key', secret) }
      },
    })
    const callers = { ...headers, 'x-key': 'the-callers-own', 'x-second': 'the-callers-own' }
    const twice = `${url}&a%20key=the-callers-own&a%20key=the-callers-own`
    expect(await shownBy('replaces what the caller', sound)).toEqual([
      plain,
      { ...plain, url: twice, headers: callers },
      { ...plain, url: twice, headers: callers, map: 'Headers' },
    ])
  })

  it.each([
    ['Key a1==', 'Key aA=='],
    ['Key aA==', 'Key aB=='],
    ['Key A.b', 'Key A.A'],
    ['a', 'A'],
  ])('to a request that has %j as its credential, as if that were %j', async (value, outdated) => {
    const sound = broken({
      queryNames: ['a key', 'unset'],
      async applyAuth(request) {
        request.headers.set('x-key', value)
        return { ...request, url: setQueryParameter(request.url, 'a key', value) }
      },
    })
    const old = {
      ...plain,
      url: setQueryParameter(url, 'a key', outdated),
      headers: { ...headers, 'x-key': outdated },
    }
    expect(await shownBy('puts a fresh credential', sound)).toEqual([
      plain,
      old,
      { ...plain, map: 'Headers' },
      { ...old, map: 'Headers' },
    ])
  })

  it('to 100 requests at once, each with its own header, parameter and body', async () => {
    const [alone, ...many] = await shownBy('keeps 100')
    expect(alone).toEqual(plain)
    const own = (index: number) => ({
      ...plain,
      url: `${url}&caller=${index}`,
      headers: { ...headers, 'x-caller-request': `${index}` },
      body: `${index}`,
    })
    expect(many).toEqual(Array.from({ length: 100 }, (_, index) => own(index)))
  })
})

describe('checkAuthProvider() shows a provider', () => {
  it('rejections with and without its credential, of two attempts, with any body', async () => {
    const rejections: unknown[] = []
    const recover = async ({ request, readBody, ...rest }: AuthRejection) => {
      const credential = request.headers.get('x-key')
      rejections.push({ ...rest, headers: [...rest.headers], body: await readBody(), credential })
      return false
    }
    const create = () => broken({ recover, recoverStatuses: [403, 401] })
    await runCheck('recover() answers', { create })
    const challenge = [['www-authenticate', 'Bearer error="invalid_token"']]
    const expected = [null, `Key ${secret}`].flatMap((credential) => [
      { status: 403, attempt: 0, body: '', headers: challenge, credential },
      { status: 403, attempt: 1, body: '<html>Refused</html>', headers: challenge, credential },
      { status: 403, attempt: 0, body: '{"error":{}}', headers: challenge, credential },
    ])
    expect(rejections).toEqual(expected)
    rejections.length = 0
    await runCheck('recover() leaves', { create: () => broken({ recover, recoverStatuses: [] }) })
    expect(rejections).toEqual(
      [null, `Key ${secret}`].map((credential) => ({ ...expected[0], status: 401, credential })),
    )
  })

  it('responses of each kind, with odd headers', async () => {
    const responses: AuthResponse[] = []
    const create = () => broken({ noteResponse: (response) => void responses.push(response) })
    await runCheck('noteResponse() takes', { create })
    const odd = [
      '',
      ' ',
      ',',
      '"',
      'Basic',
      'DPoP error="use_dpop_nonce", x',
      '\xff',
      'a'.repeat(100_000),
      '%00',
    ]
    const names = ['www-authenticate', 'dpop-nonce', 'date', 'retry-after', 'set-cookie', 'location', 'age']
    const maps = [{}, ...odd.map((value) => Object.fromEntries(names.map((name) => [name, value])))]
    expect(
      responses.map(({ status, headers }) => ({ status, headers: Object.fromEntries(headers) })),
    ).toEqual([200, 302, 401, 500].flatMap((status) => maps.map((headers) => ({ status, headers }))))
    const sent = { ...plain, headers: { ...headers, 'x-key': `Key ${secret}` } }
    const [{ request } = {}] = responses
    expect({ ...request, headers: Object.fromEntries(request?.headers ?? []), map: 'light map' }).toEqual(
      sent,
    )
  })

  it('credentials that no header may hold, in both kinds of header map', async () => {
    const shown: string[] = []
    await runCheck('refuses a credential', {
      createWithCredential(credential) {
        shown.push(credential)
        return keyAuth(credential)
      },
    })
    const [head, tail] = ['head', 'tail'].map((part) => `planted-${part}-of-an-illegal-credential`)
    expect(shown).toEqual(
      ['\r', '\n', '\0', '\u0100', '\u{1f511}'].flatMap((text) => Array(2).fill(`${head}${text}${tail}`)),
    )
  })

  it('sources that fail with three errors', async () => {
    const thrown: unknown[] = []
    const createFromSource: CheckAuthProviderOptions['createFromSource'] = (source, { observer }) =>
      tokenAuth(async () => {
        try {
          return await source()
        } catch (error) {
          thrown.push(error)
          throw error
        }
      }, observer)
    const options = { createFromSource, secrets: [secret, renewed] }
    for (const start of ['is applied once more', 'is applied once when', 'makes an AuthError'])
      await runCheck(start, options)
    const foreign = new Error(`Request failed: token=${secret}`)
    const config = { headers: { authorization: `Bearer ${secret}` } }
    expect(thrown).toEqual([
      AuthError.transient('The source of this check does not answer', { code: 'ERR_AUTH_COMMAND_FAILED' }),
      AuthError.build('The source of this check is not configured', { code: 'ERR_AUTH_CREDENTIAL' }),
      Object.assign(foreign, { code: 'ECONNRESET', config }),
    ])
    expect(thrown[2]).toMatchObject({ code: 'ECONNRESET', config })
  })
})

it('checkAuthProvider() gives each provider that it makes an observer', async () => {
  const observers: string[] = []
  const watch = (what: string, { observer }: CheckContext) => {
    observer({ type: 'warned', kind: 'key', code: 'ERR_AUTH_OLD', message: 'The key is old' })
    observers.push(what)
  }
  const checks = checkAuthProvider({
    create(context) {
      watch('create', context)
      return keyAuth(secret)
    },
    secrets: [secret],
    createWithCredential(credential, context) {
      watch('createWithCredential', context)
      return keyAuth(credential)
    },
    createFromSource(source, context) {
      watch('createFromSource', context)
      return tokenAuth(source, context.observer)
    },
  })
  await Promise.all(checks.map(({ run }) => run()))
  expect([...new Set(observers)].sort()).toEqual(['create', 'createFromSource', 'createWithCredential'])
})
