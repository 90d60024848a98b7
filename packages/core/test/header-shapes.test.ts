import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { createExchange } from '../src/exchange/index.js'
import {
  type AuthRequest,
  applyAuth,
  bindAuth,
  createHeaderMap,
  createMemoryStore,
  handshakeAuth,
  recoverHandshake,
  toAuthHeaders,
} from '../src/index.js'
import { eachHeader } from '../src/provider.js'
import { keyAuth } from './checks/sample-providers.js'

const secret = 'sk-planted-4711'
const line = `x-account: ${secret}`

/** Values that somebody passes as headers by mistake, with what an error says came. */
const wrong: readonly (readonly [what: string, headers: unknown, came: RegExp])[] = [
  ['a string', line, /got a string$/],
  ['an empty string', '', /got a string$/],
  ['a String object', new String(line), /got a list with something else than pairs in it$/],
  ['a number', 4711_4711, /got a number$/],
  ['a bigint', 4711_4711n, /got a bigint$/],
  ['true', true, /got a boolean$/],
  ['a symbol', Symbol(secret), /got a symbol$/],
  ['null', null, /got null$/],
  ['a function', () => ({ 'x-account': secret }), /got a function$/],
  ['a Promise', Promise.resolve({ 'x-account': secret }), /got a Promise$/],
  ['a list of strings', [line], /got a list with something else than pairs in it$/],
  ['a flat list', ['x-account', secret], /got a list with something else than pairs in it$/],
  ['a list of numbers', [4711_4711], /got a list with something else than pairs in it$/],
  ['a list of objects', [{ 'x-account': secret }], /got a list with something else than pairs in it$/],
  ['a list with undefined', [undefined], /got a list with something else than pairs in it$/],
  ['pairs without a value', [['x-account']], /got a list with something else than pairs in it$/],
  ['empty pairs', [[]], /got a list with something else than pairs in it$/],
  ['triples', [['x-account', secret, secret]], /got a list with something else than pairs in it$/],
  ['bytes', new TextEncoder().encode(line), /got a list with something else than pairs in it$/],
  ['a Set', new Set([line]), /got a list with something else than pairs in it$/],
  ['an object whose iterator is not a function', { [Symbol.iterator]: secret }, /cannot be iterated$/],
]

/** Values that are headers but for one value. */
const wrongValues: readonly (readonly [what: string, headers: unknown])[] = [
  ['a number', { 'x-account': 4711_4711 }],
  ['a list', { 'x-account': [secret] }],
  ['undefined', { 'x-account': undefined }],
  ['null', { 'x-account': null }],
  ['an object', { 'x-account': { secret } }],
  ['a function', { 'x-account': () => secret }],
  ['a symbol', { 'x-account': Symbol(secret) }],
  ['a number in a Map', new Map([['x-account', 4711_4711]])],
  ['a list in a pair', [['x-account', [secret]]]],
]

const names: readonly (readonly [what: string, headers: unknown])[] = [
  ['a whole line as name', { [line]: '' }],
  ['a whole line as name of a pair', [[line, '']]],
  ['a name with a line break', { [`x-account\n${secret}`]: '' }],
  ['a name with a value in a list', [[`x-account=${secret};`, 5]]],
]

const options = { allowedOrigins: ['https://a.example'] }
const opened = { url: 'https://a.example/', headers: {} }

/** Each function that takes headers, and how the error names it. */
const takers: Readonly<Record<string, (headers: never) => unknown>> = {
  createHeaderMap: (headers) => createHeaderMap(headers),
  bearerAuth: (headers) => createHeaderMap(headers, 'bearerAuth'),
  myAuth: (headers) => eachHeader('myAuth', headers, () => {}),
  handshakeAuth: (headers) => handshakeAuth(keyAuth('k'), { url: 'wss://a.example', headers }, options),
  recoverHandshake: (headers) => recoverHandshake(keyAuth('k'), opened, { status: 401, headers }),
}

async function failureOf(task: () => unknown): Promise<Error> {
  try {
    await task()
  } catch (error) {
    return error as Error
  }
  throw new Error('It did not fail')
}

function expectNoSecret(error: Error): void {
  const printed = `${inspect(error, { depth: Infinity, showHidden: true })} ${error.message} ${error.stack}`
  expect(printed.replaceAll(import.meta.filename, '')).not.toMatch(/planted|4711/)
}

for (const [taker, take] of Object.entries(takers)) {
  describe(`${taker}()`, () => {
    it.each(wrong)('rejects headers that are %s, and quotes nothing', async (_what, headers, came) => {
      const error = await failureOf(() => take(headers as never))
      expect(error).toBeInstanceOf(TypeError)
      expect(error.message).toMatch(new RegExp(`^${taker}: headers must be an object such as`))
      expect(error.message).toMatch(came)
      expectNoSecret(error)
    })
  })
}

describe('createHeaderMap()', () => {
  it.each(wrongValues)('rejects a value that is %s with ERR_AUTH_HEADER_VALUE', async (_what, headers) => {
    const error = await failureOf(() => createHeaderMap(headers as never))
    expect(error).toMatchObject({ kind: 'build', code: 'ERR_AUTH_HEADER_VALUE' })
    expect(error.message).toMatch(/^Cannot set header x-account: the value must be a string, got /)
    expectNoSecret(error)
  })

  it.each(names)('rejects %s, and quotes nothing', async (_what, headers) => {
    const error = await failureOf(() => createHeaderMap(headers as never))
    expect(error).toBeInstanceOf(TypeError)
    expect(error.message).toMatch(/^Not a header name: it has ".{1,2}" in it$/s)
    expectNoSecret(error)
  })

  it('rejects a number as name, and quotes nothing', async () => {
    const error = await failureOf(() => createHeaderMap([[4711_4711, secret]] as never))
    expect(error).toEqual(new TypeError('Not a header name: a number'))
    expectNoSecret(error)
  })

  it('copies a map, but not what an object that has spread one says otherwise', () => {
    const map = createHeaderMap({ 'x-one': '1' })
    const copied = createHeaderMap(map)
    copied.set('x-one', '2')
    expect([...map]).toEqual([['x-one', '1']])
    const spread = {
      ...map,
      *[Symbol.iterator]() {
        yield ['x-two', '2'] as [string, string]
      },
    }
    expect([...createHeaderMap(spread)]).toEqual([['x-two', '2']])
  })

  it('shows a wrong name of a few plain words', () => {
    expect(() => createHeaderMap({ 'x api key': '1' })).toThrow('Not a header name: "x api key"')
  })

  it('takes pairs of any iterable, and objects without a prototype', () => {
    const pairs = function* () {
      yield ['X-One', '1'] as const
    }
    expect([...createHeaderMap(pairs())]).toEqual([['x-one', '1']])
    expect([...createHeaderMap(Object.assign(Object.create(null), { 'X-One': '1' }))]).toEqual([
      ['x-one', '1'],
    ])
    expect([...createHeaderMap(new URLSearchParams('x-one=1'))]).toEqual([['x-one', '1']])
  })
})

it.each(wrong)('bindAuth() rejects headers that are %s, and quotes nothing', async (_what, headers) => {
  const error = await failureOf(() =>
    bindAuth(keyAuth('k'), { baseUrl: 'https://a.example', headers } as never),
  )
  expect(error).toBeInstanceOf(TypeError)
  expect(error.message).toMatch(
    /^bindAuth: headers must be|^Cannot bind the key credential: headers and query must be/,
  )
  expectNoSecret(error)
})

it.each(wrong)(
  'createExchange() rejects a request whose headers are %s, and quotes nothing',
  async (_what, headers) => {
    const { prepare } = createExchange(keyAuth('k'), options)
    const error = await failureOf(() =>
      prepare({ method: 'GET', url: 'https://a.example/', headers } as never),
    )
    expect(error).toBeInstanceOf(TypeError)
    expectNoSecret(error)
  },
)

describe('applyAuth()', () => {
  const shapes = wrong.filter(([what]) => !/ iterator /.test(what))

  it.each<readonly [string, unknown, ...unknown[]]>([
    ...shapes,
    ['an object', { 'x-account': secret }],
    ['absent', undefined],
  ])('rejects headers that are %s, and quotes nothing', async (_what, headers) => {
    const request = {
      method: 'GET',
      url: `https://a.example/?key=${secret}`,
      headers,
    } as unknown as AuthRequest
    const error = await failureOf(() => applyAuth(keyAuth('k'), request))
    expect(error).toBeInstanceOf(TypeError)
    expect(error.message).toMatch(/^applyAuth: request.headers must be a Headers or HeaderMap, got /)
    expectNoSecret(error)
  })

  it.each<[string, unknown]>([
    ['a string', `https://a.example/?key=${secret}`],
    ['null', null],
    ['undefined', undefined],
    ['a number', 4711_4711],
    [
      'a Request whose URL is an object',
      { url: new URL(`https://a.example/?key=${secret}`), headers: new Headers() },
    ],
  ])('rejects a request that is %s, and quotes nothing', async (_what, request) => {
    const error = await failureOf(() => applyAuth(keyAuth('k'), request as AuthRequest))
    expect(error).toBeInstanceOf(TypeError)
    expect(error.message).toMatch(/^applyAuth: request.url must be a string, got /)
    expectNoSecret(error)
  })
})

it.each<[string, unknown]>([
  ['a string', line],
  ['a number', 4711_4711],
  ['a list', [line]],
  ['headers', { 'x-account': secret }],
  ['null', null],
])('toAuthHeaders() rejects %s, and quotes nothing', async (_what, provider) => {
  const error = await failureOf(() => toAuthHeaders(provider as never))
  expect(error).toBeInstanceOf(TypeError)
  expectNoSecret(error)
})

it.each<[string, unknown]>([
  ['a string', `wss://a.example/?key=${secret}`],
  ['a list', [`wss://a.example/?key=${secret}`]],
  ['null', null],
  ['a URL', new URL(`wss://a.example/?key=${secret}`)],
])('handshakeAuth() rejects a handshake that is %s, and quotes nothing', async (_what, handshake) => {
  const error = await failureOf(() => handshakeAuth(keyAuth('k'), handshake as never, options))
  expectNoSecret(error)
})

it('recoverHandshake() rejects a response of another shape, and quotes nothing', async () => {
  for (const rejection of [
    line,
    null,
    undefined,
    { status: line },
    [line],
    { status: 401, headers: [line] },
  ]) {
    const error = await failureOf(() => recoverHandshake(keyAuth('k'), opened, rejection as never))
    expect(error).toBeInstanceOf(TypeError)
    expectNoSecret(error)
  }
})

it('createMemoryStore() does not quote what it cannot copy', async () => {
  const document = { token: () => 'sk-planted-4711' }
  expectNoSecret(await failureOf(() => createMemoryStore(document)))
  expectNoSecret(await failureOf(() => createMemoryStore<unknown>().update(() => document)))
  expectNoSecret(await failureOf(() => createMemoryStore<unknown>(Symbol(secret))))
})
