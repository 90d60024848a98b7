import { Console } from 'node:console'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { Writable } from 'node:stream'
import { inspect } from 'node:util'
import {
  AuthError,
  type AuthEvent,
  type AuthRequest,
  applyAuth,
  asTokenSupplier,
  createHeaderMap,
  toAuthHeaders,
} from '@outbound-auth/core'
import { checkAuthProvider } from '@outbound-auth/core/testing'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { type BearerAuth, type BearerAuthOptions, bearerAuth, type TokenSource } from '../src/index.js'

const secret = 'planted-s3cret/1'
const renewed = 'planted-s3cret/2'
const accountId = 'planted-account-1'
const hour = 3_600_000

function requestWith(headers: Record<string, string> = {}): AuthRequest {
  return { method: 'GET', url: 'https://api.example.com/v1', headers: createHeaderMap(headers) }
}

const refusal = (request: AuthRequest, attempt = 0) => ({
  request,
  status: 401,
  headers: createHeaderMap(),
  readBody: async () => '',
  attempt,
})

describe('bearerAuth() with a literal keeps the contract:', () => {
  const checks = checkAuthProvider({
    create: () => bearerAuth({ token: secret, headers: { 'ChatGPT-Account-ID': accountId } }),
    secrets: [secret, accountId],
    createWithCredential: (token) => bearerAuth({ token }),
  })
  for (const { name, run } of checks) it.concurrent(name, run)
})

describe('bearerAuth() with a source keeps the contract:', () => {
  const checks = checkAuthProvider({
    create: ({ observer }) => bearerAuth({ token: async () => secret, refreshIntervalMs: 0, observer }),
    secrets: [secret, renewed],
    createWithCredential: (token) => bearerAuth({ token: () => token }),
    createFromSource: (token, { observer }) => bearerAuth({ token, refreshIntervalMs: 0, observer }),
  })
  for (const { name, run } of checks) it.concurrent(name, run)
})

describe('bearerAuth()', () => {
  it('replaces a caller’s authorization header and sets its static headers', async () => {
    const auth = bearerAuth({
      token: secret,
      headers: { 'ChatGPT-Account-ID': accountId, 'x-openai-fedramp': 'true' },
    })
    const { headers } = await applyAuth(auth, requestWith({ Authorization: 'Bearer dummy', accept: '*/*' }))
    expect([...headers].sort()).toEqual([
      ['accept', '*/*'],
      ['authorization', `Bearer ${secret}`],
      ['chatgpt-account-id', accountId],
      ['x-openai-fedramp', 'true'],
    ])
    expect(auth.headerNames).toEqual(['authorization', 'chatgpt-account-id', 'x-openai-fedramp'])
    expect(toAuthHeaders(auth)['authorization']).toBe(`Bearer ${secret}`)
  })

  it('with a literal is header-only', () => {
    expect(Object.keys(bearerAuth({ token: secret })).sort()).toEqual([
      'addAuthHeaders',
      'headerNames',
      'kind',
    ])
  })

  it('adds the static headers only together with a token', async () => {
    const auth = bearerAuth({
      token: () => secret,
      headers: { 'x-account': accountId },
      refreshIntervalMs: 0,
    })
    const cold = createHeaderMap()
    auth.addAuthHeaders(cold)
    expect([...cold]).toEqual([])
    await applyAuth(auth, requestWith())
    auth.addAuthHeaders(cold)
    expect(Object.fromEntries(cold)).toEqual({ authorization: `Bearer ${secret}`, 'x-account': accountId })
  })

  it('hands the claims of a rejection to its source, and stops waiting when the caller does', async () => {
    const asked: (string | undefined)[] = []
    const auth = bearerAuth({
      token: ({ claims }) => {
        asked.push(claims)
        return claims === 'hang' ? new Promise<string>(() => {}) : `token-${asked.length}`
      },
    })
    const sent = await applyAuth(auth, requestWith())
    expect(await auth.recover?.({ ...refusal(sent), claims: '{"access_token":{}}' })).toBe(true)
    expect(asked).toEqual([undefined, '{"access_token":{}}'])
    const again = await applyAuth(auth, requestWith())
    const abort = new AbortController()
    const waiting = auth.recover?.({ ...refusal(again), claims: 'hang' }, { signal: abort.signal })
    abort.abort('enough')
    await expect(waiting).rejects.toBe('enough')
  })

  it('recovers from a refusal by the token that the request was sent with', async () => {
    let calls = 0
    const auth = bearerAuth({ token: () => `token-${++calls}`, refreshIntervalMs: 0 })
    const sent = await applyAuth(auth, requestWith())
    expect(await auth.recover?.(refusal(sent))).toBe(true)
    expect(await auth.recover?.(refusal(sent))).toBe(true)
    expect(await auth.recover?.(refusal(requestWith()))).toBe(false)
    expect(calls).toBe(2)
    const again = await applyAuth(auth, sent)
    expect(again.headers.get('authorization')).toBe('Bearer token-2')
    expect(await auth.recover?.(refusal(again, 1))).toBe(false)
    expect(calls).toBe(2)
  })

  it('passes refreshIntervalMs, timeoutMs, now and observer on', async () => {
    const events: AuthEvent[] = []
    let nowMs = 0
    const auth = bearerAuth({
      token: ({ forceRefresh }) => (nowMs === 0 ? `t-${forceRefresh}` : new Promise(() => {})),
      refreshIntervalMs: hour,
      timeoutMs: 20,
      now: () => new Date(nowMs),
      observer: (event) => events.push(event),
    })
    expect((await applyAuth(auth, requestWith())).headers.get('authorization')).toBe('Bearer t-false')
    nowMs = hour - 1
    expect(toAuthHeaders(auth)).toEqual({ authorization: 'Bearer t-false' })
    nowMs = hour
    await expect(applyAuth(auth, requestWith())).rejects.toMatchObject({
      code: 'ERR_AUTH_TIMEOUT',
      provider: 'bearer',
    })
    expect(events.map(({ type }) => type)).toEqual([
      'refresh-started',
      'refresh-ended',
      'refresh-started',
      'refresh-ended',
    ])
  })

  it('keeps the text of an AuthError of its source, and drops that of any other error', async () => {
    const sourceError = AuthError.build('Run `vault login` first', { code: 'ERR_AUTH_VAULT' })
    const told = bearerAuth({ token: () => Promise.reject(sourceError) })
    await expect(applyAuth(told, requestWith())).rejects.toBe(sourceError)
    const foreign = bearerAuth({
      token() {
        throw new Error(`POST failed: ${secret}`)
      },
    })
    const error = await applyAuth(foreign, requestWith()).catch((thrown) => thrown)
    expect(error).toMatchObject({
      kind: 'transient',
      code: 'ERR_AUTH_SOURCE',
      message: 'The bearer credential source failed: it threw Error',
    })
    expect(error.cause).toEqual({
      name: 'Error',
      stack: [expect.stringContaining('bearer-auth.test.ts'), ...error.cause.stack.slice(1)],
    })
  })

  it("shows what a source threw, and the user's own line, to whoever prints the error", async () => {
    const printed = async (token: TokenSource) => {
      const error = await applyAuth(bearerAuth({ token }), requestWith()).catch((thrown) => thrown)
      const texts: string[] = []
      const out = new Writable({ write: (chunk, _, done) => done(void texts.push(String(chunk))) })
      new Console(out).log(error)
      return { message: error.message, texts: [...texts, inspect(error)] }
    }
    const absent = await printed(async () => {
      const answer = JSON.parse(`{"planted":"${secret}"}`)
      return answer.data.token
    })
    expect(absent.message).toBe('The bearer credential source failed: it threw TypeError')
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    server.close()
    await once(server, 'close')
    const url = `http://127.0.0.1:${port}/?token=${secret}`
    const dead = await printed(async () => {
      const response = await fetch(url)
      return response.text()
    })
    expect(dead.message).toBe(
      'The bearer credential source failed: it threw TypeError, caused by Error ECONNREFUSED (connect)',
    )
    const ownLine = /bearer-auth\.test\.ts:\d+:\d+/
    // The error of fetch has no frames on Node 24, so there is no line to show.
    const { stack } = await fetch(url).catch((thrown) => thrown)
    for (const text of [...absent.texts, ...dead.texts]) {
      expect(text).toMatch(/TypeError/)
      expect(text).not.toContain(secret)
    }
    for (const text of absent.texts) expect(text).toMatch(ownLine)
    for (const text of dead.texts) {
      expect(text).toContain('ECONNREFUSED')
      if (ownLine.test(stack)) expect(text).toMatch(ownLine)
    }
  })

  it.each<[unknown, RegExp]>([
    [{ token: secret, refreshInterval: 5 }, /^bearerAuth: unknown option "refreshInterval"/],
    [{ token: secret, Headers: {} }, /^bearerAuth: unknown option "Headers"/],
    [undefined, /^bearerAuth: options must be an object/],
    [{ token: secret, headers: { Authorization: 'x' } }, /^bearerAuth: headers must not hold authorization/],
    [{ token: secret, headers: { 'a b': 'x' } }, /^Not a header name: "a b"/],
    [{ token: () => secret, timeoutMs: 0 }, /timeoutMs/],
    [{ token: () => secret, refreshIntervalMs: -1 }, /refreshIntervalMs/],
  ])('rejects %o as a TypeError', (options, message) => {
    expect(() => bearerAuth(options as BearerAuthOptions)).toThrow(TypeError)
    expect(() => bearerAuth(options as BearerAuthOptions)).toThrow(message)
  })

  it.each<[unknown, string]>([
    [{ token: '' }, 'ERR_AUTH_CREDENTIAL'],
    [{ token: '  ' }, 'ERR_AUTH_CREDENTIAL'],
    [{ token: { token: 'x' } }, 'ERR_AUTH_CREDENTIAL'],
    [{ token: `${secret} ` }, 'ERR_AUTH_CREDENTIAL'],
    [{ token: `${secret}\n` }, 'ERR_AUTH_HEADER_VALUE'],
    [{ token: 'x', headers: { 'x-account': `${accountId}\r\n` } }, 'ERR_AUTH_HEADER_VALUE'],
  ])('rejects the credential of %o at once, without showing it', (options, code) => {
    let error: unknown
    try {
      bearerAuth(options as BearerAuthOptions)
    } catch (thrown) {
      error = thrown
    }
    expect(error).toMatchObject({ kind: 'build', code })
    expect(String(error)).not.toContain('planted')
  })

  it('takes no option from a polluted prototype', () => {
    const prototype = Object.prototype as { headers?: unknown }
    prototype.headers = { 'x-evil': '1' }
    try {
      expect(bearerAuth({ token: secret }).headerNames).toEqual(['authorization'])
    } finally {
      delete prototype.headers
    }
  })

  it('has types that say what it takes and makes', () => {
    expectTypeOf(bearerAuth).parameter(0).toEqualTypeOf<BearerAuthOptions>()
    expectTypeOf(bearerAuth).returns.toEqualTypeOf<BearerAuth>()
    expectTypeOf<BearerAuth['kind']>().toEqualTypeOf<'bearer'>()
    expectTypeOf<() => string>().toExtend<TokenSource>()
    expectTypeOf<() => Promise<{ token: string; expiresAt: Date }>>().toExtend<TokenSource>()
    expectTypeOf<() => { token: string; expiresAt: number }>().not.toExtend<TokenSource>()
    // @ts-expect-error a token is required
    expect(() => bearerAuth({})).toThrow()
    // @ts-expect-error it cannot be missing
    expect(() => bearerAuth({ token: process.env['NO_SUCH_VARIABLE'] })).toThrow()
    // @ts-expect-error no such option
    expect(() => bearerAuth({ token: secret, expiresIn: 1 })).toThrow()
  })
})

describe('asTokenSupplier(bearerAuth())', () => {
  it('costs one call of the source for 50 concurrent and 20 sequential requests', async () => {
    let calls = 0
    const auth = bearerAuth({
      async token() {
        calls += 1
        return { token: `token-${calls}`, expiresAt: new Date(Date.now() + hour) }
      },
    })
    const supply = asTokenSupplier(auth)
    const tokens = await Promise.all(Array.from({ length: 50 }, supply))
    for (let n = 0; n < 20; n++) tokens.push(await supply())
    expect(new Set(tokens)).toEqual(new Set(['token-1']))
    expect(calls).toBe(1)
  })
})

it.each([
  ['Bearer abc', 'The bearer credential begins with `Bearer `'],
  ['abc def', 'The bearer credential has whitespace inside'],
  ['abc\tdef', 'The bearer credential has whitespace inside'],
  ['abcdéf', 'The bearer credential has a letter outside of ASCII: copy it again'],
])('bearerAuth() rejects the token %j, literal or not', async (token, message) => {
  const refused = { kind: 'build', code: 'ERR_AUTH_CREDENTIAL', message }
  expect(() => bearerAuth({ token })).toThrow(expect.objectContaining(refused))
  const request = { method: 'GET', url: 'https://api.example.com/', headers: createHeaderMap() }
  await expect(applyAuth(bearerAuth({ token: () => token }), request)).rejects.toMatchObject(refused)
})

it.each([
  [
    { token: 'a', refreshIntervalMs: '60s' },
    'bearerAuth: refreshIntervalMs must be a number from 0 to Infinity, got a string',
  ],
  [{ token: 'a', timeoutMs: -1 }, 'bearerAuth: timeoutMs must be a number from 1 to 2147483647, got -1'],
  [{}, 'bearerAuth: token is missing'],
  [
    { token: 'a', headers: { 'x-a': '1', Authorization: 'b' } },
    'bearerAuth: headers must not hold authorization, which holds the token. Remove it',
  ],
  [
    { token: 'a', life: 1 },
    'bearerAuth: unknown option "life"; it has token, headers, refreshIntervalMs, timeoutMs, allowAnyText, now, waitUntil, observer',
  ],
])('bearerAuth() rejects the options %j', (options, message) => {
  expect(() => bearerAuth(options as never)).toThrow(new TypeError(message))
})
