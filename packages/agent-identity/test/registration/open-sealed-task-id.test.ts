import { x25519 } from '@noble/curves/ed25519.js'
import sodium from 'libsodium-wrappers'
import { beforeAll, describe, expect, it } from 'vitest'
import { vectorsBeside } from '../../../../test/support/vectors-beside.js'
import { openSealedTaskId, parseAgentKey } from '../../src/index.js'
import { worked } from '../worked-vectors.js'

const { version1: privateKey } = worked
/** The slow runner asks for more. */
const boxes = Number(process.env['SEALED_BOXES'] ?? 100)
const rounds = Number(process.env['MUTATION_ROUNDS'] ?? 1)
let recipient: Uint8Array

beforeAll(async () => {
  await sodium.ready
  recipient = sodium.crypto_sign_ed25519_pk_to_curve25519(Buffer.from(worked.publicKey, 'hex'))
})

const seal = (text: string | Uint8Array) => Buffer.from(sodium.crypto_box_seal(text, recipient))

describe('openSealedTaskId()', () => {
  it('opens the worked boxes', async () => {
    expect(await openSealedTaskId(worked.sealedTask, privateKey)).toBe('task-123')
    expect(await openSealedTaskId(worked.sealedRunTask, await parseAgentKey(privateKey))).toBe('task-run-1')
  })

  it('opens a box with whitespace around it, and keeps a byte order mark inside', async () => {
    expect(await openSealedTaskId(` ${worked.sealedTask}\n`, privateKey)).toBe('task-123')
    expect(await openSealedTaskId(seal('\ufefftask').toString('base64'), privateKey)).toBe('\ufefftask')
  })

  it('opens a text of up to 6000 characters', async () => {
    const [longest, longer] = [4452, 4453].map((length) => seal('x'.repeat(length)).toString('base64'))
    expect(longest).toHaveLength(6000)
    expect(await openSealedTaskId(longest ?? '', privateKey)).toBe('x'.repeat(4452))
    await expect(openSealedTaskId(longer ?? '', privateKey)).rejects.toMatchObject({
      code: 'ERR_AUTH_SEALED_TASK',
    })
  })

  it('opens what libsodium has sealed', async () => {
    const key = await parseAgentKey(privateKey)
    for (let index = 0; index < boxes; index++) {
      const text = `task-${index}-é-${'x'.repeat(index % 100)}`
      expect(await openSealedTaskId(seal(text).toString('base64'), key)).toBe(text)
    }
  })

  // A round is a test of its own, since thousands of boxes take a busy machine longer than one test may.
  it.each(Array.from({ length: rounds }, (_, round) => round))(
    'rejects a box of which any bit is changed, and nothing else happens (round %i)',
    async (round) => {
      const key = await parseAgentKey(privateKey)
      const box = seal('task-mutated')
      const outcomes = new Set<unknown>()
      for (let bit = 0; bit < box.length * 8; bit++) {
        const mutated = mutate(box, bit, round).toString('base64')
        const outcome = await openSealedTaskId(mutated, key).catch((thrown: unknown) => thrown)
        // The top bit of an X25519 key says nothing to the curve, but the nonce is made of it.
        outcomes.add(typeof outcome === 'object' ? (outcome as { code?: unknown }).code : 'opened')
      }
      expect(outcomes).toEqual(new Set(['ERR_AUTH_SEALED_TASK']))
    },
  )

  it.each([
    ['nothing', ''],
    ['base64url', worked.sealedTask.replaceAll('/', '_')],
    ['base64 without padding', worked.sealedTask.replaceAll('=', '')],
    ['a box that is too short', Buffer.alloc(47).toString('base64')],
    ['a box of zeros, whose key is of low order', Buffer.alloc(64).toString('base64')],
    ['a text of a megabyte', 'A'.repeat(2 ** 20)],
    ['no text', 7 as unknown as string],
    ['a list', [] as unknown as string],
  ])('rejects %s', async (_, sealed) => {
    await expect(openSealedTaskId(sealed, privateKey)).rejects.toMatchObject({
      kind: 'build',
      code: 'ERR_AUTH_SEALED_TASK',
    })
  })

  it('rejects a text that is not UTF-8, and a box for another key', async () => {
    const notText = seal(Uint8Array.of(0xff, 0xfe)).toString('base64')
    await expect(openSealedTaskId(notText, privateKey)).rejects.toMatchObject({
      code: 'ERR_AUTH_SEALED_TASK',
    })
    const other = 'MC4CAQAwBQYDK2VwBCIEIAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI'
    await expect(openSealedTaskId(worked.sealedTask, other)).rejects.toMatchObject({
      code: 'ERR_AUTH_SEALED_TASK',
    })
  })

  it('says so when the key does not give itself away', async () => {
    const { exportPrivateKey: _, ...hardware } = await parseAgentKey(privateKey)
    await expect(openSealedTaskId(worked.sealedTask, hardware)).rejects.toMatchObject({
      code: 'ERR_AUTH_SEALED_TASK',
    })
  })
})

interface SealedCase {
  readonly id: number
  readonly result: 'valid' | 'invalid'
  readonly ed25519_seed: string
  readonly [name: string]: unknown
}

describe('the boxes beside the project', () => {
  const vectors = vectorsBeside<{ readonly cases: readonly SealedCase[] }>('libsodium-sealed-box.json')
  it.skipIf(!vectors)('open exactly when libsodium opens them', async () => {
    for (const test of vectors?.cases ?? []) {
      const der = Buffer.from(`302e020100300506032b657004220420${test.ed25519_seed}`, 'hex').toString(
        'base64',
      )
      const sealed = Buffer.from(String(test['sealed']), 'hex').toString('base64')
      const opened = await openSealedTaskId(sealed, der).catch(() => undefined)
      expect(opened !== undefined, `case ${test.id}`).toBe(
        test.result === 'valid' && isText(String(test['message'])),
      )
    }
  })
})

/** A task id is a text, so other contents are refused although the box opens. */
const isText = (hex: string) => Buffer.from(Buffer.from(hex, 'hex').toString()).toString('hex') === hex

interface WycheproofX25519 {
  readonly testGroups: readonly {
    readonly tests: readonly {
      readonly tcId: number
      readonly public: string
      readonly private: string
      readonly shared: string
      readonly result: 'valid' | 'acceptable' | 'invalid'
    }[]
  }[]
}

describe('the key agreement of sealed boxes', () => {
  const vectors = vectorsBeside<WycheproofX25519>('wycheproof/x25519_test.json')
  it.skipIf(!vectors)('gives what Wycheproof expects, and rejects keys of low order', () => {
    let agreed = 0
    for (const { tests } of vectors?.testGroups ?? []) {
      for (const test of tests) {
        const agree = () =>
          x25519.getSharedSecret(Buffer.from(test.private, 'hex'), Buffer.from(test.public, 'hex'))
        if (/^0+$/.test(test.shared)) expect(agree, `case ${test.tcId}`).toThrow()
        else expect(Buffer.from(agree()).toString('hex'), `case ${test.tcId}`).toBe(test.shared)
        agreed++
      }
    }
    expect(agreed).toBeGreaterThan(500)
  })
})

/** With one bit changed; later rounds change a second place too. */
function mutate(box: Buffer, bit: number, round: number): Buffer {
  const mutated = Buffer.from(box)
  mutated[bit >> 3] = (mutated[bit >> 3] as number) ^ (1 << (bit & 7))
  const second = ((bit >> 3) + round) % box.length
  if (round > 0) mutated[second] = ((mutated[second] as number) + round) & 255
  return mutated
}
