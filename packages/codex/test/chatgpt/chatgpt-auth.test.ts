import { AuthError, createHeaderMap, createMemoryStore, type DocumentStore } from '@outbound-auth/core'
import { createExchange } from '@outbound-auth/core/exchange'
import { checkAuthProvider } from '@outbound-auth/core/testing'
import { describe, expect, it } from 'vitest'
import { type AuthDocument, type ChatgptAuthOptions, chatgptAuth } from '../../src/index.js'
import { accessToken, chatgptDocument, idClaims, jwt } from '../config/codex-home.js'

const origin = 'https://api.example.com'
const dayMs = 24 * 60 * 60 * 1000
/** The time of every document and provider here; tests that need it to pass have a clock of their own. */
const start = new Date('2026-11-25T12:00:00Z')

interface Lab {
  readonly store: DocumentStore<AuthDocument>
  readonly asked: Record<string, unknown>[]
  /** Sends one request; statuses are the answers in order. */
  send(statuses?: number[]): Promise<{ tokens: string[]; status: number }>
}

function createLab(
  document: AuthDocument,
  answer: (count: number) => Response | Promise<Response> = () =>
    Response.json({ access_token: accessToken(start, 3600, 'new') }),
  more: Partial<ChatgptAuthOptions> = {},
): Lab {
  const store = more.store ?? createMemoryStore(document)
  const asked: Record<string, unknown>[] = []
  const fetch = async (_: unknown, init?: RequestInit) => {
    asked.push(JSON.parse(String(init?.body)))
    return answer(asked.length)
  }
  const provider = chatgptAuth({
    store,
    accountId: 'acct-1',
    tokenServer: { fetch: fetch as typeof globalThis.fetch },
    now: () => start,
    ...more,
  })
  const exchange = createExchange(provider, { allowedOrigins: [origin] })
  return {
    store,
    asked,
    async send(statuses = []) {
      const tokens: string[] = []
      const request = { method: 'POST', url: `${origin}/v1/responses`, headers: {}, body: '{}' }
      const status = await exchange.send(request, {
        send: async ({ headers }, attempt) => {
          tokens.push(headers.get('authorization')?.slice(7) ?? '')
          return statuses[attempt] ?? 200
        },
        status: (code) => code,
        headers: () => createHeaderMap(),
        readBody: async () => '',
        discard: () => {},
      })
      return { tokens, status }
    },
  }
}

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'no error',
    (error) => (AuthError.is(error) ? `${error.code} ${error.kind}` : error),
  )
const refusal = (status: number, body: unknown) => () => Response.json(body, { status })

describe('chatgptAuth() keeps the contract of AuthProvider:', () => {
  const { tokens } = chatgptDocument(start)
  const checks = checkAuthProvider({
    create: () =>
      chatgptAuth({
        store: createMemoryStore<AuthDocument>(chatgptDocument(start)),
        accountId: 'acct-1',
        now: () => start,
      }),
    secrets: [tokens.refresh_token, tokens.id_token],
  })
  for (const { name, run } of checks) it(name, run)
})

describe('chatgptAuth() sends', () => {
  it('token, account and the FedRAMP header', async () => {
    const document = chatgptDocument(start)
    const provider = chatgptAuth({
      store: createMemoryStore<AuthDocument>(document),
      accountId: 'acct-1',
      fedramp: true,
      now: () => start,
    })
    const headers = createHeaderMap()
    await provider.applyAuth?.({ method: 'GET', url: origin, headers })
    expect(Object.fromEntries(headers)).toEqual({
      authorization: `Bearer ${document.tokens.access_token}`,
      'chatgpt-account-id': 'acct-1',
      'x-openai-fedramp': 'true',
    })
    expect(provider.kind).toBe('chatgpt')
  })

  it('a token that has 301 s left, and renews one that has 300 s', async () => {
    const fresh = createLab(chatgptDocument(start, { secondsLeft: 301 }))
    expect((await fresh.send()).tokens).toEqual([accessToken(start, 301)])
    expect(fresh.asked).toEqual([])
    const due = createLab(chatgptDocument(start, { secondsLeft: 300 }))
    expect((await due.send()).tokens).toEqual([accessToken(start, 3600, 'new')])
    expect(JSON.stringify(due.asked)).toBe(
      '[{"client_id":"app_EMoamEEZ73f0CkXaXp7hrann","grant_type":"refresh_token","refresh_reason":"proactive_expiry","refresh_token":"refresh-1"}]',
    )
  })

  it.each([
    [8 * dayMs - 1, 0],
    [8 * dayMs, 1],
  ])('a token without an end that is %d ms old after %d refreshes', async (ageMs, refreshes) => {
    const document = chatgptDocument(start)
    const old = {
      ...document,
      tokens: { ...document.tokens, access_token: 'opaque' },
      last_refresh: new Date(start.getTime() - ageMs).toISOString(),
    }
    const lab = createLab(old)
    await lab.send()
    expect(lab.asked.map((body) => body['refresh_reason'])).toEqual(Array(refreshes).fill('scheduled'))
  })

  it('the old token when it still lives and the refresh fails, whatever its kind', async () => {
    const opaque = { ...chatgptDocument(start), last_refresh: '2020-01-01T00:00:00Z' }
    const documents = [
      chatgptDocument(start, { secondsLeft: 200 }),
      { ...opaque, tokens: { ...opaque.tokens, access_token: 'opaque' } },
    ]
    for (const document of documents) {
      const lab = createLab(document, refusal(500, {}))
      expect((await lab.send()).tokens).toEqual([document.tokens.access_token])
      expect(lab.asked.length).toBe(1)
    }
  })
})

describe('chatgptAuth() keeps in the store', () => {
  it('what came, what did not come, and all that it does not know', async () => {
    const document = { ...chatgptDocument(start, { secondsLeft: -5 }), plan: 'unknown member' }
    const id = jwt(idClaims('acct-1', { more: 1 }))
    const answer = () => Response.json({ access_token: jwt({ exp: 4102444800 }), id_token: id })
    const lab = createLab(document, answer)
    await lab.send()
    expect(await lab.store.read()).toEqual({
      ...document,
      tokens: { ...document.tokens, id_token: id, access_token: jwt({ exp: 4102444800 }) },
      last_refresh: '2026-11-25T12:00:00.000Z',
    })
  })
})

describe('chatgptAuth(), after a 401,', () => {
  it('refreshes at once, and sends the refused token no second time', async () => {
    const lab = createLab(chatgptDocument(start))
    const { tokens, status } = await lab.send([401])
    expect([tokens, status]).toEqual([[accessToken(start, 3600), accessToken(start, 3600, 'new')], 200])
    expect(lab.asked[0]?.['refresh_reason']).toBe('unauthorized_recovery')
  })

  it('sends the token once more when the authority leaves it as it is, and keeps what else came', async () => {
    const lab = createLab(chatgptDocument(start), () => Response.json({ refresh_token: 'refresh-2' }))
    const { tokens, status } = await lab.send([401])
    expect([tokens[0] === tokens[1], status, lab.asked.length]).toEqual([true, 200, 1])
    expect(await lab.store.read()).toMatchObject({
      tokens: { refresh_token: 'refresh-2', access_token: tokens[0] },
    })
    const always = createLab(chatgptDocument(start), () => Response.json({}))
    const result = await always.send([401, 401, 401])
    expect([result.tokens.length, result.status]).toEqual([2, 401])
  })

  it('adopts what another program has stored, without a refresh', async () => {
    const lab = createLab(chatgptDocument(start))
    await lab.send()
    const other = {
      ...chatgptDocument(start),
      tokens: { ...chatgptDocument(start).tokens, access_token: accessToken(start, 9000, 'other') },
    }
    await lab.store.update(() => other)
    const { tokens, status } = await lab.send([401])
    expect([tokens[1], status, lab.asked]).toEqual([accessToken(start, 9000, 'other'), 200, []])
  })

  it.each([
    ['another account', chatgptDocument(start, { account: 'acct-2' })],
    ['an API key', { OPENAI_API_KEY: 'sk-1' }],
  ])('stops when the store holds %s', async (_, other) => {
    const lab = createLab(chatgptDocument(start))
    await lab.send()
    await lab.store.update(() => other)
    expect(await codeOf(lab.send([401]))).toBe('ERR_AUTH_CODEX_ACCOUNT build')
    expect(lab.asked).toEqual([])
  })

  it('stops when the store is empty', async () => {
    const store: DocumentStore<AuthDocument> = {
      read: async () => undefined,
      update: async (change) => change(undefined),
    }
    expect(await codeOf(createLab({}, undefined, { store }).send())).toBe('ERR_AUTH_CODEX_ACCOUNT build')
  })

  it('keeps tokens of another account that a refresh brings, and does not use them', async () => {
    const answer = () =>
      Response.json({
        access_token: accessToken(start, 3600, 'x'),
        id_token: jwt(idClaims('acct-2')),
        refresh_token: 'r',
      })
    const lab = createLab(chatgptDocument(start), answer)
    expect(await codeOf(lab.send([401]))).toBe('ERR_AUTH_CODEX_ACCOUNT build')
    expect(await lab.store.read()).toMatchObject({ tokens: { refresh_token: 'r', account_id: 'acct-1' } })
    expect(await codeOf(lab.send([401]))).toBe('ERR_AUTH_CODEX_ACCOUNT build')
  })
})

it('chatgptAuth() rejects a misspelt property of tokenServer', () => {
  const options = {
    store: createMemoryStore<AuthDocument>(),
    tokenServer: { tokenURL: 'https://a.example.com' },
  }
  expect(() => chatgptAuth(options as never)).toThrow(
    new TypeError(
      'chatgptAuth: tokenServer: unknown option "tokenURL"; it has tokenEndpoint, clientId, fetch',
    ),
  )
})

describe('chatgptAuth() says of a refresh', () => {
  const code = (name: string) => ({ error: { code: name, message: 'planted-secret' } })
  it.concurrent.each<[string, number, unknown, string, RegExp]>([
    ['expired', 401, code('refresh_token_expired'), 'REFUSED', /has expired/],
    ['used', 400, { error: 'Refresh_Token_Reused' }, 'REFUSED', /was already used/],
    ['revoked', 403, { code: 'refresh_token_invalidated' }, 'REFUSED', /was revoked/],
    ['refused', 401, code('other'), 'REFUSED', /rejected the refresh token with status 401/],
    ['no grant', 400, { error: 'invalid_grant' }, 'REFUSED', /rejected the refresh token with status 400/],
    ['a bad request', 400, { error: 'other' }, 'UNAVAILABLE', /responded with status 400/],
    ['forbidden', 403, {}, 'UNAVAILABLE', /responded with status 403/],
    ['an outage', 503, 'text', 'UNAVAILABLE', /responded with status 503/],
    ['no JSON', 200, 'text', 'UNAVAILABLE', /responded without a JSON object/],
  ])('%s', async (_, status, body, outcome, message) => {
    const lab = createLab(chatgptDocument(start, { secondsLeft: -5 }), refusal(status, body))
    const error = await lab.send().catch((thrown) => thrown)
    expect(error.code).toBe(`ERR_AUTH_CODEX_REFRESH_${outcome}`)
    expect(error.message).toMatch(message)
    expect(JSON.stringify([error, error.message])).not.toMatch(/planted-secret|refresh-1/)
  })

  it('an outage once: nothing is asked twice within a second', async () => {
    let nowMs = start.getTime()
    const now = () => new Date(nowMs)
    const lab = createLab(chatgptDocument(start, { secondsLeft: -5 }), refusal(500, {}), { now })
    expect(await codeOf(lab.send())).toBe('ERR_AUTH_CODEX_REFRESH_UNAVAILABLE transient')
    expect(lab.asked.length).toBe(1)
    nowMs += 1100
    await codeOf(lab.send())
    expect(lab.asked.length).toBe(2)
  })

  it('no new token, without an endless loop', async () => {
    const lab = createLab(chatgptDocument(start, { secondsLeft: -5 }), () => Response.json({}))
    expect(await codeOf(lab.send())).toBe('ERR_AUTH_CODEX_REFRESH_REFUSED build')
    expect(lab.asked.length).toBe(1)
  })

  it('what it said before, without asking again, until the file changes', async () => {
    let nowMs = start.getTime()
    const answer = (count: number) =>
      count === 1
        ? Response.json({ error: 'invalid_grant' }, { status: 400 })
        : Response.json({ access_token: accessToken(start, 3600) })
    const document = chatgptDocument(start, { secondsLeft: -5 })
    const lab = createLab(document, answer, { now: () => new Date(nowMs) })
    for (let round = 0; round < 3; round++) {
      expect(await codeOf(lab.send())).toBe('ERR_AUTH_CODEX_REFRESH_REFUSED build')
      nowMs += 400
    }
    expect(lab.asked.length).toBe(1)
    await lab.store.update(() => chatgptDocument(start, { secondsLeft: -5, refreshToken: 'refresh-2' }))
    nowMs += 1100
    expect((await lab.send()).status).toBe(200)
    expect(lab.asked[1]?.['refresh_token']).toBe('refresh-2')
  })
})
