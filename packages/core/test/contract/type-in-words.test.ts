import { expect, it } from 'vitest'
import { shownUrl, typeInWords, valueInWords } from '../../src/contract/type-in-words.js'

it.each([
  ['https://api.example.com/v1', '"https://api.example.com/v1"'],
  ['https://api.example.com/v1beta/openai/', '"https://api.example.com/v1beta/openai/"'],
  ['https://*.example.com', '"https://*.example.com"'],
  ['api.example.com', '"api.example.com"'],
  ['wss://api.example.com', '"wss://api.example.com"'],
  ['http://localhost:11434', '"http://localhost:11434"'],
  ['*', '"*"'],
  ['/x', '"/x"'],
  ['', '""'],
  ['abcdefghi://a.example', '"abcdefghi://a.example"'],
  ['https://a-b.c-d.example:65535', '"https://a-b.c-d.example:65535"'],
  [':8080/x', '":8080/x"'],
  ['https://a.example/v12alpha2/v1', '"https://a.example/v12alpha2/v1"'],
  [`a.${'b'.repeat(61)}/${'c'.repeat(12)}`, `"a.${'b'.repeat(61)}/${'c'.repeat(12)}"`],
])('shownUrl() shows %j as it is', (url, shown) => {
  expect(shownUrl(url)).toBe(shown)
})

it.each([
  ['sk-planted-4711', '"…"'],
  ['planted-secret', '"…"'],
  ['https://me:planted@a.example/', '"https://…/"'],
  ['https://planted-4711/', '"https://…/"'],
  ['https://a.example/planted-secret/v1', '"https://a.example/…/v1"'],
  ['https://a.example/x?key=planted', '"https://a.example/x?…"'],
  ['/x#planted', '"/x?…"'],
  ['/x?', '"/x?…"'],
  ['x-account: planted', '"…"'],
  ['abcdefghij://a.example', '"…//…"'],
  ['HTTPS://a.example', '"…//…"'],
  ['see https://a.example', '"…//…"'],
  ['xlocalhost', '"…"'],
  ['localhostx', '"…"'],
  ['a1.example', '"…"'],
  ['a.example1', '"…"'],
  ['a.example:', '"…"'],
  ['a.example:123456', '"…"'],
  ['a.example:x', '"…"'],
  ['.example', '"…"'],
  [`a.${'b'.repeat(62)}`, '"…"'],
  [`/${'c'.repeat(13)}`, '"/…"'],
  ['/X/1x/v/v1/v123/v1bet/v1alphas/v1beta12/xv1/v1beta-', '"/…/…/v/v1/…/…/…/…/…/…"'],
])('shownUrl() hides what may be a secret in %j', (url, shown) => {
  expect(shownUrl(url)).toBe(shown)
})

it.each([
  [0, '0'],
  [Number.NaN, 'NaN'],
  [-1, '-1'],
  [4_711_4711, 'a number'],
  [false, 'false'],
  ['planted-secret', 'a string'],
  ['a.example', '"a.example"'],
  [['planted'], 'an array'],
  [undefined, 'undefined'],
  [Promise.resolve(), 'a Promise'],
])('valueInWords() shows %j as %s', (value, shown) => {
  expect(valueInWords(value)).toBe(shown)
})

it('shownUrl() shows at most the first 200 characters, of a URL object too', () => {
  const url = `https://a.example/${'x/'.repeat(100)}`
  expect(shownUrl(url)).toBe(`"${url.slice(0, 200)}"`)
  expect(shownUrl(new URL(url))).toBe(`"${url.slice(0, 200)}"`)
})

it.each([
  [999_999, '999999'],
  [1_000_000, 'a number'],
  [-99_999, '-99999'],
  [-999_999, 'a number'],
  [true, 'true'],
  [null, 'null'],
  [7n, 'a bigint'],
  [Symbol('planted'), 'a symbol'],
  // biome-ignore lint/suspicious/noThenProperty: not a Promise
  [{ then: 'planted' }, 'an object'],
  // biome-ignore lint/suspicious/noThenProperty: a Promise of another library
  [{ then() {} }, 'a Promise'],
])(
  'valueInWords() and typeInWords() say no more than a type of what may be a secret: case %#',
  (value, shown) => {
    expect(valueInWords(value)).toBe(shown)
    if (/^an? /.test(shown)) expect(typeInWords(value)).toBe(shown)
  },
)
