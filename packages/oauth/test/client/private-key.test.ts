import { generateKeyPairSync } from 'node:crypto'
import { inspect } from 'node:util'
import { applyAuth, createHeaderMap } from '@outbound-auth/core'
import * as jose from 'jose'
import { describe, expect, it } from 'vitest'
import type { OauthClientOptions } from '../../src/index.js'
import { exchanging, granted, tokenEndpoint } from '../scripted-server.js'

const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const ed = generateKeyPairSync('ed25519')
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const pkcs8 = ({ privateKey }: typeof ec) => privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()

/** Version 2 of PKCS#8, which has the public key as well. */
function withPublicKey(): string {
  const seed = ed.privateKey.export({ type: 'pkcs8', format: 'der' }).subarray(-32)
  const publicKey = ed.publicKey.export({ type: 'spki', format: 'der' }).subarray(-32)
  const head = Buffer.from('3051020101300506032b657004220420', 'hex')
  return Buffer.concat([head, seed, Buffer.from('812100', 'hex'), publicKey]).toString('base64')
}

async function assertionOf(change: Partial<OauthClientOptions>) {
  const { auth, arrivals } = exchanging(() => granted(), { clientSecret: undefined, ...change })
  const request = { method: 'GET', url: 'https://api.example.com/', headers: createHeaderMap() }
  await applyAuth(auth, request)
  return arrivals[0]?.form.get('client_assertion') ?? ''
}

describe('privateKey', () => {
  it.each([
    ['P-256', pkcs8(ec), 'ES256', ec],
    ['RSA', pkcs8(rsa), 'RS256', rsa],
    ['Ed25519', pkcs8(ed), 'EdDSA', ed],
    ['Ed25519 with its public key', withPublicKey(), 'EdDSA', ed],
    ['P-256 beside a certificate', `-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n${pkcs8(ec)}`, 'ES256', ec],
    ['P-256 with line ends of Windows', pkcs8(ec).replaceAll('\n', '\r\n'), 'ES256', ec],
    ['a P-256 JWK', JSON.stringify(ec.privateKey.export({ format: 'jwk' })), 'ES256', ec],
    ['an RSA JWK', JSON.stringify(rsa.privateKey.export({ format: 'jwk' })), 'RS256', rsa],
    ['an Ed25519 JWK', JSON.stringify(ed.privateKey.export({ format: 'jwk' })), 'EdDSA', ed],
  ])('signs with %s as jose verifies it', async (_, privateKey, alg, pair) => {
    const assertion = await assertionOf({ privateKey, issuer: 'https://login.example.com', keyId: 'key-1' })
    const { payload, protectedHeader } = await jose.jwtVerify(assertion, pair.publicKey, {
      issuer: 'agent',
      subject: 'agent',
      audience: 'https://login.example.com',
      algorithms: [alg],
    })
    expect(protectedHeader).toEqual({ alg, typ: 'JWT', kid: 'key-1' })
    expect(Object.keys(payload).sort()).toEqual(['aud', 'exp', 'iat', 'iss', 'jti', 'sub'])
  })

  it('names its audience by assertionAudience, by the issuer, else by the token endpoint', async () => {
    const privateKey = pkcs8(ec)
    const audience = async (change: object) =>
      jose.decodeJwt(await assertionOf({ privateKey, ...change })).aud
    expect(await audience({})).toBe(tokenEndpoint)
    expect(await audience({ issuer: 'https://a.example/' })).toBe('https://a.example/')
    expect(await audience({ issuer: 'https://a.example/', assertionAudience: 'urn:a' })).toBe('urn:a')
  })

  it.each<[string, string, object?]>([
    [
      'it is in SEC1, not PKCS#8. Convert it: openssl pkcs8 -topk8 -nocrypt -in key.pem',
      ec.privateKey.export({ type: 'sec1', format: 'pem' }).toString(),
    ],
    [
      'it is in PKCS#1, not PKCS#8. Convert it: openssl pkcs8 -topk8 -nocrypt -in key.pem',
      rsa.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
    ],
    [
      'it is encrypted. Decrypt it: openssl pkcs8 -in key.pem',
      ec.privateKey
        .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'planted' })
        .toString(),
    ],
    ['it is a public key', ec.publicKey.export({ type: 'spki', format: 'pem' }).toString()],
    ['it is a public JWK', JSON.stringify(ec.publicKey.export({ format: 'jwk' }))],
    ['it begins with a brace and is not JSON', '{planted'],
    ['it is a JWK of a type other than', '{"kty":"oct","k":"planted"}'],
    ['it is of a type other than', pkcs8(generateKeyPairSync('x25519') as never)],
    ['it is neither PEM, base64 nor a JWK', 'planted key!'],
    ['cannot be imported as a key for ES256', '{"kty":"EC","crv":"P-256","x":"planted","y":"a","d":"a"}'],
    [
      'cannot be imported as a key for RS256',
      pkcs8(rsa)
        .split('\n')
        .filter((_, line) => line !== 5)
        .join('\n'),
    ],
    ['algorithm is RS256, but privateKey is a key for ES256', pkcs8(ec), { algorithm: 'RS256' }],
  ])('fails when %s', async (problem, privateKey, change = {}) => {
    const error = await assertionOf({ privateKey, ...change }).catch((thrown) => thrown)
    expect(error).toMatchObject({ code: 'ERR_AUTH_OAUTH_KEY', kind: 'build' })
    expect(error.message).toContain(problem)
    expect(inspect(error, { showHidden: true, depth: 9 })).not.toContain('planted')
  })
})
