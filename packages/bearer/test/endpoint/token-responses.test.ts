import type { ServerResponse } from 'node:http'
import {
  AuthError,
  applyAuth,
  createHeaderMap,
  createMemoryStore,
  type SourceOptions,
  type TokenSource,
} from '@outbound-auth/core'
import { describe, expect, it } from 'vitest'
import { sendJson } from '../../../../test/support/loopback.js'
import { bearerAuth, oauthRefresh, rotatingToken, type StoredToken } from '../../src/index.js'
import { startTokenEndpoint } from '../token-endpoint.js'

const nowMs = Date.UTC(2026, 0, 1)
const hourMs = 3_600_000
const sourceOptions = (): SourceOptions => ({ signal: new AbortController().signal, forceRefresh: false })

/** A response with the server's next refresh token in it. */
type Answer = (response: ServerResponse, next: string) => void

const good = (next: string, change: object = {}) => ({
  access_token: 'planted-access',
  token_type: 'Bearer',
  expires_in: 3600,
  refresh_token: next,
  ...change,
})
const changed = (change: object, status = 200): Answer => {
  return (response, next) => sendJson(response, good(next, change), status)
}
const raw = (
  body: (text: string) => string | Buffer,
  status = 200,
  headers: Record<string, string> = {},
): Answer => {
  return (response, next) => void response.writeHead(status, headers).end(body(JSON.stringify(good(next))))
}

/** A login at a server that takes each refresh token once, and answers oddly the first time. */
async function createLogin(odd: Answer) {
  let current = 'planted-refresh-0'
  const refused: string[] = []
  const { url, requests } = await startTokenEndpoint((response, { form }) => {
    if (form['refresh_token'] !== current) {
      refused.push(String(form['refresh_token']))
      sendJson(response, { error: 'invalid_grant' }, 400)
      return
    }
    current = `planted-refresh-${requests.length}`
    if (requests.length === 1) odd(response, current)
    else sendJson(response, { ...good(current), access_token: 'access-of-restart' })
  })
  const clock = { nowMs }
  const now = () => new Date(clock.nowMs)
  const store = createMemoryStore<StoredToken>({ refreshToken: current })
  const start = (): TokenSource =>
    rotatingToken({
      store,
      now,
      refresh: oauthRefresh({ tokenEndpoint: url, clientId: 'app', now, timeoutMs: 4000 }),
    })
  return { start, store, requests, refused, clock, now, current: () => current }
}

async function outcomeOf(source: TokenSource): Promise<string> {
  try {
    const given = await source(sourceOptions())
    return typeof given === 'string' ? given : given.token
  } catch (error) {
    if (!AuthError.is(error)) throw error
    expect(`${error.stack}${JSON.stringify([error, error.cause])}`).not.toContain('planted')
    return `${error.kind} ${error.code}`
  }
}

const malformed = 'build ERR_AUTH_REFRESH_RESPONSE'
const refused = 'build ERR_AUTH_REFRESH_REFUSED'
const unavailable = 'transient ERR_AUTH_REFRESH_UNAVAILABLE'
const served = 'planted-access'

describe('a login outlives a token response with', () => {
  it.each<[string, Answer, string]>([
    ['nothing wrong', changed({}), served],
    ['no token_type', changed({ token_type: undefined }), served],
    ['token_type null', changed({ token_type: null }), served],
    ['an empty token_type', changed({ token_type: '' }), served],
    ['token_type BEARER', changed({ token_type: 'BEARER' }), served],
    ['token_type DPoP', changed({ token_type: 'DPoP' }), malformed],
    ['token_type mac', changed({ token_type: 'mac' }), malformed],
    ['token_type N_A', changed({ token_type: 'N_A' }), malformed],
    ['a number as token_type', changed({ token_type: 1 }), malformed],
    ['a list as token_type', changed({ token_type: ['Bearer'] }), malformed],
    ['error: null', changed({ error: null }), served],
    ['an empty error', changed({ error: '' }), served],
    ['error: false', changed({ error: false }), served],
    ['an error beside tokens', changed({ error: 'invalid_scope' }), refused],
    ['invalid_grant beside tokens', changed({ error: 'invalid_grant' }), refused],
    ['an error object beside tokens', changed({ error: { code: 'x' } }), refused],
    ['server_error beside tokens', changed({ error: 'server_error' }), unavailable],
    ['no access_token', changed({ access_token: undefined }), malformed],
    ['access_token null', changed({ access_token: null }), malformed],
    ['an empty access_token', changed({ access_token: '' }), malformed],
    ['a number as access_token', changed({ access_token: 7 }), malformed],
    ['a list as access_token', changed({ access_token: ['planted'] }), malformed],
    ['a blank in the access_token', changed({ access_token: 'planted token' }), malformed],
    ['a blank after the access_token', changed({ access_token: 'planted-access ' }), malformed],
    ['a line break after the access_token', changed({ access_token: 'planted-access\n' }), malformed],
    ['a tab in the access_token', changed({ access_token: 'planted\taccess' }), malformed],
    ['NUL in the access_token', changed({ access_token: 'planted\u0000' }), malformed],
    ['a header in the access_token', changed({ access_token: 'planted\r\nx: 1' }), malformed],
    ['letters outside of ASCII in the access_token', changed({ access_token: 'planted-ä' }), malformed],
    ['beyond latin1 in the access_token', changed({ access_token: 'planted-✓' }), malformed],
    ['a list as scope', changed({ scope: ['a', 'b'] }), served],
    ['an odd id_token', changed({ id_token: 7 }), served],
    ['status 201', changed({}, 201), served],
    ['status 202', changed({}, 202), served],
    ['status 206', changed({}, 206), served],
    ['status 300', changed({}, 300), 'build ERR_AUTH_REDIRECT'],
    ['status 302', changed({}, 302), 'build ERR_AUTH_REDIRECT'],
    ['status 400', changed({}, 400), refused],
    ['status 403', changed({}, 403), refused],
    ['status 429', changed({}, 429), unavailable],
    ['status 500', changed({}, 500), unavailable],
    ['status 503', changed({}, 503), unavailable],
    ['a byte order mark', raw((text) => `\ufeff${text}`), served],
    ['blanks around', raw((text) => `\r\n ${text}\n\n`), served],
    ['the content type of a page', raw((text) => text, 200, { 'content-type': 'text/html' }), served],
    ['the charset utf-8', raw((text) => text, 200, { 'content-type': 'a/b; charset=UTF-8' }), served],
    [
      'a charset of its own',
      raw((text) => Buffer.from(text.replace('{', '{"name":"ä",'), 'latin1'), 200, {
        'content-type': 'application/json; charset=iso-8859-1',
      }),
      served,
    ],
    [
      'bytes that are not UTF-8',
      raw((text) => Buffer.from(text.replace('{', '{"n":"ä",'), 'latin1')),
      malformed,
    ],
    ['UTF-16', raw((text) => Buffer.from(`\ufeff${text}`, 'utf16le')), malformed],
    ['more than 1 MiB', raw((text) => text.padEnd(1024 * 1024 + 1)), malformed],
    [
      'more than 1 MiB of something else',
      raw((text) => text.replace(/}$/, `,"a":"${'b'.repeat(2 ** 20)}`)),
      malformed,
    ],
    ['an end that is missing', raw((text) => text.slice(0, -1)), malformed],
    ['words after it', raw((text) => `${text} -- ok`), malformed],
    ['itself twice', raw((text) => text + text), malformed],
    [
      'a connection that breaks',
      (response, next) => {
        response.writeHead(200, { 'content-length': 9999 }).write(JSON.stringify(good(next)))
        setTimeout(() => response.socket?.destroy(), 20)
      },
      unavailable,
    ],
    [
      'no end within the time limit',
      (response, next) => void response.writeHead(200).write(JSON.stringify(good(next))),
      'transient ERR_AUTH_TIMEOUT',
    ],
  ])('%s', async (_, odd, expected) => {
    const login = await createLogin(odd)
    expect(await outcomeOf(login.start())).toBe(expected)
    expect(login.requests).toHaveLength(1)
    expect((await login.store.read())?.refreshToken).toBe('planted-refresh-1')
    // Another process, an hour later.
    login.clock.nowMs += 2 * hourMs
    expect(await outcomeOf(login.start())).toBe('access-of-restart')
    expect(login.refused).toEqual([])
  })

  it.each([null, '', undefined, 7, ['x'], {}, false])(
    '%j as refresh_token: the old one stays',
    async (refresh) => {
      const store = createMemoryStore<StoredToken>({ refreshToken: 'old' })
      const { url } = await startTokenEndpoint(changed({ refresh_token: refresh }) as never)
      const source = rotatingToken({ store, refresh: oauthRefresh({ tokenEndpoint: url, clientId: 'app' }) })
      expect(await outcomeOf(source)).toBe(served)
      expect(await store.read()).toMatchObject({ refreshToken: 'old', accessToken: served })
    },
  )
})

describe('oauthRefresh() takes opaque access tokens:', () => {
  const visible = String.fromCharCode(...Array.from({ length: 94 }, (_, index) => 33 + index))
  it.each(['00Dx!AR8A', 'Atza|IwEB', '12|abc', 'a:b', 'a%2Fb', '"quoted"', '{}', '$1', visible])(
    '%s',
    async (accessToken) => {
      const { start, now } = await createLogin(changed({ access_token: accessToken }))
      const auth = bearerAuth({ token: start(), now })
      const request = { method: 'GET', url: 'https://a.example/', headers: createHeaderMap() }
      const { headers } = await applyAuth(auth, request)
      expect(headers.get('authorization')).toBe(`Bearer ${accessToken}`)
    },
  )
})

describe('expires_in', () => {
  it.each<[unknown, number | undefined]>([
    [3600, 3600],
    ['3600', 3600],
    ['3600.0', 3600],
    [' 60 ', 60],
    [0.5, 0.5],
    ['0.5', 0.5],
    [1e12, 30 * 86_400],
    [0, undefined],
    ['0', undefined],
    ['', undefined],
    ['never', undefined],
    ['2026-01-01T01:00:00Z', undefined],
    ['1e3', undefined],
    ['0x40', undefined],
    [-1, undefined],
    ['-1', undefined],
    [true, undefined],
    [null, undefined],
    [[3600], undefined],
    [{}, undefined],
  ])('%j is %j seconds', async (expiresIn, seconds) => {
    const { start, clock, requests } = await createLogin(changed({ expires_in: expiresIn }))
    const source = start()
    const expiresAt = seconds === undefined ? undefined : new Date(nowMs + seconds * 1000)
    expect(await source(sourceOptions())).toEqual({ token: served, ...(expiresAt && { expiresAt }) })
    if (seconds !== undefined) return
    // It is kept until a server rejects it, but for an hour at most.
    clock.nowMs += hourMs - 1
    expect(await outcomeOf(source)).toBe(served)
    expect(requests).toHaveLength(1)
    clock.nowMs += 1
    expect(await outcomeOf(source)).toBe('access-of-restart')
  })

  it.each(['Infinity', '1e400', '-1e400', 'NaN'])(
    '%s, which JSON cannot mean, loses no login',
    async (number) => {
      const { start, store } = await createLogin(raw((text) => text.replace('3600', number)))
      expect([served, malformed]).toContain(await outcomeOf(start()))
      expect((await store.read())?.refreshToken).toBe('planted-refresh-1')
    },
  )
})
