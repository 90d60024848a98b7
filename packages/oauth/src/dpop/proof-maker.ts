import { optionError } from '@outbound-auth/core/provider'
import { encodeBase64Url } from '../lib/base64url.js'
import { buildError } from '../lib/oauth-error.js'
import { randomId, type SigningAlgorithm, signingAlgorithms, signJwt } from '../lib/sign-jwt.js'

/** A key of Web Crypto. Not every project has the global type `CryptoKey`: Node's types have none. */
type SigningKey = Parameters<typeof crypto.subtle.sign>[1]

type KeyParameters = (typeof signingAlgorithms)['ES256']['key']

/** A key pair of Web Crypto, such as `crypto.subtle.generateKey()` gives. A `CryptoKeyPair` is one. */
export interface DpopKeyPair {
  readonly privateKey: SigningKey
  readonly publicKey: SigningKey
}

/** @internal What one proof is about. */
export interface ProofClaims {
  readonly method: string
  readonly url: string
  readonly now: Date
  readonly nonce?: string | undefined
  /** The access token that is sent along. */
  readonly accessToken?: string | undefined
}

/**
 * @internal Makes a DPoP proof: a new one for each request and each try. @throws AuthError `ERR_AUTH_OAUTH_KEY`
 * (build)
 */
export type ProofMaker = (claims: ProofClaims) => Promise<string>

/**
 * @internal
 * @param key made at the first proof if it is not given; its private half cannot be exported
 * @throws TypeError when the key or the algorithm is malformed
 * @see https://www.rfc-editor.org/rfc/rfc9449#section-4.2
 */
export function proofMaker(
  factory: string,
  algorithm: SigningAlgorithm = 'ES256',
  key?: DpopKeyPair,
): ProofMaker {
  if (!Object.hasOwn(signingAlgorithms, algorithm))
    throw optionError(
      `${factory}: dpopAlgorithm must be one of ES256, RS256, EdDSA, Ed25519`,
      'dpopAlgorithm',
    )
  const { key: parameters } = signingAlgorithms[algorithm]
  const isPair = key?.privateKey?.type === 'private' && key.publicKey?.type === 'public'
  const suits = isPair && [key.privateKey, key.publicKey].every((half) => isKeyFor(half, parameters))
  if (key && (!suits || !key.publicKey.extractable))
    throw optionError(
      `${factory}: dpopKey must be a CryptoKeyPair for ${algorithm} whose public key can be exported`,
      'dpopKey',
    )
  let identity: Promise<{ readonly privateKey: SigningKey; readonly jwk: object }> | undefined

  async function open() {
    try {
      const pair = key ?? (await generate(parameters))
      const { kty, crv, x, y, n, e } = await crypto.subtle.exportKey('jwk', pair.publicKey)
      return { privateKey: pair.privateKey, jwk: JSON.parse(JSON.stringify({ kty, crv, x, y, n, e })) }
    } catch (error) {
      throw buildError('ERR_AUTH_OAUTH_KEY', `This runtime cannot make a DPoP key for ${algorithm}`, error)
    }
  }

  return async ({ method, url, now, nonce, accessToken }) => {
    identity ??= open()
    const { privateKey, jwk } = await identity
    const { origin, pathname } = new URL(url)
    const claims = {
      jti: randomId(),
      // The methods that `fetch` writes in capitals, whatever the caller wrote.
      htm: /^(delete|get|head|options|post|put)$/i.test(method) ? method.toUpperCase() : method,
      htu: origin + pathname,
      iat: Math.floor(now.getTime() / 1000),
      ...(accessToken !== undefined && { ath: await thumbprint(accessToken) }),
      ...(nonce !== undefined && { nonce }),
    }
    return signJwt(privateKey, { typ: 'dpop+jwt', alg: algorithm, jwk }, claims)
  }
}

/** Whether a key is of the type, the curve and the hash of an algorithm. */
function isKeyFor({ algorithm }: SigningKey, { name, namedCurve, hash }: KeyParameters): boolean {
  const found = algorithm as { name: string; namedCurve?: string; hash?: { name: string } }
  return found.name === name && found.namedCurve === namedCurve && found.hash?.name === hash
}

async function generate(parameters: KeyParameters): Promise<DpopKeyPair> {
  const rsa = { modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1) }
  const full = parameters.name.startsWith('RSA') ? { ...parameters, ...rsa } : parameters
  return crypto.subtle.generateKey(full, false, ['sign', 'verify']) as Promise<DpopKeyPair>
}

async function thumbprint(token: string): Promise<string> {
  return encodeBase64Url(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(token)))
}
