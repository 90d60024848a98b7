import { applyAuth, createHeaderMap } from '@outbound-auth/core'
import { expect, it } from 'vitest'
import { type SigV4AuthOptions, sigV4Auth } from '../../src/index.js'

const serverMs = Date.parse('2026-11-25T10:00:00Z')
const halfHourMs = 30 * 60_000
const key = { accessKeyId: 'AKID1', secretAccessKey: 'secret' }

/** A provider whose clock is half an hour ahead, and a request of it that a service rejects. */
async function rejected(code: string, credentials: SigV4AuthOptions['credentials']) {
  const now = () => new Date(serverMs + halfHourMs)
  const auth = sigV4Auth({ service: 's3', region: 'us-east-1', credentials, now })
  const sign = () => applyAuth(auth, { method: 'GET', url: 'https://a.example/', headers: createHeaderMap() })
  const request = await sign()
  const rejection = {
    request,
    status: 403,
    attempt: 0,
    headers: createHeaderMap({ date: new Date(serverMs).toUTCString() }),
    readBody: async () => `<Code>${code}</Code>`,
  }
  return { auth, sign, rejection }
}

it('sigV4Auth() renews an expired credential, and does not correct its clock', async () => {
  let calls = 0
  const { auth, sign, rejection } = await rejected('ExpiredToken', async () => ({
    ...key,
    accessKeyId: `AKID${++calls}`,
    expiration: new Date(serverMs + 4 * halfHourMs),
  }))
  expect(await auth.recover?.(rejection)).toBe(true)
  const again = await sign()
  expect(calls).toBe(2)
  expect(again.headers.get('authorization')).toContain('Credential=AKID2/')
  expect(again.headers.get('x-amz-date')).toBe('20261125T103000Z')
})

it('sigV4Auth() cannot renew explicit credentials, and does not correct its clock for them', async () => {
  const { auth, sign, rejection } = await rejected('ExpiredToken', key)
  expect(await auth.recover?.(rejection)).toBe(false)
  expect((await sign()).headers.get('x-amz-date')).toBe('20261125T103000Z')
})

it.each(['', 'x20261125T103000Z', '20261125T103000Zx', '20261125103000Z'])(
  'sigV4Auth() does not correct its clock for a request of the time %j',
  async (date) => {
    const { auth, rejection } = await rejected('RequestTimeTooSkewed', key)
    rejection.request.headers.set('x-amz-date', date)
    expect(await auth.recover?.(rejection)).toBe(false)
  },
)

it.each<[string, boolean, boolean[]]>([
  ['', false, []],
  ['Bearer x', false, []],
  ['Credential=AKID1/x', false, []],
  ['AWS4-HMAC-SHA256 Credential=AKID1', false, []],
  ['AWS4-HMAC-SHA256 Credential=/x', false, []],
  ['AWS4-HMAC-SHA256 Credential=undefined/x', false, []],
  ['AWS4-HMAC-SHA256 Credential=AKID1/x', true, [true]],
])(
  'sigV4Auth() that has signed nothing recovers a request with %j: %s',
  async (authorization, ...expected) => {
    const forced: boolean[] = []
    const auth = sigV4Auth({
      service: 's3',
      region: 'us-east-1',
      credentials: async ({ forceRefresh }) => {
        forced.push(forceRefresh)
        return key
      },
    })
    const { rejection } = await rejected('ExpiredToken', key)
    const { method, url } = rejection.request
    const request = { method, url, headers: createHeaderMap({ authorization }) }
    expect([await auth.recover?.({ ...rejection, request }), forced]).toEqual(expected)
  },
)
