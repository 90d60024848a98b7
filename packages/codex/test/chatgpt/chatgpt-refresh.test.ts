import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  AuthError,
  type AuthEvent,
  type AuthProvider,
  applyAuth,
  createHeaderMap,
  createMemoryStore,
  type DocumentStore,
} from '@outbound-auth/core'
import { describe, expect, it } from 'vitest'
import { loopback } from '../../../../test/support/loopback.js'
import { type AuthDocument, chatgptAuth, parseAuthDocument } from '../../src/index.js'
import { accessToken, chatgptDocument, idClaims, jwt } from '../config/codex-home.js'

type Answer = (response: ServerResponse, next: string) => void

const good = (next: string, change: object = {}) => ({
  access_token: accessToken(new Date(), 3600, 'new'),
  id_token: jwt(idClaims()),
  refresh_token: next,
  ...change,
})
const changed = (change: object, status = 200): Answer => {
  return (response, next) => void response.writeHead(status).end(JSON.stringify(good(next, change)))
}
const raw = (body: (text: string) => string | Buffer, status = 200): Answer => {
  return (response, next) => void response.writeHead(status).end(body(JSON.stringify(good(next))))
}

/** A ChatGPT login at a server that takes each refresh token once, and answers oddly the first time. */
async function createLogin(odd: Answer) {
  let current = 'refresh-1'
  const shown: string[] = []
  const refused: string[] = []
  const { origin } = await loopback(({ body }, response) => {
    const { refresh_token: refreshToken } = JSON.parse(String(body))
    shown.push(refreshToken)
    if (refreshToken !== current) {
      refused.push(refreshToken)
      response.writeHead(401).end('{"error":{"code":"refresh_token_reused"}}')
      return
    }
    current = `refresh-${shown.length + 1}`
    if (shown.length === 1) odd(response, current)
    else
      response.end(JSON.stringify(good(current, { access_token: accessToken(new Date(), 3600, 'restart') })))
  })
  const tokenEndpoint = `${origin}/oauth/token`
  const store = createMemoryStore<AuthDocument>(chatgptDocument(new Date(), { secondsLeft: -5 }))
  // Its file is read as that of a home is.
  const start = () =>
    chatgptAuth({
      store: { ...store, read: async () => parseAuthDocument(await store.read()) },
      tokenServer: { tokenEndpoint },
    })
  return { start, store, shown, refused, tokenEndpoint }
}

async function outcomeOf(provider: AuthProvider): Promise<string> {
  const request = { method: 'GET', url: 'https://a.example/', headers: createHeaderMap() }
  try {
    const { headers } = await applyAuth(provider, request)
    expect(headers.get('chatgpt-account-id')).toBe('acct-1')
    return JSON.parse(atob(headers.get('authorization')?.split('.')[1] ?? '')).jti
  } catch (error) {
    if (!AuthError.is(error)) throw error
    expect(`${error.stack}${JSON.stringify([error, error.cause])}`).not.toMatch(/refresh-\d|eyJ/)
    return `${error.kind} ${error.code.replace('ERR_AUTH_CODEX_REFRESH_', '')}`
  }
}

describe('a ChatGPT login outlives a token response with', () => {
  it.each<[string, Answer, string]>([
    ['nothing wrong', changed({}), 'new'],
    ['no id_token', changed({ id_token: undefined }), 'new'],
    ['id_token null', changed({ id_token: null }), 'new'],
    ['an empty id_token', changed({ id_token: '' }), 'new'],
    ['an id_token that is not a JWT', changed({ id_token: 'opaque' }), 'new'],
    ['an id_token of two parts', changed({ id_token: 'a.b' }), 'new'],
    ['an id_token of which nothing can be read', changed({ id_token: 'a.!!!.c' }), 'new'],
    ['a number as id_token', changed({ id_token: 7 }), 'new'],
    ['an object as id_token', changed({ id_token: {} }), 'new'],
    ['an id_token without claims', changed({ id_token: jwt({}) }), 'new'],
    ['an id_token whose claims are a string', changed({ id_token: `a.${btoa('"x"')}.c` }), 'new'],
    ['error: null', changed({ error: null }), 'new'],
    ['an error beside tokens', changed({ error: 'server_error' }), 'new'],
    ['any token_type', changed({ token_type: 'DPoP', expires_in: 'never', scope: [] }), 'new'],
    ['an access_token with a line break', changed({ access_token: 'planted\n' }), 'build RESPONSE'],
    ['an access_token with a blank', changed({ access_token: 'planted token' }), 'build RESPONSE'],
    ['a number as access_token', changed({ access_token: 7 }), 'build RESPONSE'],
    ['an object as access_token', changed({ access_token: {} }), 'build RESPONSE'],
    ['no access_token', changed({ access_token: undefined }), 'build REFUSED'],
    ['an empty access_token', changed({ access_token: '' }), 'build REFUSED'],
    ['status 201', changed({}, 201), 'new'],
    ['status 302', changed({}, 302), 'transient UNAVAILABLE'],
    ['status 400', changed({}, 400), 'transient UNAVAILABLE'],
    ['status 401', changed({}, 401), 'build REFUSED'],
    ['status 403', changed({}, 403), 'transient UNAVAILABLE'],
    ['status 500', changed({}, 500), 'transient UNAVAILABLE'],
    ['a byte order mark', raw((text) => `\ufeff${text}`), 'new'],
    ['UTF-16', raw((text) => Buffer.from(`\ufeff${text}`, 'utf16le')), 'transient UNAVAILABLE'],
    ['more than 1 MiB', raw((text) => text.padEnd(1024 * 1024 + 1)), 'transient UNAVAILABLE'],
    ['an end that is missing', raw((text) => text.slice(0, -1)), 'transient UNAVAILABLE'],
    [
      'a connection that breaks',
      (response, next) => {
        response.writeHead(200, { 'content-length': 9999 }).write(JSON.stringify(good(next)))
        setTimeout(() => response.socket?.destroy(), 20)
      },
      'transient UNAVAILABLE',
    ],
  ])('%s', async (_, odd, expected) => {
    const login = await createLogin(odd)
    expect(await outcomeOf(login.start())).toBe(expected)
    expect(login.shown).toEqual(['refresh-1'])
    const kept = await login.store.read()
    expect(kept?.tokens).toMatchObject({ refresh_token: 'refresh-2', account_id: 'acct-1' })
    // Another process, after the token has ended.
    await login.store.update((document) => {
      const tokens = document?.tokens
      return tokens
        ? { ...document, tokens: { ...tokens, access_token: accessToken(new Date(), -5) } }
        : undefined
    })
    expect(await outcomeOf(login.start())).toBe('restart')
    expect(login.refused).toEqual([])
  })

  it.each([null, '', undefined, 7, {}])('%j as refresh_token: the old one stays', async (refreshToken) => {
    const login = await createLogin(changed({ refresh_token: refreshToken }))
    expect(await outcomeOf(login.start())).toBe('new')
    expect((await login.store.read())?.tokens?.refresh_token).toBe('refresh-1')
  })
})

describe('chatgptAuth(), after the server said', () => {
  it.concurrent.each<[string, object | string, number, boolean]>([
    ['refresh_token_expired', { error: { code: 'refresh_token_expired' } }, 401, true],
    ['refresh_token_reused, with status 200,', { code: 'refresh_token_reused', error: 'x' }, 200, true],
    ['refresh_token_invalidated', { code: 'refresh_token_invalidated' }, 403, true],
    ['invalid_grant', { error: 'invalid_grant' }, 400, true],
    ['invalid_client', { error: 'invalid_client' }, 401, false],
    ['401 in a page', '<html>', 401, false],
  ])('%s asks no more, or after 5 s', async (_, body, status, isRemembered) => {
    let nowMs = Date.now()
    let asked = 0
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    const fetch = async () => {
      asked += 1
      return new Response(text, { status })
    }
    const store = createMemoryStore<AuthDocument>(chatgptDocument(new Date(), { secondsLeft: -5 }))
    const provider = chatgptAuth({ store, tokenServer: { fetch }, now: () => new Date(nowMs) })
    expect(await outcomeOf(provider)).toBe('build REFUSED')
    nowMs += 4000
    expect(await outcomeOf(provider)).toBe('build REFUSED')
    expect(asked).toBe(1)
    nowMs += 1000
    expect(await outcomeOf(provider)).toBe('build REFUSED')
    expect(asked).toBe(isRemembered ? 1 : 2)
    await store.update(() =>
      chatgptDocument(new Date(), { secondsLeft: 7200, refreshToken: 'of a new login' }),
    )
    nowMs += 2000
    expect(await outcomeOf(provider)).toBe('a')
  })
})

it('chatgptAuth() sends a new token that cannot be stored, warns as itself, and stores it later', async () => {
  const login = await createLogin(changed({}))
  const events: AuthEvent[] = []
  let isFull = true
  const store: DocumentStore<AuthDocument> = {
    read: login.store.read,
    async update(change) {
      return login.store.update(async (current) => {
        const next = await change(current)
        if (isFull && next) throw AuthError.transient('ENOSPC', { code: 'ERR_AUTH_STORE_IO' })
        return next
      })
    },
  }
  const provider = chatgptAuth({
    store,
    tokenServer: { tokenEndpoint: login.tokenEndpoint },
    observer: (event) => events.push(event),
  })
  for (let call = 0; call < 10; call++) expect(await outcomeOf(provider)).toBe('new')
  const warned = { type: 'warned', kind: 'chatgpt', code: 'ERR_AUTH_STORE_IO' }
  expect(events.filter(({ type }) => type === 'warned')).toMatchObject([warned])
  isFull = false
  const stored = async () => (await login.store.read())?.tokens?.refresh_token
  await expect.poll(stored, { timeout: 10_000 }).toBe('refresh-2')
  expect(login.shown).toEqual(['refresh-1'])
})

it('chatgptAuth() says how the connection to a dead server failed', async () => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const tokenEndpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/oauth/token`
  await new Promise((resolve) => server.close(resolve))
  const store = createMemoryStore<AuthDocument>(chatgptDocument(new Date(), { secondsLeft: -5 }))
  const request = { method: 'GET', url: 'https://a.example/', headers: createHeaderMap() }
  const error = await applyAuth(chatgptAuth({ store, tokenServer: { tokenEndpoint } }), request).catch(
    (thrown) => thrown,
  )
  expect(error).toMatchObject({ code: 'ERR_AUTH_CODEX_REFRESH_UNAVAILABLE', cause: { code: 'ECONNREFUSED' } })
})
