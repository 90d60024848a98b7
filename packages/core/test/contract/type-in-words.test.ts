import { expect, it } from 'vitest'
import { shownUrl, valueInWords } from '../../src/contract/type-in-words.js'

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
  ['x-account: planted', '"…"'],
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
