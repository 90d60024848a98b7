import { expect, it } from 'vitest'
import { compress, initialState } from '../../src/hash/sha256-block.js'
import { sha256 } from './check-hashes.js'

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
