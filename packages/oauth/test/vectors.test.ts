import { createPrivateKey, sign } from 'node:crypto'
import { applyAuth, createHeaderMap } from '@outbound-auth/core'
import * as jose from 'jose'
import { describe, expect, it } from 'vitest'
import { clientCredentials, dpopAuth, type SigningAlgorithm } from '../src/index.js'
import { granted, scripted } from './scripted-server.js'

// https://www.rfc-editor.org/rfc/rfc8037#appendix-A.1
const rfc8037 = {
  kty: 'OKP',
  crv: 'Ed25519',
  d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A',
  x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
}
// https://www.rfc-editor.org/rfc/rfc8037#appendix-A.4
const rfc8037Jws =
  'eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg'

it('clientCredentials() signs with the key of RFC 8037 as the RFC does', async () => {
  const { fetch, arrivals } = scripted()
  const client = { tokenEndpoint: 'https://server.example.com/token', clientId: 'agent', fetch }
  const token = clientCredentials({ ...client, privateKey: JSON.stringify(rfc8037) })
  await token({ signal: new AbortController().signal, forceRefresh: false })
  const assertion = arrivals[0]?.form.get('client_assertion') ?? ''
  // Ed25519 is deterministic, so another implementation that signs like the RFC must sign these bytes in the same way.
  const key = createPrivateKey({ key: rfc8037, format: 'jwk' })
  const signed = (input: string) => `${input}.${sign(null, Buffer.from(input), key).toString('base64url')}`
  const inputOf = (jws: string) => jws.slice(0, jws.lastIndexOf('.'))
  expect(signed(inputOf(rfc8037Jws))).toBe(rfc8037Jws)
  expect(signed(inputOf(assertion))).toBe(assertion)
  expect(jose.decodeProtectedHeader(assertion)).toEqual({ alg: 'EdDSA', typ: 'JWT' })
})

/** The public half of a published key, beside the private half of another one. */
async function published(alg: SigningAlgorithm, jwk: jose.JWK) {
  const { privateKey } = await jose.generateKeyPair(alg)
  const publicKey = (await jose.importJWK(jwk, alg, { extractable: true })) as CryptoKey
  return { privateKey: privateKey as CryptoKey, publicKey }
}

describe('dpopAuth() shows a public key whose thumbprint is that of', () => {
  it.each<[string, SigningAlgorithm, jose.JWK, string]>([
    [
      'RFC 9449, section 6.1',
      'ES256',
      {
        kty: 'EC',
        crv: 'P-256',
        x: 'l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs',
        y: '9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA',
      },
      '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I',
    ],
    [
      'RFC 8037, appendix A.3',
      'EdDSA',
      { kty: 'OKP', crv: 'Ed25519', x: rfc8037.x },
      'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k',
    ],
    [
      'RFC 7638, section 3.1',
      'RS256',
      {
        kty: 'RSA',
        n: '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw',
        e: 'AQAB',
      },
      'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs',
    ],
  ])('%s', async (_, dpopAlgorithm, jwk, thumbprint) => {
    const { fetch, arrivals } = scripted(() => granted({ token_type: 'DPoP' }))
    const dpopKey = await published(dpopAlgorithm, jwk)
    const client = { tokenEndpoint: 'https://server.example.com/token', clientId: 'agent', fetch }
    const auth = dpopAuth({ ...client, dpopAlgorithm, dpopKey })
    await applyAuth(auth, { method: 'GET', url: 'https://api.example.com/', headers: createHeaderMap() })
    const header = jose.decodeProtectedHeader(arrivals[0]?.headers.get('dpop') ?? '')
    expect(header).toEqual({ typ: 'dpop+jwt', alg: dpopAlgorithm, jwk })
    expect(await jose.calculateJwkThumbprint(header.jwk as jose.JWK)).toBe(thumbprint)
  })
})

it('dpopAuth() makes the proofs of RFC 9449, sections 5 and 7.1, but for jti', async () => {
  const token = 'Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU'
  let seconds = 1562262616
  const { fetch, arrivals } = scripted(() => granted({ access_token: token, token_type: 'DPoP' }))
  const tokenEndpoint = 'https://server.example.com/token'
  const auth = dpopAuth({ tokenEndpoint, clientId: 'agent', fetch, now: () => new Date(seconds++ * 1000) })
  const url = 'https://resource.example.org/protectedresource'
  const { headers } = await applyAuth(auth, { method: 'get', url, headers: createHeaderMap() })
  const claims = [arrivals[0]?.headers.get('dpop'), headers.get('dpop')].map((proof) =>
    jose.decodeJwt(proof ?? ''),
  )
  const jti = expect.stringMatching(/^[\w-]{22}$/)
  const iat = expect.any(Number)
  expect(claims).toEqual([
    { jti, htm: 'POST', htu: tokenEndpoint, iat },
    { jti, htm: 'GET', htu: url, iat, ath: 'fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo' },
  ])
  expect(Object.keys(claims[0] ?? {})).toEqual(['jti', 'htm', 'htu', 'iat'])
  expect(headers.get('authorization')).toBe(`DPoP ${token}`)
})
