import { describe, expect, it } from 'vitest'
import { encodeAssertion, signedText, toTimestamp } from '../../src/assertion/assertion-envelope.js'
import { worked } from '../worked-vectors.js'

const { agentRuntimeId, taskId, timestamp, assertionSignature: signature } = worked

describe('the format of an assertion', () => {
  it('encodeAssertion() writes the header of the recorded client', () => {
    expect(encodeAssertion({ taskId, timestamp, signature, agentRuntimeId })).toBe(worked.header)
  })

  it('signedText() joins agent, task and time with colons', () => {
    expect(signedText({ agentRuntimeId, taskId, timestamp })).toBe('agent-123:task-123:2026-04-23T00:00:00Z')
  })

  it('toTimestamp() drops the milliseconds', () => {
    expect(toTimestamp(Date.parse('2026-04-23T00:00:00.999Z'))).toBe(timestamp)
  })
})
