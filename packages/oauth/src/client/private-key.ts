import { decodeBase64 } from '../lib/base64url.js'
import { buildError } from '../lib/oauth-error.js'
import { type SigningAlgorithm, signingAlgorithms } from '../lib/sign-jwt.js'

/** @internal A private key that can sign, and cannot be exported. */
export interface PrivateKey {
  readonly key: CryptoKey
  /** The algorithms that suit the key; the first is the default. */
  readonly algorithms: readonly SigningAlgorithm[]
  /** The `kid` of a JWK. */
  readonly keyId?: string | undefined
}

const edNames = ['EdDSA', 'Ed25519'] as const

/** Object identifiers as they stand in PKCS#8: RSA, P-256 and Ed25519. */
const identifiers: readonly (readonly [hex: string, algorithms: readonly SigningAlgorithm[]])[] = [
  ['2a864886f70d010101', ['RS256']],
  ['2a8648ce3d0201', ['ES256']],
  ['2b6570', edNames],
]

/**
 * @internal Imports a private key: PKCS#8 as PEM (line breaks may be written as `\n`) or as its base64 alone, or a
 * JWK as JSON.
 *
 * @throws AuthError `ERR_AUTH_OAUTH_KEY` (build); nothing of the key is in it
 * @see https://www.rfc-editor.org/rfc/rfc5958
 */
export async function importPrivateKey(given: string): Promise<PrivateKey> {
  const text = given.replaceAll('\\n', '\n').trim()
  if (text.startsWith('{')) return importJwk(text)
  // A file may hold certificates or parameters beside the key.
  const blocks = [...text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END/g)]
  const block =
    blocks.find(([, name]) => name === 'PRIVATE KEY') ??
    blocks.find(([, name]) => name?.endsWith('PRIVATE KEY')) ??
    blocks[0]
  const [, label = 'PRIVATE KEY', inner = text] = block ?? []
  if (label !== 'PRIVATE KEY') throw keyError(labelProblem(label))
  const bytes = decodeBase64(inner.replace(/\s+/g, ''))
  if (!bytes || bytes.length === 0 || bytes.length > 16_384)
    throw keyError('is neither PEM, base64 nor a JWK')
  const hex = Array.from(bytes.subarray(0, 40), (byte) => byte.toString(16).padStart(2, '0')).join('')
  const [, algorithms] = identifiers.find(([identifier]) => hex.includes(identifier)) ?? []
  if (!algorithms) throw keyError('is of a type other than RSA, P-256 and Ed25519, or is not PKCS#8')
  const der = algorithms === edNames ? withoutPublicKey(bytes, hex) : bytes
  const key = await importAs(algorithms, (parameters) =>
    crypto.subtle.importKey('pkcs8', der, parameters, false, ['sign']),
  )
  return { key, algorithms }
}

async function importJwk(text: string): Promise<PrivateKey> {
  let jwk: Readonly<Record<string, unknown>>
  try {
    jwk = Object.assign(Object.create(null), JSON.parse(text))
  } catch {
    throw keyError('begins with a brace and is not JSON')
  }
  const { kty, crv, kid, alg } = jwk
  const suitable: readonly SigningAlgorithm[] | undefined = {
    RSA: ['RS256'] as const,
    'EC P-256': ['ES256'] as const,
    'OKP Ed25519': edNames,
  }[[kty, ...(kty === 'RSA' ? [] : [crv])].join(' ')]
  if (!suitable) throw keyError('is a JWK of a type other than RSA, P-256 and Ed25519')
  if (typeof jwk['d'] !== 'string') throw keyError('is a public JWK: the property d is missing')
  // The properties about the use of the key may contradict the runtime's names: `alg` above all.
  const names = ['kty', 'crv', 'x', 'y', 'n', 'e', 'd', 'p', 'q', 'dp', 'dq', 'qi']
  const material = Object.fromEntries(names.flatMap((name) => (name in jwk ? [[name, jwk[name]]] : [])))
  const key = await importAs(suitable, (parameters) =>
    crypto.subtle.importKey('jwk', material, parameters, false, ['sign']),
  )
  const named = suitable.filter((name) => name === alg)
  const algorithms = [...named, ...suitable.filter((name) => name !== alg)]
  return { key, algorithms, keyId: typeof kid === 'string' ? kid : undefined }
}

async function importAs(
  [algorithm = 'ES256']: readonly SigningAlgorithm[],
  run: (parameters: { name: string }) => Promise<CryptoKey>,
): Promise<CryptoKey> {
  try {
    return await run(signingAlgorithms[algorithm].key)
  } catch (error) {
    // The text of the error may quote the key.
    throw buildError('ERR_AUTH_OAUTH_KEY', `privateKey cannot be imported as a key for ${algorithm}`, error)
  }
}

/**
 * Version 2 of PKCS#8 adds the public key, which Web Crypto rejects: what remains is version 1 around the same seed.
 */
function withoutPublicKey(bytes: Uint8Array<ArrayBuffer>, hex: string): Uint8Array<ArrayBuffer> {
  const at = hex.indexOf('04220420') / 2 + 4
  const seed = bytes.slice(at, at + 32)
  if (at < 4 || seed.length !== 32) throw keyError('is not PKCS#8 with an Ed25519 key')
  return Uint8Array.of(0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20, ...seed)
}

function labelProblem(label: string): string {
  if (label === 'ENCRYPTED PRIVATE KEY')
    return 'is encrypted. Decrypt it: openssl pkcs8 -in key.pem -out key-pkcs8.pem'
  if (/PUBLIC KEY|CERTIFICATE/.test(label)) return 'is a public key or a certificate. Pass the private key'
  const form = { 'EC PRIVATE KEY': 'SEC1', 'RSA PRIVATE KEY': 'PKCS#1' }[label] ?? 'another form'
  return `is in ${form}, not PKCS#8. Convert it: openssl pkcs8 -topk8 -nocrypt -in key.pem -out key-pkcs8.pem`
}

function keyError(problem: string): Error {
  return buildError('ERR_AUTH_OAUTH_KEY', `privateKey must be PKCS#8 (PEM or base64) or a JWK: it ${problem}`)
}
