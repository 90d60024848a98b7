import { describe, expect, it } from 'vitest'
import { parseObject } from '../../src/provider.js'
import { isErrorValue, refreshTokenIn } from '../../src/server/refresh-token-in.js'

const find = (body: string, isOk: boolean) => refreshTokenIn(body, parseObject(body), isOk)

const good = { access_token: 'a', token_type: 'Bearer', expires_in: 60, refresh_token: 'next' }
const text = JSON.stringify(good)

describe('refreshTokenIn() finds the refresh token', () => {
  it.each([
    ['in a good response', text],
    ['without an access token', JSON.stringify({ refresh_token: 'next' })],
    ['beside error: null', JSON.stringify({ ...good, error: null })],
    ['beside an empty error', JSON.stringify({ error: '', refresh_token: 'next' })],
    ['beside error: false', JSON.stringify({ error: false, refresh_token: 'next' })],
    ['beside an error, if there is an access token', JSON.stringify({ ...good, error: 'server_error' })],
    ['in a text that was cut off after it', text.slice(0, -1)],
    ['in a text that was cut off inside a later string', '{"refresh_token":"next","scope":"a b'],
    ['in a text that was cut off inside a later escape', '{"refresh_token":"next","scope":"\\'],
    ['before a second one that was cut off', '{"refresh_token":"next","refresh_token":"lat'],
    ['in two objects in a row', text + text],
    [
      'after nested objects and lists',
      `{"a":{"refresh_token":"x"},"b":[{"refresh_token":"y"}],${text.slice(1)}x`,
    ],
    ['after strings that look like it', `{"a":"\\"refresh_token\\":\\"x\\"","refresh_token":"next"`],
    ['after a string of one quote', `{"a":"\\"","refresh_token":"next","b":"x"`],
    ['with blanks and a byte order mark around', `\ufeff \n{ "refresh_token" : "next" , `],
    ['in its last place', '{"refresh_token":"old","refresh_token":"next",'],
  ])('%s', (_, body) => {
    expect(find(body, true)).toBe('next')
  })

  it('with its escapes undone', () => {
    expect(find('{"refresh_token":"n\\u0065\\/t",', true)).toBe('ne/t')
  })

  it('in a response with an error status only beside an access token', () => {
    expect(find(text, false)).toBe('next')
    expect(find('{"refresh_token":"This field is required."}', false)).toBeUndefined()
  })
})

describe('refreshTokenIn() finds none', () => {
  it.each([
    ['in nothing', ''],
    ['in a page', `<html>${text}</html>`],
    ['in a list', `[${text}]`],
    ['in a string', JSON.stringify(text)],
    ['in a text that was cut off inside of it', '{"refresh_token":"nex'],
    ['in a nested object', '{"data":{"refresh_token":"x"}'],
    ['in a prototype', '{"__proto__":{"refresh_token":"x"}}'],
    ['when it is a name only', '{"a":"refresh_token","b":"x"'],
    ['when it is empty', '{"refresh_token":""}'],
    ['when it is null', '{"refresh_token":null,'],
    ['when it is a number', '{"refresh_token":7,"x'],
    ['when it is a list', '{"refresh_token":["x"],"y'],
    ['when a part of it could not be decoded', '{"refresh_token":"ne\ufffdt"}'],
    ['when an escape in it is wrong', '{"refresh_token":"ne\\xt",'],
    ['beside an error', '{"error":"invalid_grant","refresh_token":"x"}'],
    ['beside an error that is an object', '{"error":{"code":"x"},"refresh_token":"x"}'],
    ['in a million brackets', '[{'.repeat(500_000)],
    ['in a million quotes', '{"'.repeat(500_000)],
  ])('%s', (_, body) => {
    expect(find(body, true)).toBeUndefined()
  })
})

describe('isErrorValue()', () => {
  it('knows what servers send when there is no error', () => {
    expect([undefined, null, '', ' ', false, 0, {}, []].map(isErrorValue)).toEqual(Array(8).fill(false))
    expect(['x', true, 1, { code: 1 }, ['x']].map(isErrorValue)).toEqual(Array(5).fill(true))
  })
})
