import { buildError } from '../lib/agent-error.js'
import { decodeBase64, encodeBase64 } from '../lib/base64.js'

/** @internal The content of an Ed25519 private key file. */
export interface PrivateKeyParts {
  readonly seed: Uint8Array<ArrayBuffer>
  /** Version 2 may contain the public key. The caller must check that it belongs to the seed. */
  readonly publicKey: Uint8Array<ArrayBuffer> | undefined
}

const sequence = 0x30
const attributes = 0xa0
const publicKeyTag = 0x81
/**
 * A version, `AlgorithmIdentifier` of Ed25519 without parameters, and two octet strings around the seed.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8410#section-3
 */
const beforeSeed = (version: number) => [2, 1, version, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20]

/** @internal PKCS#8 version 1, which every reader accepts. */
export function toPkcs8(seed: Uint8Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.of(sequence, 0x2e, ...beforeSeed(0), ...seed)
}

/**
 * @internal Reads base64 of PKCS#8, version 1 or 2, with or without attributes. Codex writes version 2,
 * which Node 20 and Web Crypto reject, so the DER is read here.
 *
 * @throws AuthError `ERR_AUTH_AGENT_KEY` (build)
 * @see https://www.rfc-editor.org/rfc/rfc5958#section-2
 * @see https://www.rfc-editor.org/rfc/rfc8410#section-7
 */
export function parsePkcs8(text: string): PrivateKeyParts {
  const bytes = typeof text === 'string' && text.length < 16_384 ? decodeBase64(text.trim()) : undefined
  if (!bytes) throw keyError()
  let offset = 0
  /** Reads a tag and a length, which has its shortest form in DER. */
  const lengthOf = (tag: number) => {
    if (bytes[offset++] !== tag) throw keyError()
    let length = bytes[offset++] ?? 0
    if (length < 0x80) return length
    const shortest = length === 0x81 ? 0x80 : 0x100
    if (length > 0x82 || length === 0x80) throw keyError()
    length = bytes[offset++] ?? 0
    if (shortest > 0x80) length = length * 256 + (bytes[offset++] ?? 0)
    if (length < shortest) throw keyError()
    return length
  }
  const take = (length: number) => {
    offset += length
    return bytes.slice(offset - length, offset)
  }
  if (lengthOf(sequence) !== bytes.length - offset) throw keyError()
  const isVersion2 = bytes[offset + 2] === 1
  for (const byte of beforeSeed(isVersion2 ? 1 : 0)) if (bytes[offset++] !== byte) throw keyError()
  const seed = take(32)
  if (bytes[offset] === attributes) take(lengthOf(attributes))
  let publicKey: Uint8Array<ArrayBuffer> | undefined
  if (isVersion2 && bytes[offset] === publicKeyTag) {
    // A bit string begins with the number of its unused bits.
    if (lengthOf(publicKeyTag) !== 33 || take(1)[0] !== 0) throw keyError()
    publicKey = take(32)
  }
  if (offset !== bytes.length) throw keyError()
  return { seed, publicKey }
}

/** @internal The text form of a stored key. */
export function encodePrivateKey(seed: Uint8Array): string {
  return encodeBase64(toPkcs8(seed))
}

function keyError(): Error {
  return buildError(
    "Cannot read the agent's private key: it is not standard base64 of PKCS#8 with an Ed25519 key",
    'ERR_AUTH_AGENT_KEY',
  )
}
