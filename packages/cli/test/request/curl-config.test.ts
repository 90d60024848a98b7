import { expect, test } from 'vitest'
import { curlConfig } from '../../src/request/curl-config.js'

const request = { method: 'GET', url: 'https://a.example/x', headers: [], body: undefined }
const bytes = (text: string) => new TextEncoder().encode(text)

test('curlConfig() has the URL, the method and each header on a line', () => {
  const headers = [
    ['authorization', 'Bearer SECRET-t'],
    ['x-empty', ''],
  ] as const
  expect(curlConfig({ ...request, headers })).toEqual([
    'globoff',
    'url = "https://a.example/x"',
    'request = "GET"',
    'header = "authorization: Bearer SECRET-t"',
    'header = "x-empty;"',
  ])
})

test('curlConfig() asks with head for HEAD, so that curl waits for no body', () => {
  expect(curlConfig({ ...request, method: 'HEAD' })).toContain('head')
})

test('curlConfig() takes away the type that curl adds to a body without one', () => {
  const body = bytes('a=1')
  expect(curlConfig({ ...request, body }).slice(-2)).toEqual(['header = "content-type:"', 'data-raw = "a=1"'])
  const headers = [['content-type', 'text/plain']] as const
  expect(curlConfig({ ...request, headers, body })).not.toContain('header = "content-type:"')
})

test('curlConfig() escapes what ends a string or a line', () => {
  const body = bytes('\ufeff"\\\t\n\r\vü')
  expect(curlConfig({ ...request, body }).at(-1)).toBe('data-raw = "\ufeff\\"\\\\\\t\\n\\r\\vü"')
})

test.each([[new Uint8Array([0xff])], [bytes('a\0b')]])(
  'curlConfig() rejects a body that is not text',
  (body) => {
    expect(() => curlConfig({ ...request, body })).toThrow('give the bytes to curl: --data-binary @FILE')
  },
)
