import { describe, expect, it } from 'vitest'
import { canonicalRequest, type SigningOptions, signRequest } from '../../src/index.js'

const options: SigningOptions = {
  service: 's3',
  region: 'us-east-1',
  credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
  now: () => new Date('2026-11-25T00:00:00Z'),
}

/** The path as it is sent and as it is signed. */
function paths(path: string, policy: Partial<SigningOptions>): [string, string | undefined] {
  const request = { method: 'GET', url: `https://a.example${path}` }
  return [
    signRequest(request, { ...options, ...policy }).url.slice('https://a.example'.length),
    canonicalRequest(request, { ...options, ...policy }).split('\n')[1],
  ]
}

describe('signRequest() sends S3 the path that it signs:', () => {
  it.each([
    ['', '/'],
    ['/', '/'],
    ['/a(1)@2x.png', '/a%281%29%402x.png'],
    ['/a%281%29@2x.png', '/a%281%29%402x.png'],
    ["/!'()*", '/%21%27%28%29%2A'],
    ['/a:/b', '/a%3A/b'],
    ['/a//b///', '/a//b///'],
    ['/a/./b/../c', '/a/./b/../c'],
    ['/a+b', '/a%2Bb'],
    ['/a%2bb', '/a%2Bb'],
    ['/a b', '/a%20b'],
    ['/a%20b', '/a%20b'],
    ['/%7Ea/%41', '/~a/A'],
    ['/100%25', '/100%25'],
    ['/%2541', '/%2541'],
    ['/é/コ/🎉', '/%C3%A9/%E3%82%B3/%F0%9F%8E%89'],
    ['/%c3%a9', '/%C3%A9'],
    ['/%ff', '/%FF'],
    ['/\ud800', '/%EF%BF%BD'],
    ['/a\\b', '/a%5Cb'],
    // A key has no escaped slash: servers differ in how they read one, and all read this.
    ['/folder%2Fkey%2f', '/folder/key/'],
    ['/a&b=c;d,e$f@g', '/a%26b%3Dc%3Bd%2Ce%24f%40g'],
    ['/"<>`{}|^[]', '/%22%3C%3E%60%7B%7D%7C%5E%5B%5D'],
  ])('%j as %j', (path, sent) => {
    expect(paths(path, {})).toEqual([sent, sent])
  })
})

describe('signRequest() rejects an S3 path whose escapes stand for dot segments,', () => {
  it.each(['/..%2Fx', '/a/..%2fx', '/a%2F..', '/%2e%2e/x', '/a/%2E', '/a/../b%2F./c'])(
    'since no client sends it as it was signed: %s',
    (path) => {
      expect(() => paths(path, {})).toThrow(expect.objectContaining({ kind: 'build', code: 'ERR_AUTH_URL' }))
    },
  )
})

describe('signRequest() normalises and escapes again for other services what it sends:', () => {
  it.each([
    ['', '/', '/'],
    ['/', '/', '/'],
    ['//', '//', '/'],
    ['/a//b///', '/a//b///', '/a/b/'],
    ['/a/./b', '/a/./b', '/a/b'],
    ['/a/b/..', '/a/b/..', '/a'],
    ['/a/b/../', '/a/b/../', '/a/'],
    ['/..', '/..', '/'],
    ['/../../a', '/../../a', '/a'],
    ['/.', '/.', '/'],
    ['/...', '/...', '/...'],
    ['/.a/a.', '/.a/a.', '/.a/a.'],
    ['/%2e%2e/a', '/%2e%2e/a', '/%252e%252e/a'],
    ['/model/a:0/invoke', '/model/a:0/invoke', '/model/a%3A0/invoke'],
    ['/model/a%3A0/invoke', '/model/a%3A0/invoke', '/model/a%253A0/invoke'],
    ['/a:/b', '/a:/b', '/a%3A/b'],
    ['/a(1)@2x.png', '/a(1)@2x.png', '/a%281%29%402x.png'],
    ['/a+b', '/a+b', '/a%2Bb'],
    ['/a b', '/a%20b', '/a%2520b'],
    ['/é', '/%C3%A9', '/%25C3%25A9'],
    ['/%c3%a9', '/%c3%a9', '/%25c3%25a9'],
    ['/a%2Fb', '/a%2Fb', '/a%252Fb'],
    ['/\udc00', '/%EF%BF%BD', '/%25EF%25BF%25BD'],
  ])('%j as %j and %j', (path, sent, signed) => {
    expect(paths(path, { service: 'bedrock' })).toEqual([sent, signed])
  })

  it('each by its own switch', () => {
    expect(paths('/a//b c', { service: 'bedrock', normalizePath: false })[1]).toBe('/a//b%2520c')
    expect(paths('/a//b c', { service: 'bedrock', doubleEncodePath: false })[1]).toBe('/a/b%20c')
    expect(paths('/a//b c', { normalizePath: true })).toEqual(['/a//b%20c', '/a/b%20c'])
    expect(paths('/a//b c', { doubleEncodePath: true })).toEqual(['/a//b%20c', '/a//b%2520c'])
  })
})
