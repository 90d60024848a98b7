import { applyAuth, createHeaderMap } from '@outbound-auth/core'
import { describe, expect, it } from 'vitest'
import { sigV4Auth } from '../../src/index.js'

const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' }
const serverNow = Date.parse('2026-11-25T10:00:00Z')
const minute = 60_000
const url = 'https://api.example.com/'

/** A provider on a machine whose clock is off by so much, which signs a request that the service then refuses. */
async function refuse(offsetMs: number, answer: { body?: string; headers?: Record<string, string> } = {}) {
  const clock = { offsetMs }
  let reads = 0
  const provider = sigV4Auth({
    service: 'execute-api',
    region: 'us-east-1',
    credentials,
    now: () => new Date(serverNow + clock.offsetMs),
  })
  const sign = () => applyAuth(provider, { method: 'GET', url, headers: createHeaderMap() })
  const request = await sign()
  const recover = (attempt = 0) =>
    provider.recover?.({
      request,
      status: 403,
      attempt,
      headers: createHeaderMap({ date: new Date(serverNow).toUTCString(), ...answer.headers }),
      readBody: async () => {
        reads += 1
        return answer.body ?? '{"__type":"InvalidSignatureException","message":"Signature expired: …"}'
      },
    })
  return { sign, recover, clock, reads: () => reads }
}

describe('sigV4Auth() and a wrong clock', () => {
  it.each([5 * minute, -5 * minute, 3 * 60 * minute, -23 * 60 * minute])(
    'learns an offset of %i ms from Date, and keeps it',
    async (offsetMs) => {
      const { sign, recover } = await refuse(offsetMs)
      expect(await recover()).toBe(true)
      expect((await sign()).headers.get('x-amz-date')).toBe('20261125T100000Z')
      expect((await sign()).headers.get('x-amz-date')).toBe('20261125T100000Z')
    },
  )

  it.each([
    '<Error><Code>RequestTimeTooSkewed</Code></Error>',
    '<Response><Errors><Error><Code>RequestExpired</Code></Error></Errors></Response>',
    '{"code":"RequestInTheFuture"}',
    '{"message":"Signature expired: 20261125T093000Z is now earlier than …"}',
    '<Message>Signature not yet current: …</Message>',
    '{"__type":"com.amazon.coral.service#InvalidSignatureException"}',
    '<Code>SignatureDoesNotMatch</Code>',
  ])('takes %s as a rejection of the time', async (body) => {
    const { recover } = await refuse(30 * minute, { body })
    expect(await recover()).toBe(true)
  })

  it('does nothing below four minutes, beyond a day, for another error, or a second time', async () => {
    expect(await (await refuse(3 * minute)).recover()).toBe(false)
    expect(await (await refuse(25 * 60 * minute)).recover()).toBe(false)
    expect(await (await refuse(30 * minute, { body: 'AccessDenied' })).recover()).toBe(false)
    expect(await (await refuse(30 * minute)).recover(1)).toBe(false)
  })

  it.each([
    '<Code>NoSuchKey</Code><Key>RequestExpired-report.pdf</Key>',
    '{"code":"NotFound","message":"No log named Signature expired"}',
    '{"message":"There is no \\"code\\":\\"RequestExpired\\" here"}',
  ])('does not take %s as a rejection of the time', async (body) => {
    const { recover } = await refuse(30 * minute, { body })
    expect(await recover()).toBe(false)
  })

  it('does not wait for the body when the clocks agree, or the response has no usable Date', async () => {
    for (const [offset, headers] of [
      [0, {}],
      [30 * minute, { age: '1' }],
      [30 * minute, { date: '' }],
    ] as const) {
      const { recover, reads } = await refuse(offset, { headers })
      expect(await recover()).toBe(false)
      expect(reads()).toBe(0)
    }
  })

  it('does not wait for the body after the first rejection, or when x-amzn-errortype decides', async () => {
    const second = await refuse(30 * minute)
    expect(await second.recover(1)).toBe(false)
    expect(second.reads()).toBe(0)
    for (const [type, outcome] of [
      ['com.amazon.coral#InvalidSignatureException:http://internal.amazon.com/coral/#x', true],
      ['AccessDeniedException', false],
    ] as const) {
      const { recover, reads } = await refuse(30 * minute, { headers: { 'x-amzn-errortype': type } })
      expect(await recover()).toBe(outcome)
      expect(reads()).toBe(0)
    }
  })

  it('still signs with explicit credentials that only a wrong Date makes look expired', async () => {
    const now = new Date(Date.UTC(2026, 10, 25, 10))
    const auth = sigV4Auth({
      service: 's3',
      region: 'us-east-1',
      credentials: {
        accessKeyId: 'AKIDEXAMPLE',
        secretAccessKey: 's',
        expiration: new Date(now.getTime() + 60 * minute),
      },
      now: () => now,
    })
    const sign = () =>
      applyAuth(auth, { method: 'GET', url: 'https://a.example/', headers: createHeaderMap() })
    const rejection = {
      request: await sign(),
      status: 403,
      headers: createHeaderMap({ date: new Date(now.getTime() + 180 * minute).toUTCString() }),
      readBody: async () => '<Error><Code>RequestTimeTooSkewed</Code></Error>',
      attempt: 0,
    }
    expect(await auth.recover?.(rejection)).toBe(true)
    expect((await sign()).headers.get('x-amz-date')).toBe('20261125T130000Z')
  })

  it('ignores responses from a cache, and responses without a usable Date', async () => {
    expect(await (await refuse(30 * minute, { headers: { age: '100' } })).recover()).toBe(false)
    expect(await (await refuse(30 * minute, { headers: { date: 'yesterday' } })).recover()).toBe(false)
  })

  it('signs again without learning when the process slept between signing and sending', async () => {
    const { sign, recover, clock } = await refuse(-20 * minute)
    clock.offsetMs = 0
    expect(await recover()).toBe(true)
    clock.offsetMs = 7 * minute
    expect((await sign()).headers.get('x-amz-date')).toBe('20261125T100700Z')
  })
})
