import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { generateAgentKey, parseAgentKey } from '../../src/index.js'
import { deriveSeed } from '../../src/key/agent-key.js'
import { worked } from '../worked-vectors.js'

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const bytes = (text: string) => Buffer.from(text, 'base64')
const text = (data: Uint8Array) => Buffer.from(data).toString('base64')

describe('parseAgentKey()', () => {
  it.each(['version1', 'version2'] as const)(
    'reads PKCS#8 of %s as Node 20 and Web Crypto cannot',
    async (name) => {
      const key = await parseAgentKey(worked[name])
      expect(hex(key.publicKey)).toBe(worked.publicKey)
      expect(key.sshPublicKey).toBe(worked.sshPublicKey)
      expect(key.exportPrivateKey()).toBe(worked.version1)
    },
  )

  it('reads version 2 with attributes, the example of RFC 8410', async () => {
    const key = await parseAgentKey(worked.withAttributes)
    expect(hex(key.publicKey)).toBe('19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1')
  })

  it('reads version 2 without a public key, and version 1 with attributes', async () => {
    const v1 = bytes(worked.version1)
    const bare = Buffer.concat([Buffer.from('302e020101', 'hex'), v1.subarray(5)])
    expect((await parseAgentKey(text(bare))).exportPrivateKey()).toBe(worked.version1)
    const attributed = Buffer.concat([
      Buffer.from('3030020100', 'hex'),
      v1.subarray(5),
      Buffer.from('a000', 'hex'),
    ])
    expect((await parseAgentKey(text(attributed))).exportPrivateKey()).toBe(worked.version1)
  })

  it('ignores blanks around the text, which files end with', async () => {
    expect((await parseAgentKey(`${worked.version2}\n`)).exportPrivateKey()).toBe(worked.version1)
  })

  it('rejects a public key that does not belong to the seed', async () => {
    const foreign = bytes(worked.version2)
    foreign.set([(foreign.at(-1) as number) ^ 1], foreign.length - 1)
    await expect(parseAgentKey(text(foreign))).rejects.toMatchObject({
      kind: 'build',
      code: 'ERR_AUTH_AGENT_KEY_MISMATCH',
    })
  })

  it('rejects every text that differs from a key in one byte of its structure', async () => {
    for (const name of ['version1', 'version2'] as const) {
      const original = bytes(worked[name])
      for (let index = 0; index < original.length; index++) {
        if (index >= 16 && index < 48) continue
        const changed = Buffer.from(original)
        changed[index] = (changed[index] as number) ^ 0x40
        await expect(parseAgentKey(text(changed)), `${name}, byte ${index}`).rejects.toMatchObject({
          kind: 'build',
        })
      }
    }
  })

  it('rejects every truncated or longer key', async () => {
    const original = bytes(worked.withAttributes)
    for (let length = 0; length < original.length; length++) {
      await expect(parseAgentKey(text(original.subarray(0, length)))).rejects.toMatchObject({
        code: 'ERR_AUTH_AGENT_KEY',
      })
    }
    await expect(parseAgentKey(text(Buffer.concat([original, Buffer.of(0)])))).rejects.toMatchObject({
      code: 'ERR_AUTH_AGENT_KEY',
    })
  })

  it.each([
    ['a PEM file', `-----BEGIN PRIVATE KEY-----\n${worked.version1}\n-----END PRIVATE KEY-----`],
    ['the bare seed', text(Buffer.alloc(32, 7))],
    ['base64url', worked.version2.replaceAll('+', '-').replaceAll('/', '_')],
    ['base64 without padding', worked.version2.replaceAll('=', '')],
    ['an empty text', ''],
    ['a text of a megabyte', 'A'.repeat(2 ** 20)],
    ['no text', undefined as unknown as string],
    [
      'a length in a longer form than needed',
      text(Buffer.from(`30812e${'020100300506032b657004220420'}${worked.seed}`, 'hex')),
    ],
    [
      'a length of two bytes that one would hold',
      text(Buffer.from(`3082002e${'020100300506032b657004220420'}${worked.seed}`, 'hex')),
    ],
    [
      'an indefinite length',
      text(Buffer.from(`3080${'020100300506032b657004220420'}${worked.seed}0000`, 'hex')),
    ],
    ['a key of X25519', text(Buffer.from(`302e020100300506032b656e04220420${worked.seed}`, 'hex'))],
    ['version 3', text(Buffer.from(`302e020102300506032b657004220420${worked.seed}`, 'hex'))],
    [
      'a seed of 31 bytes',
      text(Buffer.from(`302d020100300506032b65700421041f${worked.seed.slice(2)}`, 'hex')),
    ],
    [
      'a public key in version 1',
      text(Buffer.from(`3051020100300506032b657004220420${worked.seed}812100${worked.publicKey}`, 'hex')),
    ],
    [
      'a public key of 31 bytes',
      text(
        Buffer.from(
          `3050020101300506032b657004220420${worked.seed}812000${worked.publicKey.slice(2)}`,
          'hex',
        ),
      ),
    ],
  ])('rejects %s, and does not quote it', async (_, privateKey) => {
    const refused = await parseAgentKey(privateKey).catch((error: unknown) => error)
    expect(refused).toMatchObject({ kind: 'build', code: 'ERR_AUTH_AGENT_KEY' })
    if (privateKey)
      expect(inspect(refused, { showHidden: true, depth: 9 })).not.toContain(privateKey.slice(0, 40))
  })

  it('signs the worked texts bit for bit, at once and later', async () => {
    const key = await parseAgentKey(worked.version2)
    const { agentRuntimeId, taskId, timestamp } = worked
    expect(key.signNow?.(`${agentRuntimeId}:${taskId}:${timestamp}`)).toBe(worked.assertionSignature)
    expect(await key.sign(`${agentRuntimeId}:${timestamp}`)).toBe(worked.taskSignature)
  })

  it('gives a key that never prints its secret', async () => {
    const key = await parseAgentKey(worked.version1)
    const printed = `${inspect(key, { showHidden: true, depth: 9 }) + JSON.stringify(key)}${key}`
    expect(printed).not.toContain(worked.version1.slice(-20))
    expect(printed).not.toContain(worked.seed)
    expect(printed).not.toMatch(/\b7, 7, 7, 7\b/)
  })
})

describe('generateAgentKey()', () => {
  it('makes a new key each time, which its own text gives again', async () => {
    const [one, two] = [await generateAgentKey(), await generateAgentKey()]
    expect(one.sshPublicKey).not.toBe(two.sshPublicKey)
    const again = await parseAgentKey(one.exportPrivateKey())
    expect(again.sshPublicKey).toBe(one.sshPublicKey)
    expect(one.exportPrivateKey()).toMatch(/^MC4CAQAwBQYDK2VwBCIEI/)
  })
})

describe('deriveSeed()', () => {
  it('derives the seed of the worked vector', async () => {
    expect(hex(await deriveSeed(new Uint8Array(64)))).toBe(worked.derivedSeed)
  })
})
