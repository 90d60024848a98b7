import { hsalsa, xsalsa20poly1305 } from '@noble/ciphers/salsa.js'
import { ed25519, x25519 } from '@noble/curves/ed25519.js'
import { blake2b } from '@noble/hashes/blake2.js'

const publicKeyBytes = 32
/** The Salsa20 constant `expand 32-byte k`, as words. */
const sigma = Uint32Array.of(0x61707865, 0x3320646e, 0x79622d32, 0x6b206574)

/**
 * @internal Opens a libsodium sealed box with the X25519 key that belongs to an Ed25519 seed.
 *
 * @throws Error when the box is too short, damaged, or for another key, or its ephemeral key is of low order
 * @see https://doc.libsodium.org/public-key_cryptography/sealed_boxes
 */
export function openSealedBox(box: Uint8Array, seed: Uint8Array): Uint8Array {
  const secret = ed25519.utils.toMontgomerySecret(seed)
  const ephemeral = box.slice(0, publicKeyBytes)
  const nonce = blake2b(Uint8Array.of(...ephemeral, ...x25519.getPublicKey(secret)), { dkLen: 24 })
  const shared = x25519.getSharedSecret(secret, ephemeral)
  const key = new Uint32Array(8)
  hsalsa(sigma, toWords(shared), new Uint32Array(4), key)
  return xsalsa20poly1305(toBytes(key), nonce).decrypt(box.slice(publicKeyBytes))
}

function toWords(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(bytes.slice().buffer)
}

function toBytes(words: Uint32Array): Uint8Array {
  return new Uint8Array(words.buffer)
}
