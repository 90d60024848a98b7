import { encodeBase64Url, encodeText } from './base64url.js'

/**
 * How a JWT is signed. `EdDSA` and `Ed25519` are two names of one algorithm, and servers that know one may reject the
 * other.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9864
 */
export type SigningAlgorithm = 'ES256' | 'RS256' | 'EdDSA' | 'Ed25519'

interface AlgorithmParameters {
  /** For `importKey` and `generateKey`. */
  readonly key: { readonly name: string; readonly namedCurve?: string; readonly hash?: string }
  readonly sign: { readonly name: string; readonly hash?: string }
}

const ed25519 = { key: { name: 'Ed25519' }, sign: { name: 'Ed25519' } }

/** @internal What Web Crypto calls each algorithm. */
export const signingAlgorithms: Readonly<Record<SigningAlgorithm, AlgorithmParameters>> = {
  ES256: { key: { name: 'ECDSA', namedCurve: 'P-256' }, sign: { name: 'ECDSA', hash: 'SHA-256' } },
  RS256: {
    key: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
    sign: { name: 'RSASSA-PKCS1-v1_5' },
  },
  EdDSA: ed25519,
  Ed25519: ed25519,
}

/** @internal A JWT in compact form. */
export async function signJwt(
  key: CryptoKey,
  header: { readonly alg: SigningAlgorithm } & Readonly<Record<string, unknown>>,
  claims: Readonly<Record<string, unknown>>,
): Promise<string> {
  const input = `${encodeText(JSON.stringify(header))}.${encodeText(JSON.stringify(claims))}`
  const { sign } = signingAlgorithms[header.alg]
  const signature = await crypto.subtle.sign(sign, key, new TextEncoder().encode(input))
  return `${input}.${encodeBase64Url(signature)}`
}

/** @internal 128 random bits: no server sees the same `jti` twice. */
export function randomId(): string {
  return encodeBase64Url(crypto.getRandomValues(new Uint8Array(16)))
}
