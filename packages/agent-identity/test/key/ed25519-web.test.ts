import { describe, expect, it, vi } from 'vitest'
import { vectorsBeside } from '../../../../test/support/vectors-beside.js'
import { importSeed, verifySignature } from '../../src/key/ed25519-web.js'
import { worked } from '../worked-vectors.js'

const seed = Uint8Array.from(Buffer.from(worked.seed, 'hex'))
const text = `${worked.agentRuntimeId}:${worked.taskId}:${worked.timestamp}`

describe('importSeed() of Web Crypto', () => {
  it('has the public key and signs as node:crypto does, but not at once', async () => {
    const key = await importSeed(seed)
    expect(Buffer.from(key.publicKey).toString('hex')).toBe(worked.publicKey)
    expect(await key.sign(text)).toBe(worked.assertionSignature)
    expect(key.signNow).toBeUndefined()
  })

  it('says so where the runtime has no Ed25519', async () => {
    const missing = vi
      .spyOn(crypto.subtle, 'importKey')
      .mockRejectedValue(new DOMException('no', 'NotSupportedError'))
    const unsupported = {
      kind: 'build',
      code: 'ERR_AUTH_UNSUPPORTED',
      provider: 'agent-identity',
      message: 'This runtime cannot sign with Ed25519',
      cause: { name: 'NotSupportedError' },
    }
    await expect(importSeed(seed)).rejects.toMatchObject(unsupported)
    const bytes = new Uint8Array(32)
    await expect(verifySignature(bytes, bytes, bytes)).rejects.toMatchObject(unsupported)
    missing.mockRestore()
  })
})

interface WycheproofEd25519 {
  readonly testGroups: readonly {
    readonly publicKey: { readonly pk: string }
    readonly tests: readonly {
      readonly tcId: number
      readonly msg: string
      readonly sig: string
      readonly result: string
    }[]
  }[]
}

describe('verifySignature() of Web Crypto', () => {
  const vectors = vectorsBeside<WycheproofEd25519>('wycheproof/ed25519_test.json')
  const from = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'))
  it.skipIf(!vectors)('decides as Wycheproof does, and node:crypto with it', async () => {
    // The Node file is the one that '#ed25519' means here.
    const node = await import('node:crypto')
    let count = 0
    for (const { publicKey, tests } of vectors?.testGroups ?? []) {
      const x = from(publicKey.pk)
      const jwk = { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(x).toString('base64url') }
      const key = node.createPublicKey({ key: jwk, format: 'jwk' })
      for (const { msg, sig, result, tcId } of tests) {
        expect(await verifySignature(x, from(msg), from(sig)), `case ${tcId}`).toBe(result === 'valid')
        expect(node.verify(null, from(msg), key, from(sig)), `case ${tcId}`).toBe(result === 'valid')
        count++
      }
    }
    expect(count).toBeGreaterThan(100)
  })
})
