import { expect, it } from 'vitest'
import { encodePrivateKey, parsePkcs8 } from '../../src/key/private-key-der.js'

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
