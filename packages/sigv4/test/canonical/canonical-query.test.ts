import { describe, expect, it } from 'vitest'
import { canonicalRequest, presignUrl, type SigningOptions, signRequest } from '../../src/index.js'

const options: SigningOptions = {
  service: 's3',
  region: 'us-east-1',
  credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
  now: () => new Date('2026-11-25T00:00:00Z'),
}

/** The query as it is sent and as it is signed. */
function query(search: string): [string, string | undefined] {
  const request = { method: 'GET', url: `https://a.example/${search}` }
  return [
    signRequest(request, options).url.slice('https://a.example/'.length),
    canonicalRequest(request, options).split('\n')[2],
  ]
}

describe('signRequest() sends and signs the query', () => {
  it.each<[string, string, string]>([
    ['', '', ''],
    ['?', '', ''],
    ['?&', '?&', ''],
    ['?a', '?a', 'a='],
    ['?a=', '?a=', 'a='],
    ['?=b', '?=b', '=b'],
    ['?=', '?=', '='],
    ['?a=1&&b=2&', '?a=1&&b=2&', 'a=1&b=2'],
    ['?a=b=c', '?a=b=c', 'a=b%3Dc'],
    ['?a==', '?a==', 'a=%3D'],
    ['?b=1&a=2&a=10&a=1', '?b=1&a=2&a=10&a=1', 'a=1&a=10&a=2&b=1'],
    ['?a=1&a=1', '?a=1&a=1', 'a=1&a=1'],
    ['?a-b=1&a=2&a.b=3&aa=4&A=5', '?a-b=1&a=2&a.b=3&aa=4&A=5', 'A=5&a=2&a-b=1&a.b=3&aa=4'],
    ['?é=1&z=2&~=3&%3D=4', '?%C3%A9=1&z=2&~=3&%3D=4', '%3D=4&%C3%A9=1&z=2&~=3'],
    ['?a=b+c', '?a=b%20c', 'a=b%20c'],
    ['?a+b=+', '?a%20b=%20', 'a%20b=%20'],
    ['?a=b%2Bc', '?a=b%2Bc', 'a=b%2Bc'],
    ['?a=b%2bc%7e%41', '?a=b%2bc%7e%41', 'a=b%2Bc~A'],
    ['?a=b c"<>`{}|^', '?a=b%20c%22%3C%3E%60%7B%7D%7C%5E', 'a=b%20c%22%3C%3E%60%7B%7D%7C%5E'],
    ["?a='!()*,;:@/?$", '?a=%27!()*,;:@/?$', 'a=%27%21%28%29%2A%2C%3B%3A%40%2F%3F%24'],
    ['?__proto__=1&constructor=2', '?__proto__=1&constructor=2', '__proto__=1&constructor=2'],
    ['?a=%ff', '?a=%ff', 'a=%FF'],
    ['?a=\ud800b', '?a=%EF%BF%BDb', 'a=%EF%BF%BDb'],
    ['?a=\udc00\ud800', '?a=%EF%BF%BD%EF%BF%BD', 'a=%EF%BF%BD%EF%BF%BD'],
    ['?a=🎉', '?a=%F0%9F%8E%89', 'a=%F0%9F%8E%89'],
    ['?a=%00\u0000', '?a=%00%00', 'a=%00%00'],
    ['?a=1#b=2', '?a=1', 'a=1'],
    ['?X-Amz-Meta=1&x-amz-target=2', '?X-Amz-Meta=1&x-amz-target=2', 'X-Amz-Meta=1&x-amz-target=2'],
    ['?X-Amz-Date=1&a=2&x-amz-signature=3', '?a=2', 'a=2'],
    ['?X%2DAmz%2DSignature=1&a=%58&%58-Amz-%44ate=2', '?a=%58', 'a=X'],
    ['?x%2Damz-date=1', '', ''],
    ['?%58-amz-date=1', '', ''],
    ['?a=/', '?a=/', 'a=%2F'],
    ['?/=1', '?/=1', '%2F=1'],
    ['?b=~.-_&a=~.-_&~.-_=', '?b=~.-_&a=~.-_&~.-_=', 'a=~.-_&b=~.-_&~.-_='],
    ['?x-amz%2ddate=1&x-am%7a-date=2&x-amz-s%33session-token=3', '', ''],
    ['?x-amz-%64ate=1&a=x-amz-date=2', '?a=x-amz-date=2', 'a=x-amz-date%3D2'],
    ['?xx-amz-date=1&x-amz-dates=2', '?xx-amz-date=1&x-amz-dates=2', 'x-amz-dates=2&xx-amz-date=1'],
    ['?+', '?%20', '%20='],
    ['?é', '?%C3%A9', '%C3%A9='],
    ['?a=1&b=/', '?a=1&b=/', 'a=1&b=%2F'],
    ['?a=1&b==', '?a=1&b==', 'a=1&b=%3D'],
    ['?a=1&/=2', '?a=1&/=2', '%2F=2&a=1'],
    ['?X%2DAmz%2DMeta=1&%61', '?X%2DAmz%2DMeta=1&%61', 'X-Amz-Meta=1&a='],
  ])('%j as %j and %j', (search, sent, signed) => {
    expect(query(search)).toEqual([sent, signed])
  })

  it.each([2, 64, 65, 200])('with %i pairs in the order of names, then of values', (count) => {
    const sorted = Array.from({ length: count }, (_, index) => {
      const name = `a${String(index >> 2).padStart(3, '0')}`
      return `${name}=${'x'.repeat(index & 3)}`
    })
    const shuffled = sorted.map((_, index) => sorted[(index * 73 + 11) % count])
    expect(new Set(shuffled).size).toBe(count)
    expect(query(`?${shuffled.join('&')}`)[1]).toBe(sorted.join('&'))
    expect(query(`?${sorted.join('&')}`)[1]).toBe(sorted.join('&'))
    expect(query(`?${[...sorted].reverse().join('&')}`)[1]).toBe(sorted.join('&'))
  })

  it('as a URL parser sends it', () => {
    const all = Array.from({ length: 0x7e - 0x20 }, (_, index) => String.fromCharCode(0x20 + index))
    const characters = all.filter((character) => !'#%'.includes(character)).join('')
    const [sent] = query(`?a=${characters}é\ud800`)
    expect(new URL(`https://a.example/${sent}`).search).toBe(sent)
  })
})

it('presignUrl() sorts what it adds among the rest', () => {
  const url = 'https://a.example/?x=1&X-Amz-B=2&Z=3&A=4'
  const { url: signed } = presignUrl({ method: 'GET', url }, { ...options, expiresInMs: 1000 })
  expect(signed).toMatch(/^https:\/\/a\.example\/\?x=1&X-Amz-B=2&Z=3&A=4&X-Amz-Algorithm=/)
  expect(signed.match(/X-Amz-Signature=/g)).toHaveLength(1)
})
