import { describe, expect, it } from 'vitest'
import { challengeClaims } from '../../src/contract/challenge-claims.js'
import { type AuthProvider, createHeaderMap, recoverHandshake } from '../../src/index.js'

const claims = '{"access_token":{"nbf":{"essential":true,"value":"1700000000"}}}'
const challenge = (text: string) => createHeaderMap({ 'www-authenticate': text })
const entra = (value: string) =>
  `Bearer realm="", authorization_uri="https://login.example.com/authorize", error="insufficient_claims", claims="${value}"`

describe('challengeClaims()', () => {
  it('decodes the claims of a challenge', () => {
    expect(challengeClaims(challenge(entra(btoa(claims))))).toBe(claims)
  })

  it.each([
    ['without padding', btoa(claims).replace(/=+$/, '')],
    ['in base64url', btoa(claims).replaceAll('+', '-').replaceAll('/', '_')],
  ])('decodes claims %s', (_, value) => {
    expect(challengeClaims(challenge(entra(value)))).toBe(claims)
  })

  it('decodes letters outside of ASCII', () => {
    const bytes = new TextEncoder().encode('{"acrs":{"value":"größer ÿ"}}')
    expect(challengeClaims(challenge(entra(btoa(String.fromCharCode(...bytes)))))).toBe(
      '{"acrs":{"value":"größer ÿ"}}',
    )
  })

  it('decodes each letter in which base64url differs', () => {
    const text = '{"a":">>>>>>??????"}'
    expect(btoa(text).match(/[+/]/g)).toHaveLength(4)
    const value = btoa(text).replaceAll('+', '-').replaceAll('/', '_')
    expect(challengeClaims(challenge(entra(value)))).toBe(text)
  })

  it.each([
    ['in any letter case', `Bearer ERROR="Insufficient_Claims", Claims="${btoa(claims)}"`],
    ['whose error has no quotes', `Bearer error=insufficient_claims, claims="${btoa(claims)}"`],
    ['without whitespace', `Bearer realm="",error="insufficient_claims",claims="${btoa(claims)}"`],
  ])('takes a challenge %s', (_, text) => {
    expect(challengeClaims(challenge(text))).toBe(claims)
  })

  it('finds the challenge behind another one', () => {
    const text = `PoP realm="", Bearer claims="${btoa(claims)}", error="insufficient_claims"`
    expect(challengeClaims(challenge(text))).toBe(claims)
  })

  it.each([
    ['no challenge', 'Bearer realm="a"'],
    ['another error', `Bearer error="invalid_token", claims="${btoa(claims)}"`],
    ['an error whose name begins alike', `Bearer error="insufficient_claims2", claims="${btoa(claims)}"`],
    ['a property that ends alike', `Bearer xerror="insufficient_claims", claims="${btoa(claims)}"`],
    ['claims of another name', `Bearer error="insufficient_claims", xclaims="${btoa(claims)}"`],
    ['empty claims', 'Bearer error="insufficient_claims", claims=""'],
    ['no claims', 'Bearer error="insufficient_claims"'],
    ['what is not base64', 'Bearer error="insufficient_claims", claims="*"'],
    ['what is not JSON', `Bearer error="insufficient_claims", claims="${btoa('{')}"`],
    ['JSON that is not an object', `Bearer error="insufficient_claims", claims="${btoa('"a"')}"`],
    ['what is not UTF-8', `Bearer error="insufficient_claims", claims="${btoa('{"a":"\xff"}')}"`],
  ])('is undefined for %s', (_, text) => {
    expect(challengeClaims(challenge(text))).toBeUndefined()
  })

  it('is undefined without a header', () => {
    expect(challengeClaims(createHeaderMap())).toBeUndefined()
  })
})

it('recoverHandshake() shows the provider the claims of a challenge', async () => {
  const seen: unknown[] = []
  const provider: AuthProvider = {
    kind: 'test',
    headerNames: ['x-key'],
    addAuthHeaders: (headers) => headers.set('x-key', 'k'),
    recover: async (rejection) => seen.push(rejection.claims) > 0,
  }
  const opened = { url: 'https://a.example/', headers: { 'x-key': 'k' } }
  const headers = { 'www-authenticate': entra(btoa(claims)) }
  expect(await recoverHandshake(provider, opened, { status: 401, headers })).toBe(true)
  expect(await recoverHandshake(provider, opened, 401)).toBe(true)
  expect(seen).toEqual([claims, undefined])
})
