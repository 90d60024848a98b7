import { applyAuth, createHeaderMap } from '@outbound-auth/core'
import { expect, it } from 'vitest'
import { workloadIdentityAuth } from '../src/index.js'
import { granted, tokenService } from './token-service.js'

async function living(change: object, defaultLifetimeMs?: number, startMs = Date.UTC(2026, 0, 1)) {
  let nowMs = startMs
  const service = await tokenService((_, index) => granted(index, change))
  const auth = workloadIdentityAuth({
    service: 'openai',
    identityProviderId: 'idp_1',
    serviceAccountId: 'sa_1',
    subjectToken: () => 'planted-subject',
    tokenEndpoint: service.tokenEndpoint,
    defaultLifetimeMs,
    now: () => new Date(nowMs),
  })
  return {
    count: () => service.exchanges().length,
    async apply(afterMs: number) {
      nowMs += afterMs
      const request = { method: 'GET', url: 'https://api.example.com/', headers: createHeaderMap() }
      return (await applyAuth(auth, request)).headers.get('authorization')
    },
  }
}

it.each([60, 100, 200, 600])('a token that lives %i s is used for most of its life', async (seconds) => {
  const { apply, count } = await living({ expires_in: seconds })
  // The margins of the SDKs are longer: 300 s and 1200 s.
  for (let part = 0; part < 4; part++) await apply(part === 0 ? 0 : seconds * 100)
  expect(count()).toBe(1)
  await apply(seconds * 1000)
  expect(count()).toBe(2)
})

it('a token of unknown life is kept for defaultLifetimeMs, an hour by default', async () => {
  const { apply, count } = await living({ expires_in: undefined })
  await apply(0)
  await apply(3_000_000)
  expect(count()).toBe(1)
  await apply(3_600_000)
  expect(count()).toBe(2)
  const short = await living({ expires_in: undefined }, 1000)
  await short.apply(0)
  await short.apply(2000)
  expect(short.count()).toBe(2)
})

const day = 86_400_000

/** A JWT by the clock of the service, which is right. */
function jwt(issuedMs: number): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const iat = Math.floor(issuedMs / 1000)
  return [part({ alg: 'none' }), part({ iat, exp: iat + 3600 }), 'a'].join('.')
}

it.each([
  ['a year behind', Date.now() - 365 * day],
  ['a day behind', Date.now() - day],
  ['two hours ahead', Date.now() + 7_200_000],
  ['a day ahead', Date.now() + day],
])(
  'a clock that is %s does no harm, whether the service says expires_in or issues a JWT',
  async (_, nowMs) => {
    for (const change of [{}, { expires_in: undefined, access_token: jwt(Date.now()) }]) {
      const { apply, count } = await living(change, undefined, nowMs)
      for (let minutes = 0; minutes < 40; minutes += 10) await apply(minutes === 0 ? 0 : 600_000)
      expect(count()).toBe(1)
    }
  },
)
