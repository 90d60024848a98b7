import { describe, expect, it } from 'vitest'
import * as hashes from '../../src/hash/sha256-node.js'
import { bytesOf, checkHashes } from './check-hashes.js'

describe('of node:crypto', () => checkHashes(hashes))

it('bodyHash() of node:crypto hashes at once', () => {
  expect(hashes.bodyHash(bytesOf(5000))).toBeTypeOf('string')
})
