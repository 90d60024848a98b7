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
