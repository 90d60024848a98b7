import { describe, expect, it } from 'vitest'
import { encodePrivateKey, parsePkcs8 } from '../../src/key/private-key-der.js'
import { worked } from '../worked-vectors.js'

const hex = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString('hex')
const changed = (change: (bytes: number[]) => unknown, text = worked.version2) => {
  const bytes = [...Buffer.from(text, 'base64')]
  change(bytes)
  return Buffer.from(bytes).toString('base64')
}

describe('parsePkcs8()', () => {
  it('reads version 1, and version 2 with its public key', () => {
    expect(hex(parsePkcs8(worked.version1).seed)).toBe(worked.seed)
    expect(parsePkcs8(worked.version1).publicKey).toBeUndefined()
    expect(hex(parsePkcs8(worked.version2).seed)).toBe(worked.seed)
    expect(hex(parsePkcs8(worked.version2).publicKey)).toBe(worked.publicKey)
  })

  it('skips attributes', () => {
    expect(hex(parsePkcs8(worked.withAttributes).publicKey)).toMatch(/^19bf44096984cdfe/)
  })

  it('ignores whitespace around the text', () => {
    expect(hex(parsePkcs8(`\n ${worked.version1}\t`).seed)).toBe(worked.seed)
  })

  it.each([
    ['an empty text', ''],
    ['text that is not base64', 'planted'],
    ['PEM', `-----BEGIN PRIVATE KEY-----\n${worked.version1}\n-----END PRIVATE KEY-----`],
    ['a missing byte', changed((bytes) => bytes.pop())],
    ['another byte at the end', changed((bytes) => bytes.push(0))],
    ['another algorithm', changed((bytes) => bytes.splice(11, 1, 0x71))],
    ['another version', changed((bytes) => bytes.splice(4, 1, 2))],
    ['a length in a longer form', changed((bytes) => bytes.splice(1, 1, 0x81, bytes[1] ?? 0))],
    ['an indefinite length', changed((bytes) => bytes.splice(1, 1, 0x80))],
    ['a public key with unused bits', changed((bytes) => bytes.splice(50, 1, 1))],
    ['a public key in version 1', changed((bytes) => bytes.splice(4, 1, 0))],
    ['a number', 7],
  ])('rejects %s', (_, text) => {
    const expected = { kind: 'build', code: 'ERR_AUTH_AGENT_KEY' }
    expect(() => parsePkcs8(text as string)).toThrow(expect.objectContaining(expected))
    expect(() => parsePkcs8(text as string)).not.toThrow('planted')
  })
})

describe('encodePrivateKey()', () => {
  it('writes version 1', () => {
    expect(encodePrivateKey(Buffer.from(worked.seed, 'hex'))).toBe(worked.version1)
  })
})

describe('parsePkcs8() at its borders', () => {
  const seed = new Uint8Array(32).fill(7)

  it('parsePkcs8() reads a text of fewer than 16384 characters', () => {
    const text = encodePrivateKey(seed)
    expect(parsePkcs8(text.padEnd(16_383))).toEqual({ seed, publicKey: undefined })
    expect(() => parsePkcs8(text.padEnd(16_384))).toThrow(
      expect.objectContaining({ code: 'ERR_AUTH_AGENT_KEY' }),
    )
  })

  it('parsePkcs8() rejects a key of which any byte of the frame is another, or that has one byte more or less', () => {
    const bytes = Buffer.from(encodePrivateKey(seed), 'base64')
    const invalid = expect.objectContaining({ code: 'ERR_AUTH_AGENT_KEY', kind: 'build' })
    for (let index = 0; index < bytes.length - 32; index++) {
      for (const value of [0, 0x80, 0x81, 0x82, (bytes[index] ?? 0) + 1]) {
        const changed = Buffer.from(bytes)
        changed[index] = value
        if (changed.equals(bytes) || (index === 4 && value === 1)) continue
        expect(() => parsePkcs8(changed.toString('base64')), `byte ${index}: ${value}`).toThrow(invalid)
      }
    }
    expect(() => parsePkcs8(bytes.subarray(0, -1).toString('base64'))).toThrow(invalid)
    expect(() => parsePkcs8(Buffer.concat([bytes, Buffer.of(0)]).toString('base64'))).toThrow(invalid)
  })

  /** The shortest form of a length in DER. */
  const lengthOf = (size: number) =>
    [[size], [0x81, size], [0x82, size >> 8, size & 0xff]][size < 0x80 ? 0 : size < 0x100 ? 1 : 2] ?? []
  /** A key with attributes of so many bytes, or with another form of one of its lengths. */
  const keyWith = (size: number, attributesLength = lengthOf(size), outerLength?: number[]) => {
    const start = [...Buffer.from(encodePrivateKey(seed), 'base64')].slice(2)
    const content = [...start, 0xa0, ...attributesLength, ...new Uint8Array(size)]
    return Buffer.of(0x30, ...(outerLength ?? lengthOf(content.length)), ...content).toString('base64')
  }

  it.each([0, 1, 0x7f, 0x80, 0xff, 0x100, 0x1234])(
    'parsePkcs8() skips attributes of %i bytes, whatever the form of their length',
    (size) => {
      expect(parsePkcs8(keyWith(size))).toEqual({ seed, publicKey: undefined })
    },
  )

  it.each([
    ['127 in two bytes', keyWith(0x7f, [0x81, 0x7f])],
    ['255 in three bytes', keyWith(0xff, [0x82, 0, 0xff])],
    ['128 in four bytes', keyWith(0x80, [0x83, 0, 0, 0x80])],
    ['256 in four bytes', keyWith(0x100, [0x83, 0, 1, 0])],
    ['256 that says three bytes and has two', keyWith(0x100, [0x83, 1, 0])],
    ['256 that says no bytes and has two', keyWith(0x100, [0x80, 1, 0])],
    ['no length', keyWith(0, [0x80])],
    ['the indefinite form', keyWith(1, lengthOf(1), [0x80])],
  ])('parsePkcs8() rejects a length of %s', (_, text) => {
    const message =
      "Cannot read the agent's private key: it is not standard base64 of PKCS#8 with an Ed25519 key"
    expect(() => parsePkcs8(text)).toThrow(expect.objectContaining({ code: 'ERR_AUTH_AGENT_KEY', message }))
  })
})
