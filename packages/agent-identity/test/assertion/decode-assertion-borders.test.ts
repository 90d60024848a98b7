import { describe, expect, it } from 'vitest'
import { encodeAssertion } from '../../src/assertion/assertion-envelope.js'
import { decodeAssertion } from '../../src/assertion/decode-assertion.js'

const assertion = { agentRuntimeId: 'a', signature: 's', taskId: 't', timestamp: '2026-01-01T00:00:00Z' }
const headerOf = (envelope: string) => `AgentAssertion ${Buffer.from(envelope).toString('base64url')}`

describe('decodeAssertion()', () => {
  it('reads a header of up to 8192 characters', () => {
    const headerOfLength = (length: number) => {
      for (let size = length / 2; size < length; size++) {
        const header = encodeAssertion({ ...assertion, signature: 's'.repeat(size) })
        if (header.length === length) return header
      }
      throw new Error('No header has this length')
    }
    // No base64url has the length that would make it 8192.
    expect(decodeAssertion(headerOfLength(8191))?.taskId).toBe('t')
    expect(decodeAssertion(headerOfLength(8193))).toBeUndefined()
  })

  it.each([
    ['a number', '"task_id":5'],
    ['null', '"task_id":null'],
    ['a list', '"task_id":["t"]'],
  ])('rejects an envelope with %s where a string must be', (_, member) => {
    const envelope = JSON.stringify({ agent_runtime_id: 'a', signature: 's', task_id: 't', timestamp: 'x' })
    expect(decodeAssertion(headerOf(envelope))).toBeDefined()
    expect(decodeAssertion(headerOf(envelope.replace('"task_id":"t"', member)))).toBeUndefined()
  })

  it.each([
    ['nothing', null],
    ['another scheme', encodeAssertion(assertion).replace('AgentAssertion', 'Bearer')],
    ['standard base64', `${encodeAssertion({ ...assertion, signature: '??>>' })}+`],
    [
      'another order of the names',
      headerOf('{"task_id":"t","agent_runtime_id":"a","signature":"s","timestamp":"x"}'),
    ],
    ['bytes that are not UTF-8', `AgentAssertion ${Buffer.from([0xff, 0xfe]).toString('base64url')}`],
    ['null', headerOf('null')],
  ])('rejects %s', (_, header) => {
    expect(decodeAssertion(header)).toBeUndefined()
  })
})
