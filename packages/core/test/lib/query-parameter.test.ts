import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { getQueryParameter, setQueryParameter } from '../../src/provider.js'

describe('setQueryParameter()', () => {
  it.each([
    ['adds the first', 'https://a.example/p', 'https://a.example/p?key=k%2F1'],
    ['adds another', 'https://a.example/p?a=1', 'https://a.example/p?a=1&key=k%2F1'],
    ['keeps odd bytes', 'https://a.example/p?a=%7e+b%20&&c', 'https://a.example/p?a=%7e+b%20&&c&key=k%2F1'],
    [
      'replaces all of that name',
      'https://a.example/p?key=1&a=2&key=3&key',
      'https://a.example/p?a=2&key=k%2F1',
    ],
    ['knows the name encoded', 'https://a.example/p?k%65y=1&a=2', 'https://a.example/p?a=2&key=k%2F1'],
    [
      'lets a longer name be',
      'https://a.example/p?keys=1&Key=2',
      'https://a.example/p?keys=1&Key=2&key=k%2F1',
    ],
    [
      'lets a name with a question mark be',
      'https://a.example/p??key=1',
      'https://a.example/p??key=1&key=k%2F1',
    ],
    ['drops the fragment', 'https://a.example/p?a=1#key=2?b', 'https://a.example/p?a=1&key=k%2F1'],
    [
      'knows the name with the tabs and line breaks that a URL parser drops',
      'https://a.example/p?k\tey=1&ke\ny=2&\r\nkey=3&a=1',
      'https://a.example/p?a=1&key=k%2F1',
    ],
    ['lets a name without a value be', 'https://a.example/p?a&b=', 'https://a.example/p?a&b=&key=k%2F1'],
    ['fills an empty query', 'https://a.example/p?', 'https://a.example/p?key=k%2F1'],
  ])('%s', (_what, url, expected) => {
    expect(setQueryParameter(url, 'key', 'k/1')).toBe(expected)
  })

  it('takes an empty name, and leaves what has none', () => {
    expect(setQueryParameter('https://a.example/p?&a=1&=2&', '', 'x')).toBe('https://a.example/p?&a=1&&=x')
  })

  it('encodes the name, and knows it in another encoding', () => {
    expect(setQueryParameter('https://a.example/p?+=1&%2b=2', ' ', 'x')).toBe(
      'https://a.example/p?%2b=2&%20=x',
    )
    expect(setQueryParameter('https://a.example/p?a%20%26=1', 'a &', 'x')).toBe(
      'https://a.example/p?a%20%26=x',
    )
  })

  it('only removes when the value is undefined', () => {
    expect(setQueryParameter('https://a.example/p?a=1&key=2', 'key', undefined)).toBe(
      'https://a.example/p?a=1',
    )
    expect(setQueryParameter('https://a.example/p?key=2', 'key', undefined)).toBe('https://a.example/p')
    expect(setQueryParameter('https://a.example/p', 'key', undefined)).toBe('https://a.example/p')
  })

  const text = fc.string({ unit: 'grapheme' })
  const query = fc.stringMatching(/^[\w=&%+?/:;.~-]*$/)

  it('leaves one, which a server decodes to what was set, and no other byte changes', () => {
    fc.assert(
      fc.property(query, text, text, (before, name, value) => {
        const url = `https://a.example/p?${before}`
        const once = setQueryParameter(url, name, value)
        expect(new URL(once).searchParams.getAll(name)).toEqual([value])
        expect(getQueryParameter(once, name)).toBe(value)
        expect(setQueryParameter(once, name, value)).toBe(once)
        const others = [...new URL(url).searchParams].filter(([other]) => other !== name)
        expect([...new URL(once).searchParams].slice(0, -1)).toEqual(others)
        const pairs = once.slice(once.indexOf('?') + 1).split('&')
        const old = before.split('&')
        for (const pair of pairs.slice(0, -1)) expect(old).toContain(pair)
      }),
      { numRuns: 1_000 },
    )
  })

  it('removes nothing from a URL that has none of that name', () => {
    fc.assert(
      fc.property(query, (before) => {
        const url = `https://a.example/p${before && `?${before}`}`
        expect(setQueryParameter(url, 'no such name', undefined)).toBe(url)
      }),
    )
  })
})

it('getQueryParameter() gives the first, decoded, or undefined', () => {
  expect(getQueryParameter('https://a.example/?k=a+b%2F&k=2', 'k')).toBe('a b/')
  expect(getQueryParameter('https://a.example/?k', 'k')).toBe('')
  expect(getQueryParameter('https://a.example/?K=1', 'k')).toBeUndefined()
  expect(getQueryParameter('https://a.example/', 'k')).toBeUndefined()
  expect(getQueryParameter('https://a.example/?a=1#k=2', 'k')).toBeUndefined()
  expect(getQueryParameter('https://a.example/??k=1&k=2', 'k')).toBe('2')
  expect(getQueryParameter('https://a.example/?k\t=\r\n1', 'k')).toBe('1')
})
