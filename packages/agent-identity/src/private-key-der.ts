import { buildError } from './agent-error.js'
import { decodeBase64, encodeBase64 } from './base64.js'

/** @internal What an Ed25519 private key file holds. */
export interface PrivateKeyParts {
  readonly seed: Uint8Array<ArrayBuffer>
  /** Version 2 may carry the public key; whoever uses it must check that it belongs to the seed. */
  readonly publicKey: Uint8Array<ArrayBuffer> | undefined
}

const sequence = 0x30
const integer = 0x02
const octetString = 0x04
/** `AlgorithmIdentifier` of Ed25519, without parameters. @see https://www.rfc-editor.org/rfc/rfc8410#section-3 */
const ed25519 = [sequence, 5, 0x06, 3, 0x2b, 0x65, 0x70]
/** All of version 1 before the seed. */
const prefix = [sequence, 0x2e, integer, 1, 0, ...ed25519, octetString, 0x22, octetString, 0x20]

/** @internal PKCS#8 version 1, which every reader accepts. */
export function toPkcs8(seed: Uint8Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.of(...prefix, ...seed)
}

/**
 * @internal Reads base64 of PKCS#8, version 1 or 2, with or without attributes. Node 20 and Web Crypto refuse version 2, which
 * is what Codex writes, so the DER is read here.
 *
 * @throws AuthError `ERR_AUTH_AGENT_KEY` (build)
 * @see https://www.rfc-editor.org/rfc/rfc5958#section-2
 * @see https://www.rfc-editor.org/rfc/rfc8410#section-7
 */
export function parsePkcs8(text: string): PrivateKeyParts {
  const bytes = typeof text === 'string' && text.length < 16_384 ? decodeBase64(text.trim()) : undefined
  if (!bytes) throw refusal()
  const outer = derReader(bytes)
  const body = derReader(outer.read(sequence))
  outer.end()
  const version = body.read(integer)
  const isVersion2 = version[0] === 1
  if (version.length !== 1 || (!isVersion2 && version[0] !== 0)) throw refusal()
  const algorithm = body.read(sequence)
  if (String(algorithm) !== String(ed25519.slice(2))) throw refusal()
  const inner = derReader(body.read(octetString))
  const seed = inner.read(octetString)
  inner.end()
  if (seed.length !== 32) throw refusal()
  if (body.has(0xa0)) body.read(0xa0)
  let publicKey: Uint8Array<ArrayBuffer> | undefined
  if (isVersion2 && body.has(0x81)) {
    const bits = body.read(0x81)
    if (bits.length !== 33 || bits[0] !== 0) throw refusal()
    publicKey = bits.slice(1)
  }
  body.end()
  return { seed: seed.slice(), publicKey }
}

/** @internal The text form in which keys are kept. */
export function encodePrivateKey(seed: Uint8Array): string {
  return encodeBase64(toPkcs8(seed))
}

function refusal(): Error {
  return buildError(
    "Cannot read the agent's private key: it is not standard base64 of PKCS#8 with an Ed25519 key",
    'ERR_AUTH_AGENT_KEY',
  )
}

interface DerReader {
  has(tag: number): boolean
  read(tag: number): Uint8Array<ArrayBuffer>
  end(): void
}

/** Reads elements one after the other. Lengths must be in their shortest form, as DER demands. */
function derReader(bytes: Uint8Array<ArrayBuffer>): DerReader {
  let offset = 0
  const next = () => bytes[offset++] ?? 0
  return {
    has: (tag) => bytes[offset] === tag,
    read(tag) {
      if (next() !== tag) throw refusal()
      let length = next()
      if (length === 0x81) {
        length = next()
        if (length < 0x80) throw refusal()
      } else if (length === 0x82) {
        length = next() * 256 + next()
        if (length < 0x100) throw refusal()
      } else if (length > 0x7f) throw refusal()
      const start = offset
      offset += length
      if (offset > bytes.length) throw refusal()
      return bytes.subarray(start, offset)
    },
    end() {
      if (offset !== bytes.length) throw refusal()
    },
  }
}
