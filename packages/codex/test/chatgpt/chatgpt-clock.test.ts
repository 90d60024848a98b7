import { AuthError, type AuthEvent, applyAuth, createHeaderMap, createMemoryStore } from '@outbound-auth/core'
import { describe, expect, it } from 'vitest'
import { type AuthDocument, chatgptAuth } from '../../src/index.js'
import { chatgptDocument, jwt } from '../config/codex-home.js'

const hourMs = 3_600_000
const startMs = Date.UTC(2026, 0, 1)

/** A machine whose clock is off, an authority whose clock is right and whose tokens live for an hour, and a backend. */
function createLab(skewMs: number, hasIssueTime = true) {
  const lab = { serverMs: startMs }
  const events: AuthEvent[] = []
  let refreshes = 0
  const issue = () => {
    const [iat, exp] = [lab.serverMs / 1000, (lab.serverMs + hourMs) / 1000]
    return jwt({ ...(hasIssueTime && { iat }), exp, jti: refreshes })
  }
  const fetch = async () => {
    refreshes += 1
    return Response.json({ access_token: issue(), refresh_token: `refresh-${refreshes + 1}` })
  }
  const document = chatgptDocument(new Date())
  const stored = {
    ...document,
    tokens: { ...document.tokens, access_token: issue() },
    last_refresh: new Date(startMs).toISOString(),
  }
  const provider = chatgptAuth({
    store: createMemoryStore<AuthDocument>(stored),
    tokenServer: { fetch },
    now: () => new Date(lab.serverMs + skewMs),
    observer: (event) => events.push(event),
  })
  return Object.assign(lab, {
    events,
    refreshes: () => refreshes,
    /** Sends a request, with one recovery if the backend rejects the token. */
    async send(): Promise<number | string> {
      for (let attempt = 0; attempt < 2; attempt++) {
        const request = { method: 'GET', url: 'https://a.example/', headers: createHeaderMap() }
        try {
          const sent = await applyAuth(provider, request)
          const [, claims = ''] = sent.headers.get('authorization')?.split('.') ?? []
          if (JSON.parse(Buffer.from(claims, 'base64url').toString()).exp * 1000 > lab.serverMs) return 200
          const rejection = {
            request: sent,
            status: 401,
            headers: createHeaderMap(),
            readBody: async () => '',
            attempt,
          }
          if (!(await provider.recover?.(rejection))) return 401
        } catch (error) {
          return AuthError.is(error) ? error.code : String(error)
        }
      }
      return 401
    },
  })
}

const skews: [string, number][] = [
  ['-25 h', -25 * hourMs],
  ['-2 h', -2 * hourMs],
  ['0', 0],
  ['57 min', 57 * 60_000],
  ['2 h', 2 * hourMs],
  ['25 h', 25 * hourMs],
]

describe('chatgptAuth() refreshes once in the life of a token when the clock is off by', () => {
  it.each(skews)('%s', async (_, skewMs) => {
    const lab = createLab(skewMs)
    for (let request = 0; request < 50; request++) expect(await lab.send()).toBe(200)
    expect(lab.refreshes()).toBeLessThanOrEqual(1)
    for (let minute = 1; minute <= 12 * 60; minute++) {
      lab.serverMs += 60_000
      expect(await lab.send()).toBe(200)
      await new Promise((resolve) => setImmediate(resolve))
    }
    // Renewal begins 5 minutes before the end.
    expect(lab.refreshes()).toBeLessThanOrEqual(15)
  })

  it.each(skews)('%s, although it does not say when it was made', async (_, skewMs) => {
    const lab = createLab(skewMs, false)
    for (let request = 0; request < 50; request++) expect(await lab.send()).toBe(200)
    expect(lab.refreshes()).toBeLessThanOrEqual(1)
  })
})

it('chatgptAuth() warns, as itself, that the clock is ahead', async () => {
  const lab = createLab(2 * hourMs)
  await lab.send()
  expect(lab.events.filter(({ type }) => type === 'warned')).toEqual([
    {
      type: 'warned',
      kind: 'chatgpt',
      code: 'ERR_AUTH_CLOCK',
      message: expect.stringContaining(' 7200 s ahead '),
    },
  ])
})
