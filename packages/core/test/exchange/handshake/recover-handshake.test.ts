import { expect, it } from 'vitest'
import {
  AuthError,
  type AuthProvider,
  bindAuth,
  createHeaderMap,
  handshakeAuth,
  recoverHandshake,
} from '../../../src/index.js'
import type { AuthResponse } from '../../../src/provider.js'
import { keyAuth, tokenAuth } from '../../checks/sample-providers.js'

const url = 'wss://a.example/live'
const options = { allowedOrigins: ['https://a.example'] }

/** Gives token 1, then 2, and so on. */
function renewing() {
  let calls = 0
  const auth = tokenAuth(async () => `token-${++calls}`)
  return { auth, calls: () => calls }
}

it('recoverHandshake() lets the provider renew what was refused, once for any number of refusals', async () => {
  const { auth, calls } = renewing()
  const opened = await handshakeAuth(auth, { url }, options)
  expect(opened.headers).toEqual({ authorization: 'Token token-1' })
  const refusals = [recoverHandshake(auth, opened, 401), recoverHandshake(auth, opened, 401)]
  expect(await Promise.all(refusals)).toEqual([true, true])
  expect(await recoverHandshake(auth, opened, 401)).toBe(true)
  expect(calls()).toBe(2)
  expect((await handshakeAuth(auth, { url }, options)).headers).toEqual({ authorization: 'Token token-2' })
})

it('recoverHandshake() takes a binding, and shows the provider the request as it was signed', async () => {
  const seen: unknown[] = []
  const provider = {
    ...keyAuth('k'),
    recoverStatuses: [403],
    recover: async ({
      request,
      status,
    }: {
      request: { url: string; headers: Iterable<unknown> }
      status: number
    }) => {
      seen.push(request.url, [...request.headers], status)
      return true
    },
  }
  const auth = bindAuth(provider, { baseUrl: 'https://a.example' })
  expect(await recoverHandshake(auth, await handshakeAuth(auth, { url }), 403)).toBe(true)
  expect(seen).toEqual(['https://a.example/live', [['x-key', 'k']], 403])
})

it('recoverHandshake() is false where nothing can be renewed', async () => {
  const { auth, calls } = renewing()
  const opened = await handshakeAuth(auth, { url }, options)
  expect(await recoverHandshake(auth, opened, 403)).toBe(false)
  expect(await recoverHandshake(keyAuth('k'), opened, 401)).toBe(false)
  expect(calls()).toBe(1)
})

it('recoverHandshake() rejects with the error of the provider, or the reason of an abort', async () => {
  const error = AuthError.transient('Later', { code: 'ERR_AUTH_SOURCE' })
  let isDown = false
  const auth = tokenAuth(async () => {
    if (isDown) throw error
    return 'token'
  })
  const opened = await handshakeAuth(auth, { url }, options)
  isDown = true
  await expect(recoverHandshake(auth, opened, 401)).rejects.toBe(error)
  await expect(recoverHandshake(auth, opened, 401, { signal: AbortSignal.abort('enough') })).rejects.toBe(
    'enough',
  )
  const broken = { ...keyAuth('k'), recover: () => Promise.reject(new Error('planted-secret')) }
  await expect(recoverHandshake(broken, opened, 401)).rejects.toMatchObject({ code: 'ERR_AUTH_PROVIDER' })
  await expect(recoverHandshake({} as never, opened, 401)).rejects.toThrow(TypeError)
})

const sent = { url, headers: { 'x-key': 'k' } }
const takes = 'recoverHandshake takes a status or { status, headers, body }, got'
const opened = 'recoverHandshake takes what handshakeAuth returned, got'

it.each<[string, unknown, unknown, string]>([
  ['nothing opened', undefined, 401, `${opened} undefined without url`],
  ['null as opened', null, 401, `${opened} null without url`],
  ['a URL as opened', url, 401, `${opened} a string without url`],
  ['headers as opened', sent.headers, 401, `${opened} an object without url`],
  ['no rejection', sent, undefined, `${takes} undefined without status`],
  ['null as rejection', sent, null, `${takes} null without status`],
  ['a text as rejection', sent, '401', `${takes} a string without status`],
  [
    'a function as rejection',
    sent,
    Object.assign(() => {}, { status: 401 }),
    `${takes} a function without status`,
  ],
  ['statusCode', sent, { statusCode: 401 }, `${takes} an object without status`],
  ['a text as status', sent, { status: '401' }, 'recoverHandshake: status must be a number, got a string'],
  ['null as status', sent, { status: null }, 'recoverHandshake: status must be a number, got null'],
  [
    'headers without values',
    { url, headers: 'x-key: k' },
    401,
    "recoverHandshake: headers must be an object such as { 'x-account': '…' }, or a list of [name, value] pairs; got a string",
  ],
])('recoverHandshake() says what is wrong with %s', async (_what, given, rejection, message) => {
  const recovering = recoverHandshake(keyAuth('k'), given as never, rejection as never)
  await expect(recovering).rejects.toThrow(new TypeError(message))
})

it.each([{}, undefined, null, 'text'])('recoverHandshake() takes no provider that is %j', async (auth) => {
  await expect(recoverHandshake(auth as never, sent, 401)).rejects.toThrow(
    /^recoverHandshake: expected a provider, such as bearerAuth\(…\), got /,
  )
})

it('recoverHandshake() shows the provider the whole rejection and the options, and reads the body once', async () => {
  const claims = '{"access_token":{"nbf":{"value":"1"}}}'
  const challenge = `Bearer error="insufficient_claims", claims="${btoa(claims)}"`
  const seen: unknown[] = []
  const auth: AuthProvider = {
    ...keyAuth('k'),
    async recover({ request, headers, readBody, ...others }, given) {
      seen.push([{ ...request, headers: [...request.headers] }, [...headers], others, given])
      seen.push(await readBody(), await readBody())
      return true
    },
  }
  let reads = 0
  const body = () => `body ${++reads}`
  const { signal } = new AbortController()
  const rejection = { status: 401, headers: { 'WWW-Authenticate': challenge }, body }
  expect(await recoverHandshake(auth, sent, rejection, { signal, minValidityMs: 7 })).toBe(true)
  expect(seen).toEqual([
    [
      { method: 'GET', url: 'https://a.example/live', headers: [['x-key', 'k']] },
      [['www-authenticate', challenge]],
      { status: 401, attempt: 0, claims },
      { signal, minValidityMs: 7 },
    ],
    'body 1',
    'body 1',
  ])
})

it.each(['yes', 1, {}, undefined])('recoverHandshake() is false when recover() gives %j', async (value) => {
  const auth = { ...keyAuth('k'), recover: async () => value as boolean }
  expect(await recoverHandshake(auth, sent, 401)).toBe(false)
})

it('recoverHandshake() shows nothing to the provider where the response has no status', async () => {
  const seen: unknown[] = []
  const auth: AuthProvider = {
    ...keyAuth('k'),
    noteResponse: (response) => void seen.push(response),
    recover: async (rejection) => seen.push(rejection) > 0,
  }
  expect(await recoverHandshake(auth, sent, { status: undefined })).toBe(false)
  expect(seen).toEqual([])
})

it('recoverHandshake() ends its wait when the caller aborts, and leaves out the text of a foreign error', async () => {
  const waiting: AuthProvider = { ...keyAuth('k'), recover: () => new Promise(() => {}) }
  const controller = new AbortController()
  const outcome = recoverHandshake(waiting, sent, 401, { signal: controller.signal })
  controller.abort('enough')
  await expect(outcome).rejects.toBe('enough')
  const broken: AuthProvider = {
    ...keyAuth('k'),
    recover() {
      throw new RangeError('planted-secret')
    },
  }
  await expect(recoverHandshake(broken, sent, 401)).rejects.toMatchObject({
    code: 'ERR_AUTH_PROVIDER',
    message: 'The key provider threw RangeError, not an AuthError',
  })
})

it('recoverHandshake() joins headers that came twice, and leaves out a header without a value', async () => {
  const seen: (readonly [string, string][])[] = []
  const auth = {
    ...keyAuth('k'),
    noteResponse: ({ headers }: AuthResponse) => void seen.push([...headers]),
  }
  const pairs = [
    ['X-A', '1'],
    ['x-b', '2'],
    ['x-a', '3'],
  ] as const
  const lists = { 'x-a': ['1', '3'], 'x-b': '2', 'x-c': undefined }
  for (const headers of [pairs, createHeaderMap({ 'x-a': '1, 3', 'x-b': '2' }), lists])
    expect(await recoverHandshake(auth, sent, { status: 200, headers })).toBe(false)
  expect(seen).toEqual(
    Array.from(seen, () => [
      ['x-a', '1, 3'],
      ['x-b', '2'],
    ]),
  )
})
