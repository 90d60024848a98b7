import { toAuthHeaders } from '@outbound-auth/core'
import { describe, expect, it } from 'vitest'
import { vectorFilesBeside, vectorsBeside } from '../../../../test/support/vectors-beside.js'
import { agentIdentityAuth, verifyAgentAssertion } from '../../src/index.js'
import { worked } from '../worked-vectors.js'

const { agentRuntimeId, taskId, header, sshPublicKey: publicKey } = worked
const signedMs = Date.parse(worked.timestamp)
const now = () => new Date(signedMs)

/** The header with a changed envelope. */
function changed(change: (json: string) => string): string {
  const json = Buffer.from(header.slice(15), 'base64url').toString()
  return `AgentAssertion ${Buffer.from(change(json)).toString('base64url')}`
}

describe('verifyAgentAssertion()', () => {
  it('accepts the worked assertion with a public key in each form', async () => {
    const bytes = Uint8Array.from(Buffer.from(worked.publicKey, 'hex'))
    const forms = [
      publicKey,
      `${publicKey} a comment`,
      ` ${publicKey}\n`,
      bytes,
      () => publicKey,
      async (id: string) => (id === agentRuntimeId ? bytes : undefined),
    ]
    for (const key of forms) {
      const verified = await verifyAgentAssertion(header, { publicKey: key, agentRuntimeId, taskId, now })
      expect(verified).toEqual({ agentRuntimeId, taskId, signedAt: new Date(worked.timestamp) })
    }
  })

  it('accepts what agentIdentityAuth() sends, with ids beyond ASCII too', async () => {
    const ids = { agentRuntimeId: 'agent-é', taskId: 'task-✓', idCharacters: 'printable' } as const
    const sent = toAuthHeaders(agentIdentityAuth({ ...ids, privateKey: worked.version1 }))
    expect(await verifyAgentAssertion(sent['authorization'], { ...ids, publicKey })).toMatchObject({
      taskId: 'task-✓',
    })
    await expect(verifyAgentAssertion(sent['authorization'], { publicKey })).rejects.toMatchObject({
      code: 'ERR_AUTH_ASSERTION_MALFORMED',
    })
  })

  it.each([
    [300_000, true],
    [-300_000, true],
    [300_001, false],
    [-300_001, false],
  ])('with a clock that is %i ms ahead, the default window lets it in: %s', async (aheadMs, isIn) => {
    const verifying = verifyAgentAssertion(header, { publicKey, now: () => new Date(signedMs + aheadMs) })
    if (isIn) await expect(verifying).resolves.toMatchObject({ taskId })
    else await expect(verifying).rejects.toMatchObject({ kind: 'build', code: 'ERR_AUTH_ASSERTION_WINDOW' })
  })

  it.each([
    ['another agent', { agentRuntimeId: 'agent-124' }, 'AGENT', 'it is of another agent'],
    ['a longer agent', { agentRuntimeId: 'agent-1234' }, 'AGENT', 'it is of another agent'],
    ['another task', { taskId: 'task-124' }, 'TASK', 'it is for another task'],
    ['an unknown agent', { publicKey: () => undefined }, 'AGENT', 'its agent is unknown'],
    [
      'another key',
      { publicKey: new Uint8Array(32).fill(9) },
      'SIGNATURE',
      'its signature is not by this agent',
    ],
    [
      'no room at all',
      { maxSkewMs: 0, now: () => new Date(signedMs + 1) },
      'WINDOW',
      'its time is outside the window',
    ],
  ])('rejects it for %s', async (_, change, code, why) => {
    await expect(verifyAgentAssertion(header, { publicKey, now, ...change })).rejects.toMatchObject({
      code: `ERR_AUTH_ASSERTION_${code}`,
      message: `The agent assertion is rejected: ${why}`,
    })
  })

  it('says whether the envelope or one of its values is malformed', async () => {
    const messages = [changed(() => 'null'), changed((json) => json.replace('04-23', '02-31'))].map((value) =>
      verifyAgentAssertion(value, { publicKey, now }).catch(({ message }: Error) => message),
    )
    expect(await Promise.all(messages)).toEqual([
      'The agent assertion is rejected: it has not the form of one',
      'The agent assertion is rejected: its ids, time or signature have not the form of one',
    ])
  })

  it.each([
    ['a changed task', (json: string) => json.replace('task-123', 'task-124'), 'SIGNATURE'],
    ['a changed agent', (json: string) => json.replace('agent-123', 'agent-124'), 'SIGNATURE'],
    ['a changed time', (json: string) => json.replace('00:00Z', '00:01Z'), 'SIGNATURE'],
    ['a changed signature', (json: string) => json.replace('+Glr', '+Glx'), 'SIGNATURE'],
    [
      'a moved boundary',
      (json: string) => json.replace('agent-123', 'agent-123:task').replace('"task-123', '"123'),
      'MALFORMED',
    ],
    ['a short signature', (json: string) => json.replace('BgDw==', ''), 'MALFORMED'],
    [
      'names in another order',
      (json: string) => JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(json)).reverse())),
      'MALFORMED',
    ],
    ['another member', (json: string) => json.replace('{', '{"a":1,'), 'MALFORMED'],
    ['a blank', (json: string) => json.replace('{', '{ '), 'MALFORMED'],
    [
      'a repeated property',
      (json: string) => json.replace('}', ',"timestamp":"2026-04-23T00:00:00Z"}'),
      'MALFORMED',
    ],
    ['a missing property', (json: string) => json.replace(/,"timestamp":"[^"]*"/, ''), 'MALFORMED'],
    ['a number', (json: string) => json.replace('"task-123"', '123'), 'MALFORMED'],
    ['milliseconds', (json: string) => json.replace('00:00Z', '00:00.000Z'), 'MALFORMED'],
    ['a time that is malformed', (json: string) => json.replace('04-23', '02-31'), 'MALFORMED'],
    ['no JSON', () => 'null', 'MALFORMED'],
    ['broken JSON', () => '{', 'MALFORMED'],
  ])('rejects %s', async (_, change, code) => {
    await expect(verifyAgentAssertion(changed(change), { publicKey, now })).rejects.toMatchObject({
      kind: 'build',
      code: `ERR_AUTH_ASSERTION_${code}`,
    })
  })

  it.each([
    undefined,
    null,
    '',
    'AgentAssertion ',
    `Bearer ${header.slice(15)}`,
    header.replace(' ', '  '),
    `${header}=`,
    `${header}\n`,
    header.toLowerCase(),
    `AgentAssertion ${'A'.repeat(10_000)}`,
    'AgentAssertion /w==',
    'AgentAssertion _w',
  ])('rejects the header %j', async (value) => {
    await expect(verifyAgentAssertion(value, { publicKey, now })).rejects.toMatchObject({
      code: 'ERR_AUTH_ASSERTION_MALFORMED',
    })
  })

  it.each([
    [{ publicKey: 'ssh-rsa AAAA' }],
    [{ publicKey: `x${publicKey}` }],
    [{ publicKey: `${publicKey}\nssh-rsa AAAA` }],
    [{ publicKey: publicKey.replace('AAAAC3', 'AAAAD3') }],
    [{ publicKey: new Uint8Array(33) }],
    [{ publicKey: new Uint8Array(31) }],
    [{ publicKey, maxSkewMs: -1 }],
    [{ publicKey, idCharacters: 'none' as 'printable' }],
  ])('rejects the malformed option %j', async (options) => {
    await expect(verifyAgentAssertion(header, { now, ...options })).rejects.toThrow(TypeError)
  })
})

it.each(['ssh-rsa AAAA', 'planted', new Uint8Array(31)])(
  'verifyAgentAssertion() says what a public key must be, not what it was: %s',
  async (key) => {
    await expect(verifyAgentAssertion(header, { now, publicKey: key })).rejects.toMatchObject({
      message: 'verifyAgentAssertion: publicKey must be 32 bytes, or a line that begins with ssh-ed25519',
      option: 'publicKey',
    })
  },
)

interface Capture {
  readonly decoded?: {
    readonly agent_assertions?: readonly {
      readonly envelope: Record<string, string>
      readonly signature_valid: boolean
    }[]
    readonly task_registrations?: readonly { readonly raw_body: string; readonly signed_message: string }[]
  }
  readonly auth_json?: { readonly agent_identity?: unknown }
}

describe('the recordings of the real client', () => {
  const files = vectorFilesBeside('codex-captures/', 'agent-')
  it.skipIf(files.length === 0)('carry assertions that verify, in the form that we write', async () => {
    let verified = 0
    for (const file of files) {
      const capture = vectorsBeside<Capture>(`codex-captures/${file}`)
      for (const { envelope, signature_valid: isValid } of capture?.decoded?.agent_assertions ?? []) {
        const { agent_runtime_id: id, task_id: task, timestamp } = envelope
        // The client that registered an agent for itself kept its key to itself.
        if (id === 'agent-registered-1') continue
        const sent = `AgentAssertion ${Buffer.from(JSON.stringify(envelope)).toString('base64url')}`
        const signedAt = new Date(timestamp ?? '')
        const result = await verifyAgentAssertion(sent, {
          publicKey,
          idCharacters: 'printable',
          now: () => signedAt,
        })
        expect(result).toEqual({ agentRuntimeId: id, taskId: task, signedAt })
        const auth = agentIdentityAuth({
          agentRuntimeId: id ?? '',
          taskId: task,
          privateKey: worked.version1,
          idCharacters: 'printable',
          now: () => signedAt,
        })
        expect(toAuthHeaders(auth)['authorization']).toBe(sent)
        expect(isValid).toBe(true)
        verified++
      }
    }
    expect(verified).toBeGreaterThan(5)
  })
})
