import { applyAuth, createHeaderMap } from '@outbound-auth/core'
import { expect, it } from 'vitest'
import { sigV4Auth } from '../../src/index.js'

const serverMs = Date.parse('2026-11-25T10:00:00Z')
const minuteMs = 60_000

/** Whether a provider signs again whose clock was off by `signedMs` when it signed, and is off by `aheadMs` now. */
async function recoversFrom(signedMs: number, aheadMs: number): Promise<boolean | undefined> {
  let nowMs = serverMs + signedMs
  const provider = sigV4Auth({
    service: 'execute-api',
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
    now: () => new Date(nowMs),
  })
  const url = 'https://api.example.com/'
  const request = await applyAuth(provider, { method: 'GET', url, headers: createHeaderMap() })
  nowMs = serverMs + aheadMs
  return provider.recover?.({
    request,
    status: 403,
    attempt: 0,
    headers: createHeaderMap({ date: new Date(serverMs).toUTCString() }),
    readBody: async () => '{"__type":"InvalidSignatureException","message":"Signature expired: …"}',
  })
}

it.each([
  [4 * minuteMs - 1000, false],
  [4 * minuteMs, true],
  [-4 * minuteMs + 1000, false],
  [-4 * minuteMs, true],
])('sigV4Auth() signs again after a clock that was off by %i ms: %s', async (offMs, expected) => {
  expect(await recoversFrom(offMs, offMs)).toBe(expected)
})

it('sigV4Auth() believes a difference of a day, and no greater one', async () => {
  const dayMs = 24 * 60 * minuteMs
  for (const sign of [1, -1]) {
    expect(await recoversFrom(sign * 5 * minuteMs, sign * dayMs)).toBe(true)
    expect(await recoversFrom(sign * 5 * minuteMs, sign * (dayMs + 1))).toBe(false)
  }
})
