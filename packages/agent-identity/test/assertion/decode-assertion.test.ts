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

describe('decodeAssertion() at its borders', () => {
  const envelope = { agent_runtime_id: 'a', signature: 's', task_id: 't', timestamp: '2026-01-01T00:00:00Z' }
  const encoded = (change: object = {}) => headerOf(JSON.stringify({ ...envelope, ...change }))
  const headerOf = (envelope: string) => `AgentAssertion ${Buffer.from(envelope).toString('base64url')}`

  describe('decodeAssertion()', () => {
    it('reads a header of up to 8192 characters', () => {
      const headerOfLength = (length: number) => {
        for (let size = length / 2; size < length; size++) {
          const header = encoded({ signature: 's'.repeat(size) })
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
      const text = JSON.stringify(envelope)
      expect(decodeAssertion(headerOf(text))).toBeDefined()
      expect(decodeAssertion(headerOf(text.replace('"task_id":"t"', member)))).toBeUndefined()
    })

    it.each([
      ['nothing', null],
      ['another scheme', encoded().replace('AgentAssertion', 'Bearer')],
      ['standard base64', `${encoded({ signature: '??>>' })}+`],
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
})
