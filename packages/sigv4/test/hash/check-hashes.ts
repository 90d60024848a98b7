import { createHash, createHmac } from 'node:crypto'
import { expect, it } from 'vitest'

/** The SHA-256 of node:crypto, in hex. */
export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex')
}
/** Bytes that differ from each other. */
export function bytesOf(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 7 + 3) % 256)
}

const lengths = [0, 1, 54, 55, 56, 57, 63, 64, 65, 119, 120, 127, 128, 129, 191, 192, 193, 300]

/** A module of hashes. */
export interface Hashes<Key> {
  sha256Hex(data: string | Uint8Array): string
  bodyHash(data: string | Uint8Array): string | Promise<string>
  deriveKey(secret: string, parts: readonly string[]): Key
  hmacHex(key: Key, text: string): string
}

/** Compares the functions of a module with node:crypto. */
export function checkHashes<Key>({ sha256Hex, bodyHash, deriveKey, hmacHex }: Hashes<Key>): void {
  it.each(lengths)('sha256Hex() hashes %i bytes, and text as UTF-8', (length) => {
    expect(sha256Hex(bytesOf(length))).toBe(sha256(bytesOf(length)))
    const text = 'é'.repeat(length)
    expect(sha256Hex(text)).toBe(sha256(text))
  })

  it('sha256Hex() hashes a part of a buffer', () => {
    const part = bytesOf(300).subarray(5, 200)
    expect(sha256Hex(part)).toBe(sha256(part))
  })

  it.each(lengths)('deriveKey() takes a secret of %i characters', (length) => {
    const secret = 's'.repeat(length)
    const expected = createHmac('sha256', secret).update('text').digest('hex')
    expect(hmacHex(deriveKey(secret, []), 'text')).toBe(expected)
  })

  it('deriveKey() makes the HMAC of each part the key of the next', () => {
    let expected: string | Buffer = 'secret-é'
    for (const part of ['20261125', 'us-east-1', 's3']) {
      expected = createHmac('sha256', expected).update(part).digest()
    }
    const key = deriveKey('secret-é', ['20261125', 'us-east-1', 's3'])
    expect(hmacHex(key, 'text')).toBe(createHmac('sha256', expected).update('text').digest('hex'))
  })

  it('hmacHex() uses a key for any number of texts of any length', () => {
    const key = deriveKey('secret', [])
    for (const length of [...lengths, ...[...lengths].reverse()]) {
      const text = 't'.repeat(length)
      expect(hmacHex(key, text)).toBe(createHmac('sha256', 'secret').update(text).digest('hex'))
    }
  })

  it('bodyHash() hashes short and long bodies', async () => {
    for (const length of [0, 64, 4095, 4096, 4097, 70_000]) {
      expect(await bodyHash(bytesOf(length))).toBe(sha256(bytesOf(length)))
    }
    expect(await bodyHash('é'.repeat(4096))).toBe(sha256('é'.repeat(4096)))
  })
}
