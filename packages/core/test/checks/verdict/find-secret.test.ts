import { inspect } from 'node:util'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { findSecret } from '../../../src/checks/verdict/find-secret.js'

const secret = 'planted "secret"?>>/1'
const bytes = [...Buffer.from(secret)]

/** JSON cannot print it. */
function circular(value: object): object {
  return Object.assign(value, { self: value })
}

const base64Of = (text: string) => Buffer.from(text).toString('base64')
const getter = () => Object.defineProperty({}, 'token', { enumerable: true, get: () => secret })

describe('findSecret() tells the form and the place of', () => {
  it.each<[string, unknown, string]>([
    ['a string', `a ${secret} b`, '1 (raw) in a template string'],
    ['a string in other letter case', secret.toUpperCase(), '1 (raw) in a template string'],
    ['an error', new Error(secret), '1 (raw) in a template string'],
    ['JSON', { token: secret }, '1 (escaped) in JSON.stringify'],
    ['a part of a text in JSON', { text: `a ${secret} b` }, '1 (escaped) in JSON.stringify'],
    ['a query', encodeURIComponent(secret), '1 (percent-encoded) in a template string'],
    ['a form', String(new URLSearchParams({ a: secret })), '1 (form-encoded) in a template string'],
    [
      'a part of a form',
      String(new URLSearchParams({ a: `b ${secret} c` })),
      '1 (form-encoded) in a template string',
    ],
    ['hex', Buffer.from(secret).toString('hex'), '1 (hex) in a template string'],
    ['hex with spaces', bytes.map((byte) => byte.toString(16)).join(' \n'), '1 (hex) in a template string'],
    ['bytes', Uint8Array.from(bytes), '1 (bytes) in a template string'],
    ['bytes in an object', { raw: Uint8Array.from(bytes) }, '1 (bytes) in JSON.stringify'],
    ['bytes between others', [7, ...bytes, 7], '1 (bytes) in a template string'],
    ...['', 'a', 'ab', 'abc'].flatMap((before): [string, unknown, string][] => [
      [`base64 after ${before.length} bytes`, base64Of(before + secret), '1 (base64) in a template string'],
      [
        `base64url after ${before.length} bytes`,
        base64Of(`${before}${secret}..`).replaceAll('+', '-').replaceAll('/', '_'),
        '1 (base64url) in a template string',
      ],
    ]),
    ['a getter', circular(getter()), '1 (raw) in util.inspect'],
    [
      'a deep field',
      circular({ a: { b: { c: { d: { e: { f: { g: secret } } } } } } }),
      '1 (raw) in util.inspect',
    ],
    ['a long list', circular({ list: [...Array(200).fill(0), secret] }), '1 (raw) in util.inspect'],
    ['a long string', circular({ text: 'a'.repeat(20_000) + secret }), '1 (raw) in util.inspect'],
    [
      'a hidden field',
      Object.defineProperty({}, 'token', { enumerable: false, value: secret }),
      '1 (raw) in util.inspect',
    ],
    [
      'a field that a custom print hides',
      circular({ token: secret, [inspect.custom]: () => 'hidden' }),
      '1 (raw) in util.inspect without its customs',
    ],
    [
      'a custom print for %o alone',
      { [inspect.custom]: (_depth: number, { showProxy }: { showProxy: boolean }) => showProxy && secret },
      '1 (raw) in util.format %o',
    ],
  ])('%s', (_what, value, place) => {
    expect(findSecret(value, [secret])).toBe(`secret ${place}`)
  })
})

/** Nothing but the last look, into the fields, finds a secret here. */
const unprinted = (fields: object) => circular(Object.defineProperty(fields, 'toString', { value: () => '' }))

describe('findSecret() looks into the fields of a value, on a runtime without node:util, for', () => {
  afterEach(() => vi.restoreAllMocks())

  const buffer = Uint8Array.from(bytes).buffer
  it.each<[string, unknown]>([
    ['a string', { token: secret }],
    ['a hidden field', Object.defineProperty({}, 'token', { value: secret })],
    ['a name of a field', { [secret]: true }],
    ['a name of a symbol', { [Symbol(secret)]: true }],
    ['a field of a symbol', { [Symbol('token')]: secret }],
    ['a getter', getter()],
    [
      'a getter beside one that throws',
      {
        get a() {
          throw new Error('no')
        },
        token: secret,
      },
    ],
    ['a field of a function', { run: Object.assign(() => {}, { token: secret }) }],
    [
      'a symbol of bytes',
      { bytes: Object.assign(new Uint8Array(1), { [Symbol('a')]: 1, [Symbol('b')]: secret }) },
    ],
    ['a field after null', { none: null, token: secret }],
    ['a value of a Map', { map: new Map([[1, secret]]) }],
    ['a key of a Map', { map: new Map([[secret, 1]]) }],
    ['a Set', { set: new Set([secret]) }],
    ['bytes', { bytes: Uint8Array.from(bytes) }],
    ['an ArrayBuffer', { buffer }],
    ['a field of bytes', { bytes: Object.assign(new Uint8Array(1), { token1: secret }) }],
  ])('%s', (_what, fields) => {
    vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined as never)
    const value = unprinted(fields as object)
    expect(findSecret(value, [secret])).toMatch(/^secret 1 \((raw|bytes)\) in its fields$/)
  })

  it('but not into the global object', () => {
    vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined as never)
    vi.stubGlobal('plantedToken', secret)
    try {
      expect(findSecret(unprinted({ globalThis }), [secret])).toBeUndefined()
    } finally {
      vi.unstubAllGlobals()
    }
  })

  it.each([undefined, {}])('where the process is %j', (process) => {
    vi.stubGlobal('process', process)
    try {
      const found = [circular({ token: secret }), circular({})].map((value) => findSecret(value, [secret]))
      expect(found).toEqual(['secret 1 (raw) in its fields', undefined])
    } finally {
      vi.unstubAllGlobals()
    }
  })
})

describe('findSecret() finds nothing in', () => {
  it.each<[string, unknown]>([
    ['a value without a secret', { token: 'another' }],
    ['nothing', undefined],
    ['null', null],
    ['half of a secret', secret.slice(0, 10)],
    ...['', 'a', 'ab'].flatMap((before): [string, unknown][] => [
      [`base64 of its start after ${before.length} bytes`, base64Of(before + secret.slice(0, -1))],
      [`base64 of its end after ${before.length} bytes`, base64Of(`${before}~${secret.slice(1)}`)],
    ]),
    ['a list whose numbers end like the bytes', { list: [`1${bytes[0]}`, ...bytes.slice(1)].map(Number) }],
    [
      'a list whose numbers begin like the bytes',
      { list: [...bytes.slice(0, -1), Number(`${bytes.at(-1)}1`)] },
    ],
    ['an object without a prototype', Object.create(null)],
    ['an object whose prints throw', { toJSON: () => BigInt(1), toString: () => Symbol('a') }],
  ])('%s', (_what, value) => {
    expect(findSecret(value, [secret])).toBeUndefined()
  })
})

it('findSecret() numbers the secrets, and finds nothing without a secret to look for', () => {
  expect(findSecret(`a ${secret}`, ['another secret', secret])).toBe('secret 2 (raw) in a template string')
  expect(findSecret(`a ${secret}`, [])).toBeUndefined()
})

it('findSecret() finds letters beyond ASCII in each form', () => {
  const letters = 'geplänt-\u{1f511}-secret'
  const forms = [
    letters,
    encodeURIComponent(letters),
    base64Of(letters),
    Buffer.from(letters).toString('hex'),
  ]
  expect(forms.map((form) => findSecret(form, [letters])?.replace(/^secret 1 \((.+)\).*$/, '$1'))).toEqual([
    'raw',
    'percent-encoded',
    'base64',
    'hex',
  ])
})

it('findSecret() finds control characters in each form', () => {
  const text = 'planted\tsecret'
  const hex = Buffer.from(text).toString('hex')
  expect(findSecret(hex, [text])).toBe('secret 1 (hex) in a template string')
  expect(findSecret({ text }, [text])).toBe('secret 1 (escaped) in JSON.stringify')
})
