import { describe, expect, it } from 'vitest'
import { checkEndpoint } from '../../src/endpoint/check-endpoint.js'

describe('checkEndpoint()', () => {
  it.each([
    'xhttps://auth.example.com/token',
    'httpsx://auth.example.com/token',
    'https://user@auth.example.com/token',
    'https://:planted@auth.example.com/token',
    'https://auth.example.com/token#planted',
    'no URL',
  ])('rejects %s and names the option, not the URL', (text) => {
    const check = () => checkEndpoint(text, true)
    expect(check).toThrow(TypeError)
    expect(check).toThrow(
      'oauthRefresh: tokenEndpoint must be an absolute http(s) URL without user name, password and fragment',
    )
    expect(check).not.toThrow(/planted/)
  })

  it('says where a refresh token may not go unencrypted', () => {
    expect(() => checkEndpoint('http://auth.example.com/token', false)).toThrow(
      expect.objectContaining({
        code: 'ERR_AUTH_INSECURE_TRANSPORT',
        provider: 'bearer',
        kind: 'build',
        message: 'A refresh token may not go to http://auth.example.com unencrypted; use https',
      }),
    )
  })

  it.each([
    ['http://evillocalhost/token', false],
    ['http://localhost.example.com/token', false],
    ['http://127.0.0.1:8080/token', true],
    ['http://app.localhost/token', true],
  ])('takes plain http only for this machine: %s', (text, isTaken) => {
    const check = () => checkEndpoint(text, false).href
    if (isTaken) expect(check()).toBe(text)
    else expect(check).toThrow(expect.objectContaining({ code: 'ERR_AUTH_INSECURE_TRANSPORT' }))
  })
})
