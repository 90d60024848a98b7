import { describe, expect, it } from 'vitest'
import { decodeAssertion } from '../../src/assertion/decode-assertion.js'
import { worked } from '../worked-vectors.js'

const { agentRuntimeId, taskId, timestamp, assertionSignature: signature } = worked
const json = Buffer.from(worked.header.slice('AgentAssertion '.length), 'base64url').toString()
const wrap = (text: string) => `AgentAssertion ${Buffer.from(text).toString('base64url')}`

describe('decodeAssertion()', () => {
  it('reads the header of the recorded client', () => {
    expect(decodeAssertion(worked.header)).toEqual({ agentRuntimeId, taskId, timestamp, signature })
  })

  it.each([
    ['no header', null],
    ['another scheme', worked.header.replace('AgentAssertion', 'Bearer')],
    ['the scheme in lower case', worked.header.replace('AgentAssertion', 'agentassertion')],
    ['padding', `${worked.header}=`],
    ['another order of the properties', wrap(JSON.stringify({ task_id: taskId, ...JSON.parse(json) }))],
    ['another property', wrap(json.replace('}', ',"a":1}'))],
    ['whitespace in the JSON', wrap(json.replace(',', ', '))],
    ['a number as the task', wrap(json.replace('"task-123"', '123'))],
    ['a missing property', wrap(json.replace(/,"timestamp":"[^"]*"/, ''))],
    ['text that is not JSON', wrap('{')],
    ['more than 8192 characters', wrap(json.replace('task-123', 'x'.repeat(8192)))],
  ])('rejects %s', (_, header) => {
    expect(decodeAssertion(header)).toBeUndefined()
  })
})
