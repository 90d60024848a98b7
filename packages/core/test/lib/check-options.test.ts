import { expect, it } from 'vitest'
import { checkOptions, nearestName, unknownOption } from '../../src/provider.js'

it('checkOptions() returns what it was given', () => {
  expect(checkOptions('makeAuth', { key: 'k', header: undefined }, ['key', 'header'])).toEqual({ key: 'k' })
})

it('checkOptions() names an unknown option and the known ones', () => {
  expect(() => checkOptions('makeAuth', { heder: 'x' }, ['key', 'header'])).toThrow(
    new TypeError('makeAuth: unknown option "heder"; it has key, header; did you mean header?'),
  )
})

it('checkOptions() tells programs which option is at fault', () => {
  const check = (options: object) => checkOptions('makeAuth', options, ['timeoutMs'])
  expect(() => check({ heder: 'x' })).toThrow(expect.objectContaining({ option: 'heder' }))
  expect(() => check({ timeoutMs: 0 })).toThrow(expect.objectContaining({ option: 'timeoutMs' }))
})

it('checkOptions() does not show an unknown option that has other characters than those of a name', () => {
  for (const name of ['x-account: planted', 'https://planted.example', 'planted'.repeat(6), '']) {
    expect(() => checkOptions('makeAuth', { [name]: 'x' }, ['key', 'header'])).toThrow(
      new TypeError('makeAuth: unknown option …; it has key, header'),
    )
    expect(() => checkOptions('makeAuth', { [name]: 'x' }, [])).not.toThrow(
      expect.objectContaining({ option: name }),
    )
  }
})

it.each<[string, unknown]>([
  ['undefined', undefined],
  ['null', null],
  ['a string', 'planted-secret'],
  ['a number', 4711],
  ['an array', ['planted-secret']],
  ['a function', () => ({})],
  ['a Promise', Promise.resolve({})],
])('checkOptions() refuses %s in place of options', (came, options) => {
  expect(() => checkOptions('makeAuth', options as never, ['0'])).toThrow(
    new TypeError(`makeAuth: options must be an object, got ${came}`),
  )
})

it('checkOptions() lets nothing in that the options inherit', () => {
  const inherited = Object.assign(Object.create({ query: 'polluted' }), { key: 'k' })
  const { key, query } = checkOptions<{ key?: string; query?: string }>('makeAuth', inherited, [
    'key',
    'query',
  ])
  expect([key, query]).toEqual(['k', undefined])
})

it.each([
  [{ observer: 'yes' }, 'observer must be a function, got a string'],
  [{ fetch: {} }, 'fetch must be a function, got an object'],
  [{ refreshIntervalMs: '60s' }, 'refreshIntervalMs must be a number from 0 to Infinity, got a string'],
  [{ refreshIntervalMs: Number.NaN }, 'refreshIntervalMs must be a number from 0 to Infinity, got NaN'],
  [{ replayLimitBytes: -1 }, 'replayLimitBytes must be a number from 0 to Infinity, got -1'],
  [{ allowInsecureTransport: 'false' }, 'allowInsecureTransport must be true or false, got a string'],
  [{ otherOrigins: 'allow' }, "otherOrigins must be 'refuse' or 'pass', got a string"],
  [{ otherOrigins: null }, "otherOrigins must be 'refuse' or 'pass', got null"],
  [{ timeoutMs: 0 }, 'timeoutMs must be a number from 1 to 2147483647, got 0'],
  [{ timeoutMs: 2 ** 31 }, 'timeoutMs must be a number from 1 to 2147483647, got a number'],
])('checkOptions() refuses %j by the name of the option', (options, why) => {
  expect(() => checkOptions('makeAuth', options, Object.keys(options))).toThrow(
    new TypeError(`makeAuth: ${why}`),
  )
})

it.each([
  ['allowedOrigin', 'allowedOrigins'],
  ['origins', 'allowedOrigins'],
  ['allowed_origins', 'allowedOrigins'],
  ['base_url', 'baseUrl'],
  ['baseURL', 'baseUrl'],
  ['basUrl', 'baseUrl'],
  ['baseUrls', 'baseUrl'],
  ['url', 'baseUrl'],
  ['timeout', 'timeoutMs'],
  ['accessToken', 'token'],
  ['tokn', 'token'],
  ['fetch', undefined],
  ['x', undefined],
  ['', undefined],
  ['to', undefined],
  ['tok', 'token'],
  ['tok_n', 'token'],
  ['t-o-k-e-n', 'token'],
  ['TOKEN', 'token'],
  ['ttookkeenn', 'token'],
  ['tokenab', 'token'],
  ['tokenabc', 'token'],
  ['xtoken', 'token'],
  ['tkn', 'token'],
  ['tn', undefined],
  ['ton', undefined],
  ['baseUrlOrigin', 'baseUrl'],
  ['baseXYUrl', undefined],
  ['ms', undefined],
])('nearestName() takes %j for %j', (name, meant) => {
  expect(nearestName(name, ['allowedOrigins', 'baseUrl', 'timeoutMs', 'token'])).toBe(meant)
})

it('nearestName() prefers a name that is spelt alike to one of which it is a part, and the first of several', () => {
  expect(nearestName('tokens', ['tokensFile', 'token'])).toBe('token')
  expect(nearestName('key', ['apiKey', 'keyFile'])).toBe('apiKey')
  expect(nearestName('token', ['tokenA', 'tokenB'])).toBe('tokenA')
  expect(nearestName('anything', ['an', 'any'])).toBe('any')
  expect(nearestName('thing', ['', 'in', '-'])).toBe(undefined)
  expect(nearestName('ke', ['key'])).toBe(undefined)
  expect(nearestName('kez', ['kezia'])).toBe('kezia')
})

it('nearestName() needs no time for long names', () => {
  const known = Array.from({ length: 30 }, (_, index) => `${'ab'.repeat(20)}${index}`)
  expect(nearestName('cd'.repeat(20), known)).toBe(undefined)
})

it('unknownOption() lets a caller add options of its own', () => {
  const error = unknownOption('makeAuth', 'heder', ['key'])
  expect(error).toBeInstanceOf(TypeError)
  expect(error).toMatchObject({
    message: 'makeAuth: unknown option "heder"; it has key',
    option: 'heder',
    known: ['key'],
  })
  expect(Object.getOwnPropertyDescriptor(error, 'known')?.configurable).toBe(true)
  expect(Object.keys(error)).toEqual([])
})
