import { buildError } from '../lib/agent-error.js'
import { decodeBase64Url, encodeBase64 } from '../lib/base64.js'
import { toPkcs8 } from './private-key-der.js'

export { encodeBase64Url } from '../lib/base64.js'

/** @internal An imported private key. */
export interface SigningKey {
  readonly publicKey: Uint8Array<ArrayBuffer>
  /** Signs at once, where the runtime can. */
  readonly signNow?: ((text: string) => string) | undefined
  /** The signature of a text in UTF-8, as standard base64. */
  sign(text: string): Promise<string>
}

/** @internal Imports a key into Web Crypto, which has no synchronous signature. */
export async function importSeed(seed: Uint8Array<ArrayBuffer>): Promise<SigningKey> {
  const { subtle } = crypto
  const importKey = (extractable: boolean) =>
    subtle.importKey('pkcs8', toPkcs8(seed), 'Ed25519', extractable, ['sign'])
  try {
    // Only an extractable key reveals its public key. The key that is kept is not extractable.
    const { x = '' } = await subtle.exportKey('jwk', await importKey(true))
    const key = await importKey(false)
    return {
      publicKey: decodeBase64Url(x) as Uint8Array<ArrayBuffer>,
      async sign(text) {
        const signature = await subtle.sign('Ed25519', key, new TextEncoder().encode(text))
        return encodeBase64(new Uint8Array(signature))
      },
    }
  } catch (error) {
    throw unsupported(error)
  }
}

/** @internal Whether a signature is that of this text by this key. */
export async function verifySignature(
  publicKey: Uint8Array<ArrayBuffer>,
  text: Uint8Array<ArrayBuffer>,
  signature: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  const key = await crypto.subtle
    .importKey('raw', publicKey, 'Ed25519', false, ['verify'])
    .catch((error: unknown) => {
      throw unsupported(error)
    })
  return crypto.subtle.verify('Ed25519', key, signature, text)
}

function unsupported(cause: unknown): Error {
  return buildError('This runtime cannot sign with Ed25519', 'ERR_AUTH_UNSUPPORTED', cause)
}
