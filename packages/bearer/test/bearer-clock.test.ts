import { type AuthEvent, applyAuth, createHeaderMap, type TokenSource } from '@outbound-auth/core'
import { createExchange } from '@outbound-auth/core/exchange'
import { expect, it } from 'vitest'
import { bearerAuth } from '../src/index.js'

const hour = 3_600_000
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** An issuer whose clock is right, and an API behind it, as a machine sees them whose clock is ahead by so much. */
function createLab(
  aheadMs: number,
  give: (token: string, issuedAtMs: number) => Awaited<ReturnType<TokenSource>>,
) {
  const events: AuthEvent[] = []
  const valid = new Set<string>()
  const lab = { calls: 0, rejections: 0, events }
  const auth = bearerAuth({
    now: () => new Date(Date.now() + aheadMs),
    observer: (event) => events.push(event),
    token() {
      const nowMs = Date.now()
      const claims = { iat: Math.floor(nowMs / 1000), exp: Math.floor(nowMs / 1000) + 3600, jti: ++lab.calls }
      const token = `${encode({ alg: 'none' })}.${encode(claims)}.c2ln`
      valid.add(token)
      return give(token, nowMs)
    },
  })
  const exchange = createExchange(auth, { allowedOrigins: ['https://a.example'] })
  const send = () =>
    exchange.send<{ status: number }>(
      { method: 'GET', url: 'https://a.example/', headers: {} },
      {
        async send({ headers }) {
          const isValid = valid.has((headers.get('authorization') ?? '').replace('Bearer ', ''))
          if (!isValid) lab.rejections++
          return { status: isValid ? 200 : 401 }
        },
        status: ({ status }) => status,
        headers: () => createHeaderMap(),
        readBody: async () => '',
        discard() {},
      },
    )
  return { lab, send, auth, revoke: () => valid.clear() }
}

const hours = [-25, -2, -1, 0, 1, 2, 25]
const forms: [string, Parameters<typeof createLab>[1]][] = [
  ['a JWT', (token) => token],
  ['an expiresAt', (token, atMs) => ({ token: `opaque-${token.length}`, expiresAt: new Date(atMs + hour) })],
  ['a lifetimeMs', (token) => ({ token, lifetimeMs: hour })],
]

it.each(hours.flatMap((ahead) => forms.map(([name, give]) => [ahead, name, give] as const)))(
  'bearerAuth() on a clock %d h ahead sends a token with %s, and fetches it once',
  async (ahead, name, give) => {
    const isOpaque = name === 'an expiresAt'
    const { lab, send, auth } = createLab(ahead * hour, give)
    if (isOpaque)
      await applyAuth(auth, { method: 'GET', url: 'https://a.example/', headers: createHeaderMap() })
    else for (let request = 0; request < 20; request++) expect((await send()).status).toBe(200)
    expect(lab.calls).toBe(1)
    expect(lab.rejections).toBe(0)
    const warned = lab.events.filter((event) => event.type === 'warned' && event.code === 'ERR_AUTH_CLOCK')
    // With exactly one hour the token seems to end at this very moment.
    expect(warned).toHaveLength(ahead >= 1 ? 1 : 0)
  },
)

it.each(hours)('bearerAuth() on a clock %d h ahead renews a token that the server rejects', async (ahead) => {
  const { lab, send, revoke } = createLab(ahead * hour, (token) => token)
  await send()
  revoke()
  expect((await send()).status).toBe(200)
  expect(lab.calls).toBe(2)
})
