import { describe, expect, it } from 'vitest'
import { authorityUrl } from '../../src/registration/authority-url.js'

describe('authorityUrl()', () => {
  it.each([
    ['https://a.example', 'https://a.example/v1/x'],
    ['https://a.example/api', 'https://a.example/api/v1/x'],
    ['https://a.example/api//', 'https://a.example/api/v1/x'],
    ['http://localhost:8080/api/', 'http://localhost:8080/api/v1/x'],
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8080/v1/x'],
    ['http://[::1]:8080', 'http://[::1]:8080/v1/x'],
  ])('appends a path to %s', (baseUrl, expected) => {
    expect(authorityUrl('baseUrl', baseUrl, '/v1/x')).toBe(expected)
  })

  it.each([
    '',
    '/api',
    'ftp://a.example',
    'https://user@a.example',
    'https://:planted@a.example',
    'https://a.example?a=1',
    'https://a.example/#a',
  ])('rejects %j as a TypeError', (baseUrl) => {
    expect(() => authorityUrl('baseUrl', baseUrl, '/v1/x')).toThrow(TypeError)
    const needed = 'baseUrl must be an http(s) URL without user name, query and fragment, got '
    expect(() => authorityUrl('baseUrl', baseUrl, '/v1/x')).toThrow(needed)
    expect(() => authorityUrl('baseUrl', baseUrl, '/v1/x')).not.toThrow('planted')
  })

  it.each(['http://a.example', 'http://evillocalhost', 'http://localhost.example.com'])(
    'rejects %j, which is not encrypted',
    (baseUrl) => {
      const expected = {
        kind: 'build',
        code: 'ERR_AUTH_INSECURE_TRANSPORT',
        message: `baseUrl must be https, got ${baseUrl}`,
      }
      expect(() => authorityUrl('baseUrl', baseUrl, '')).toThrow(expect.objectContaining(expected))
    },
  )
})
