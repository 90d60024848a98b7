import { createHeaderMap } from '@outbound-auth/core'
import { describe, expect, it, vi } from 'vitest'
import { rejectionComplaint } from '../../src/sign/rejection-complaint.js'

function complaintOf(body: string, headers: Record<string, string> = {}) {
  const readBody = vi.fn(async () => body)
  const request = { method: 'GET', url: 'https://a.example/', headers: createHeaderMap() }
  const rejection = { request, status: 403, headers: createHeaderMap(headers), readBody, attempt: 0 }
  return { readBody, complaint: rejectionComplaint(rejection) }
}

const codes = {
  credential: [
    'ExpiredToken',
    'UnrecognizedClient',
    'InvalidClientTokenId',
    'InvalidAccessKeyId',
    'InvalidToken',
  ],
  time: ['RequestTimeTooSkewed', 'RequestExpired', 'RequestInTheFuture'],
  signature: ['InvalidSignature', 'SignatureDoesNotMatch'],
}
const all = Object.entries(codes).flatMap(([complaint, names]) =>
  names.flatMap((name) => [name, `${name}Exception`]).map((name) => [name, complaint] as const),
)

describe('rejectionComplaint()', () => {
  it.each(all)('of the code %s is %s, wherever a service writes it', async (code, expected) => {
    const bodies = [
      `<Error><Code>${code}</Code></Error>`,
      `<Error><Code> ${code}\n</Code></Error>`,
      `{"__type":"${code}"}`,
      `{"__type" : "com.amazonaws#${code}"}`,
      `{"code":"${code}"}`,
      `{"Code": "${code}"}`,
      `{"message":"${code}: the rest"}`,
      `{"Message" : "${code}: the rest"}`,
    ]
    for (const body of bodies) expect(await complaintOf(body).complaint, body).toBe(expected)
    for (const type of [code, `${code}:http://internal.example/`, `com.amazonaws#${code}`]) {
      const { complaint, readBody } = complaintOf('', { 'x-amzn-errortype': type })
      expect(await complaint, type).toBe(expected)
      expect(readBody).not.toHaveBeenCalled()
    }
  })

  it.each([
    'ExpiredToken',
    '<Code>XExpiredToken</Code>',
    '<Code>ExpiredTokenX</Code>',
    '<Code>ExpiredTokenExceptions</Code>',
    '<Message>ExpiredToken</Message>',
    '{"name":"ExpiredToken"}',
    '{"message":"the ExpiredToken: x"}',
    '{"message":"ExpiredToken"}',
    '{"xmessage":"ExpiredToken: x"}',
    '{"type":"ExpiredToken"}',
    '{"a":"\\"code\\":\\"ExpiredToken\\""}',
    '{"message":"No Signature expired here"}',
    '',
  ])('finds none in %s', async (body) => {
    expect(await complaintOf(body).complaint).toBeUndefined()
  })

  it.each([
    'Signature expired: 2026',
    ' Signature not yet current: 2026',
    '<Message>Signature expired: 2026</Message>',
    '<Code>SignatureDoesNotMatch</Code><Message> Signature expired</Message>',
    '{"message":"Signature expired: 2026"}',
    '{"Message" : "Signature not yet current: 2026"}',
    '{"__type":"InvalidSignatureException","message":"Signature expired: 2026"}',
  ])('finds the time in the message %s', async (body) => {
    expect(await complaintOf(body).complaint).toBe('time')
  })

  it('looks at each code of a response', async () => {
    const bodies = [
      '<Code>Sender</Code><Code>ExpiredToken</Code>',
      '{"code":"ExpiredToken","__type":"Sender"}',
      '{"code":"Sender"}<Code>ExpiredToken</Code>{"message":"Sender: x"}',
    ]
    for (const body of bodies) expect(await complaintOf(body).complaint, body).toBe('credential')
  })

  it('believes the code of a credential more than a message about the time', async () => {
    const body = '{"__type":"ExpiredTokenException","message":"Signature expired: 2026"}'
    expect(await complaintOf(body).complaint).toBe('credential')
  })
})
