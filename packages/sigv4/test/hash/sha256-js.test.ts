import { describe, expect, it } from 'vitest'
import * as hashes from '../../src/hash/sha256-js.js'
import { bytesOf, checkHashes } from './check-hashes.js'

describe('without node:crypto', () => checkHashes(hashes))

it('bodyHash() gives bodies of 4096 bytes to Web Crypto, and hashes shorter ones at once', async () => {
  expect(hashes.bodyHash(bytesOf(4095))).toBeTypeOf('string')
  expect(hashes.bodyHash('é'.repeat(2047))).toBeTypeOf('string')
  const long = [hashes.bodyHash(bytesOf(4096)), hashes.bodyHash('é'.repeat(2048))]
  for (const hash of long) expect(hash).toBeInstanceOf(Promise)
  await Promise.all(long)
})
