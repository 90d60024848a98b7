import { optionError } from '@outbound-auth/core/provider'
import { corruptError, type DocumentBody } from '../record/record-state.js'
import { decodeBase64, encodeBase64 } from './base64.js'

/** Writes and reads the body of a record: encrypted, if there are keys. */
export interface DocumentSeal {
  /** @param json a JSON value */
  close(json: unknown): Promise<DocumentBody>
  /** @throws AuthError `ERR_AUTH_STORE_CORRUPT` (build) when no key opens it */
  open(body: DocumentBody): Promise<unknown>
}

/** The length of a random initialisation vector of AES-GCM, in bytes (NIST SP 800-38D, 5.2.1.1). */
const ivBytes = 12

/**
 * Encrypts documents with AES-256-GCM. The name of the record is authenticated, so that a text of another record is
 * rejected.
 *
 * @param keys the first one encrypts, every one decrypts; without keys documents are written as they are
 */
export function documentSeal(keys: readonly Uint8Array<ArrayBuffer>[], name: string): DocumentSeal {
  const additionalData = new TextEncoder().encode(`oa1:${name}`)
  let imported: Promise<CryptoKey[]> | undefined
  const importKeys = () => {
    imported ??= Promise.all(
      keys.map((key) => crypto.subtle.importKey('raw', key, 'AES-GCM', false, ['encrypt', 'decrypt'])),
    )
    return imported
  }

  return {
    async close(json) {
      const [key] = await importKeys()
      if (!key) return { document: json }
      const iv = crypto.getRandomValues(new Uint8Array(ivBytes))
      const text = new TextEncoder().encode(JSON.stringify(json))
      const sealed = new Uint8Array(
        await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData }, key, text),
      )
      const bytes = new Uint8Array(ivBytes + sealed.length)
      bytes.set(iv)
      bytes.set(sealed, ivBytes)
      return { sealed: encodeBase64(bytes) }
    },

    async open(body) {
      if ('document' in body) return body.document
      if (keys.length === 0) throw corruptError(name, 'the document is encrypted. Set encryptionKeys')
      const bytes = decodeBase64(body.sealed)
      for (const key of bytes ? await importKeys() : []) {
        const iv = bytes?.subarray(0, ivBytes) ?? new Uint8Array(ivBytes)
        const sealed = bytes?.subarray(ivBytes) ?? new Uint8Array()
        try {
          const text = await crypto.subtle.decrypt({ name: 'AES-GCM', iv, additionalData }, key, sealed)
          return JSON.parse(new TextDecoder().decode(text))
        } catch {
          // The next key may be the one.
        }
      }
      throw corruptError(name, 'no key of encryptionKeys opens the document. Add the key that encrypted it')
    },
  }
}

/** The bytes of the keys. @throws TypeError, which quotes no key */
export function readKeys(taker: string, keys: unknown): Uint8Array<ArrayBuffer>[] {
  if (keys === undefined) return []
  if (!Array.isArray(keys) || keys.length === 0)
    throw optionError(
      `${taker}: encryptionKeys must be an array of one or more keys, or left out`,
      'encryptionKeys',
    )
  return keys.map((key: unknown, index) => {
    const bytes = typeof key === 'string' ? decodeBase64(key.trim()) : undefined
    if (bytes?.length === 32) return bytes
    const got = typeof key === 'string' ? `${bytes ? `${bytes.length} bytes` : 'another text'}` : typeof key
    const make = 'make one with: openssl rand -base64 32'
    const option = `encryptionKeys[${index}]`
    throw optionError(`${taker}: ${option} must be 32 bytes in base64, got ${got} (${make})`, option)
  })
}
