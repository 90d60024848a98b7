import { describe, expect, it } from 'vitest'
import { decodeBase64, decodeBase64Url, encodeBase64, encodeBase64Url } from '../../src/lib/base64.js'

const bytes = (...values: number[]) => Uint8Array.from(values)

describe('encodeBase64()', () => {
  it.each([0, 1, 2, 3, 4, 255])('writes %i bytes like Buffer', (length) => {
    const input = Uint8Array.from({ length }, (_, index) => 255 - index)
    expect(encodeBase64(input)).toBe(Buffer.from(input).toString('base64'))
  })
})

describe('encodeBase64Url()', () => {
  it.each(['', 'a', 'ab', 'abc', '>>>???', 'ü€😀'])('writes %j like Buffer', (text) => {
    expect(encodeBase64Url(text)).toBe(Buffer.from(text).toString('base64url'))
  })
})

describe('decodeBase64()', () => {
  it('reads standard base64 with padding', () => {
    expect(decodeBase64('+/8=')).toEqual(bytes(0xfb, 0xff))
    expect(decodeBase64('')).toEqual(bytes())
  })

  it.each([
    ['missing padding', '+/8'],
    ['unused bits that are set', '+/9='],
    ['whitespace', '+/8=\n'],
    ['base64url', '-_8='],
    ['another character', '+/8!'],
  ])('rejects %s', (_, text) => {
    expect(decodeBase64(text)).toBeUndefined()
  })
})

describe('decodeBase64Url()', () => {
  it.each([
    ['', []],
    ['-w', [0xfb]],
    ['-_8', [0xfb, 0xff]],
    ['AAAA', [0, 0, 0]],
  ])('reads %j without padding', (text, expected) => {
    expect(decodeBase64Url(text)).toEqual(bytes(...expected))
  })

  it.each([
    ['padding', '-_8='],
    ['standard base64', '+/8'],
    ['unused bits that are set', '-_9'],
    ['a length that no bytes have', 'AAAAA'],
  ])('rejects %s', (_, text) => {
    expect(decodeBase64Url(text)).toBeUndefined()
  })
})
