import { createHash, createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { compress, initialState } from '../../src/hash/sha256-block.js'
import * as portable from '../../src/hash/sha256-js.js'
import * as node from '../../src/hash/sha256-node.js'

const sha256 = (data: string | Uint8Array) => createHash('sha256').update(data).digest('hex')
const bytesOf = (length: number) => Uint8Array.from({ length }, (_, index) => (index * 7 + 3) % 256)
const lengths = [0, 1, 54, 55, 56, 57, 63, 64, 65, 119, 120, 127, 128, 129, 191, 192, 193, 300]

type Hashes = Pick<typeof portable, 'sha256Hex' | 'bodyHash'> & {
  deriveKey(secret: string, parts: readonly string[]): unknown
  hmacHex(key: unknown, text: string): string
}

describe.each([
  ['sha256-js', portable as unknown as Hashes],
  ['sha256-node', node as unknown as Hashes],
])('%s', (_, { sha256Hex, bodyHash, deriveKey, hmacHex }) => {
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
    for (const length of [...lengths, ...lengths.toReversed()]) {
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
})

it('bodyHash() without node:crypto gives bodies of 4096 bytes to Web Crypto, and hashes shorter ones at once', async () => {
  expect(portable.bodyHash(bytesOf(4095))).toBeTypeOf('string')
  expect(portable.bodyHash('é'.repeat(2047))).toBeTypeOf('string')
  const long = [portable.bodyHash(bytesOf(4096)), portable.bodyHash('é'.repeat(2048))]
  for (const hash of long) expect(hash).toBeInstanceOf(Promise)
  await Promise.all(long)
  expect(node.bodyHash(bytesOf(5000))).toBeTypeOf('string')
})

it('compress() adds the 64 bytes at an offset to a state of its own', () => {
  const block = new Uint8Array(70)
  block[3] = 0x80
  const states = [0, 1].map(() => initialState())
  for (const state of states) compress(state, block, 3, new Int32Array(64))
  expect(states[0]).toEqual(states[1])
  expect(states[0]).not.toEqual(initialState())
  const words = Array.from(states[0] ?? [], (word) => (word >>> 0).toString(16).padStart(8, '0'))
  expect(words.join('')).toBe(sha256(''))
})
