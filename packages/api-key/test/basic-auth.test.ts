import { inspect } from 'node:util'
import { AuthError, type AuthRequest, applyAuth, createHeaderMap, toAuthHeaders } from '@outbound-auth/core'
import { checkAuthProvider } from '@outbound-auth/core/testing'
import { describe, expect, it } from 'vitest'
import { basicAuth, type TokenSource } from '../src/index.js'

const secret = 'planted-s3cret-1'
const renewed = 'planted-s3cret-2'
const user = 'ci'

const sent = (provider: ReturnType<typeof basicAuth>): Promise<AuthRequest> =>
  applyAuth(provider, { method: 'GET', url: 'https://api.example.com/', headers: createHeaderMap() })

const decoded = async (provider: ReturnType<typeof basicAuth>): Promise<string> => {
  const [, pair = ''] = /^Basic (\S+)$/.exec((await sent(provider)).headers.get('authorization') ?? '') ?? []
  return Buffer.from(pair, 'base64').toString('utf8')
}

const pairOf = (password: string) => Buffer.from(`${user}:${password}`).toString('base64')

describe('basicAuth() with a literal keeps the contract:', () => {
  const checks = checkAuthProvider({
    create: () => basicAuth({ user, password: secret }),
    secrets: [secret, pairOf(secret)],
  })
  for (const { name, run } of checks) it.concurrent(name, run)
})

describe('basicAuth() with a source keeps the contract:', () => {
  const checks = checkAuthProvider({
    create: () => basicAuth({ user, password: async () => secret, refreshIntervalMs: 0 }),
    secrets: [secret, pairOf(secret)],
  })
  for (const { name, run } of checks) it.concurrent(name, run)
})

it('basicAuth() sends the example of RFC 7617', () => {
  expect(toAuthHeaders(basicAuth({ user: 'Aladdin', password: 'open sesame' }))).toEqual({
    authorization: 'Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==',
  })
  expect(toAuthHeaders(basicAuth({ user: 'test', password: '123£' }))).toEqual({
    authorization: 'Basic dGVzdDoxMjPCow==',
  })
})

it.each([
  ['me', 'pässword'],
  ['me', '€'],
  ['', 'token'],
  ['key', ''],
  ['me', ' a:b:c '],
  ['jürgen@example.com', '😀'],
  ['me', 'undefined'],
])('basicAuth() sends the user %j and the password %j in UTF-8', async (name, password) => {
  expect(await decoded(basicAuth({ user: name, password }))).toBe(`${name}:${password}`)
  expect(await decoded(basicAuth({ user: name, password: () => password }))).toBe(`${name}:${password}`)
})

it.each([
  ['a colon in the user', { user: `${secret}:x`, password: 'p' }, 'user'],
  ['a line break in the user', { user: `${secret}\n`, password: 'p' }, 'user'],
  ['a line break in the password', { user: 'me', password: `${secret}\n` }, 'password'],
  ['a NUL', { user: 'me', password: `${secret}\0` }, 'password'],
  ['a DEL', { user: 'me', password: `${secret}\x7f` }, 'password'],
  ['half a surrogate pair', { user: 'me', password: `${secret}\ud83d` }, 'password'],
  ['nothing at all', { user: '', password: '' }, 'password'],
])('basicAuth() rejects %s', (_, options, option) => {
  let caught: unknown
  try {
    basicAuth(options)
  } catch (error) {
    caught = error
  }
  expect(caught).toMatchObject({ kind: 'build', code: 'ERR_AUTH_CREDENTIAL', provider: 'basic', option })
  expect((caught as Error).message).toMatch(/^basicAuth: the (user name|password) /)
  expect(inspect(caught)).not.toContain(secret)
})

it.each([
  [{ user: 1, password: secret }, 'basicAuth: user must be a string, got 1'],
  [{ user: 'me' }, 'basicAuth: password must be a string or a function that gets one, got undefined'],
  [
    { username: 'me', password: secret },
    /^basicAuth: unknown option "username"; it has user, .*; did you mean user\?$/,
  ],
])('basicAuth() rejects %j', (options, message) => {
  expect(() => basicAuth(options as never)).toThrow(TypeError)
  expect(() => basicAuth(options as never)).toThrow(message)
  expect(() => basicAuth(options as never)).not.toThrow(secret)
})

it('basicAuth() rejects a malformed password of a function', async () => {
  for (const password of [undefined, 4711, `${secret}\n`]) {
    const error = await sent(basicAuth({ user: 'me', password: () => password as string })).catch((e) => e)
    expect(AuthError.is(error) && error.code).toBe('ERR_AUTH_CREDENTIAL')
    expect(inspect(error)).not.toMatch(/planted|4711/)
  }
})

it('basicAuth() renews a rejected password once, and tells its function which one was rejected', async () => {
  const seen: (string | undefined)[] = []
  const password: TokenSource = async ({ rejected }) => {
    seen.push(rejected)
    return rejected === secret ? renewed : secret
  }
  const auth = basicAuth({ user, password, refreshIntervalMs: 0 })
  const request = await sent(auth)
  const rejection = { request, status: 401, headers: createHeaderMap(), readBody: async () => '', attempt: 0 }
  expect(await auth.recover?.(rejection)).toBe(true)
  expect(await decoded(auth)).toBe(`${user}:${renewed}`)
  expect(seen).toEqual([undefined, secret])
})

it('basicAuth() keeps a password for as long as its function says', async () => {
  let calls = 0
  const auth = basicAuth({ user, password: () => ({ token: `p${++calls}`, lifetimeMs: 3_600_000 }) })
  await sent(auth)
  expect(await decoded(auth)).toBe(`${user}:p1`)
})
