import { createHeaderMap } from '@outbound-auth/core'
import { createExchange } from '@outbound-auth/core/exchange'
import { type SharedRecord, sharedStore } from '@outbound-auth/shared-store'
import { expect, test } from 'vitest'
import { type AuthDocument, chatgptAuth, parseAuthDocument } from '../../src/index.js'
import { createCodexLab, requestOf } from '../codex-lab.js'
import { accessToken, chatgptDocument } from '../config/codex-home.js'

const start = new Date('2026-11-25T12:00:00Z')
const now = () => start
const encryptionKeys = [Buffer.alloc(32, 1).toString('base64')]

/** A database that containers share: each gets a store of its own. */
function database() {
  let kept: string | undefined
  const record: SharedRecord = {
    name: 'the record of this test',
    get: async () => (kept === undefined ? undefined : { text: kept, version: kept }),
    put: async (text, version) => {
      if (kept !== version) return undefined
      kept = text
      return text
    },
  }
  return {
    text: () => kept ?? '',
    connect: () => sharedStore<AuthDocument>({ record, parse: parseAuthDocument, encryptionKeys }),
  }
}

/** A token server that gives a refresh token out once, and revokes everything when a spent one comes. */
function tokenServer() {
  let current = 'refresh-1'
  const refreshed: string[] = []
  const answer = (sent: string): Response => {
    if (sent !== current) return Response.json({ error: { code: 'refresh_token_reused' } }, { status: 401 })
    refreshed.push(sent)
    current = `refresh-${refreshed.length + 1}`
    const token = accessToken(start, 3600, `new-${refreshed.length}`)
    return Response.json({ access_token: token, refresh_token: current })
  }
  const fetch = async (_: unknown, init?: RequestInit) => answer(JSON.parse(String(init?.body)).refresh_token)
  return { refreshed, answer, fetch: fetch as typeof globalThis.fetch }
}

test('containers with one login over a shared store refresh once', async () => {
  const shared = database()
  await shared.connect().update(() => chatgptDocument(start, { secondsLeft: -1 }))
  const server = tokenServer()
  const send = async () => {
    const provider = chatgptAuth({ store: shared.connect(), now, tokenServer: { fetch: server.fetch } })
    const exchange = createExchange(provider, { allowedOrigins: ['https://api.example.com'] })
    const request = {
      method: 'POST',
      url: 'https://api.example.com/v1',
      headers: createHeaderMap(),
      body: '{}',
    }
    return (await exchange.prepare(request)).headers.get('authorization')
  }
  const sent = await Promise.all(Array.from({ length: 8 }, send))
  expect(server.refreshed).toEqual(['refresh-1'])
  expect(new Set(sent)).toEqual(new Set([`Bearer ${accessToken(start, 3600, 'new-1')}`]))
  expect((await shared.connect().read())?.tokens?.refresh_token).toBe('refresh-2')
  // Only the containers can read the login.
  expect(shared.text()).not.toMatch(/refresh-\d|acct-1|tokens/)
})

test('createCodexResolver({ store }) needs no auth.json, and names the store', async () => {
  const shared = database()
  await shared.connect().update(() => chatgptDocument(start, { secondsLeft: -1 }))
  const server = tokenServer()
  const open = async () => {
    const { codex, calls } = createCodexLab({}, { store: shared.connect(), now }, ({ body }) =>
      server.answer(JSON.parse(body).refresh_token),
    )
    const auth = await codex.resolve({ provider: 'openai' })
    const { headers } = await requestOf(auth)
    return { reason: auth.reason, headers, calls: calls.length }
  }
  const opened = await Promise.all(Array.from({ length: 4 }, open))
  expect(server.refreshed).toEqual(['refresh-1'])
  expect(opened.reduce((sum, { calls }) => sum + calls, 0)).toBe(1)
  for (const { reason, headers } of opened) {
    expect(reason).toContain('ChatGPT login from the store')
    expect(headers['chatgpt-account-id']).toBe('acct-1')
  }
})

test('an empty store is an error: nobody is logged in', async () => {
  const { codex } = createCodexLab({}, { store: database().connect(), now })
  await expect(codex.resolve({ provider: 'openai' })).rejects.toMatchObject({ code: 'ERR_AUTH_CODEX_LOGIN' })
})
