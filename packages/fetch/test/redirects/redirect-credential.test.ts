import { inspect } from 'node:util'
import { apiKeyAuth } from '@outbound-auth/api-key'
import { bearerAuth } from '@outbound-auth/bearer'
import { type AuthProvider, bindAuth, createHeaderMap, noAuth } from '@outbound-auth/core'
import { describe, expect, test } from 'vitest'
import { answer, loopback } from '../../../../test/support/loopback.js'
import { authFetch } from '../../src/index.js'

const key = 'planted/key+1 ü'
const token = 'planted-token-1'

const encoded = (text: string, rounds = 1): string =>
  rounds === 0 ? text : encoded(encodeURIComponent(text), rounds - 1)

/** Sends to a home that redirects to another origin, and tells what came of it. */
async function redirected(
  provider: AuthProvider | ((origin: string) => ReturnType<typeof bindAuth>),
  rest: (url: string) => string,
  init: RequestInit = {},
) {
  const foreign = await loopback()
  const home = await loopback(({ path }, response) => {
    answer(response, 302, { location: foreign.origin + rest(home.origin + path) })
  })
  const fetch =
    typeof provider === 'function'
      ? authFetch(provider(home.origin))
      : authFetch(provider, { allowedOrigins: [home.origin] })
  const outcome = await fetch(`${home.origin}/v1?a=b`, init).catch((thrown) => thrown)
  return { outcome, home, foreign }
}

function expectRefusal({ outcome, foreign }: Awaited<ReturnType<typeof redirected>>): void {
  expect(outcome).toMatchObject({ code: 'ERR_AUTH_REDIRECT', kind: 'build' })
  expect(foreign.arrivals).toHaveLength(0)
  expect(inspect(outcome, { showHidden: true, depth: 9 })).not.toMatch(/planted|cGxhbnRlZ/)
}

describe('authFetch() with a query key', () => {
  const auth = apiKeyAuth({ key, query: 'key' })

  test.each<[string, (url: string) => string]>([
    ['the whole URL as a parameter', (url) => `/?continue=${encoded(url)}`],
    ['the whole URL as a parameter of a form', (url) => `/?${new URLSearchParams({ continue: url })}`],
    ['the whole URL in the fragment', (url) => `/#${url}`],
    ['the whole URL as a segment', (url) => `/login/${encoded(url)}`],
    ['the parameter in capitals', () => `/?KEY=${encoded(key)}`],
    ['the parameter with a bracket', () => `/?key[]=${encoded(key)}`],
    ['the parameter after a semicolon', () => `/;key=${encoded(key)}`],
    ['the parameter after a semicolon of the query', () => `/?a=b;key=${encoded(key)}`],
    ['a segment', () => `/${encoded(key)}`],
    ['a part of a segment', () => `/x-${encoded(key)}-y`],
    ...[2, 3, 4, 5].map(
      (rounds) =>
        [`${rounds} rounds of encoding`, () => `/?x=${encoded(key, rounds)}`] as [string, () => string],
    ),
  ])('authFetch() does not show it to another origin: %s', async (_, rest) => {
    expectRefusal(await redirected(auth, rest))
  })

  test('authFetch() takes it out where it is the same parameter, and follows', async () => {
    for (const name of ['key', 'k%65y']) {
      const { outcome, foreign } = await redirected(auth, () => `/end?${name}=${encoded(key)}&a=b`)
      expect(outcome.status).toBe(200)
      expect(foreign.arrivals.map(({ path }) => path)).toEqual(['/end?a=b'])
    }
  })

  test('authFetch() follows to another origin whose URL holds something else', async () => {
    const { outcome, foreign } = await redirected(auth, () => '/end?continue=planted')
    expect(outcome.status).toBe(200)
    expect(foreign.arrivals).toHaveLength(1)
  })

  test('authFetch() follows at home and to allowed origins, whatever their URLs hold', async () => {
    const second = await loopback()
    const home = await loopback(({ path }, response) => {
      const target = { '/a': `/b/${encoded(key)}`, '/c': `${second.origin}/${encoded(key)}` }[
        path.slice(0, 2)
      ]
      if (target) answer(response, 302, { location: target })
      else response.end('ok')
    })
    const fetch = authFetch(auth, { allowedOrigins: [home.origin, second.origin] })
    expect((await fetch(`${home.origin}/a`)).status).toBe(200)
    expect((await fetch(`${home.origin}/c`)).status).toBe(200)
  })

  test('authFetch() gives a redirect back to a caller that does not follow, whatever it holds', async () => {
    const { outcome } = await redirected(auth, (url) => `/?continue=${encoded(url)}`, { redirect: 'manual' })
    expect(outcome.status).toBe(302)
  })

  test('authFetch() looks at every hop of a chain, and for every key that was sent', async () => {
    let issued = 0
    const keys = ['planted-key-1', 'planted-key-2']
    for (const shown of keys) {
      issued = 0
      const last = await loopback()
      const foreign = await loopback((_, response) =>
        answer(response, 302, { location: `${last.origin}/${shown}` }),
      )
      const home = await loopback(({ path }, response) => {
        if (path.endsWith('planted-key-2')) answer(response, 302, { location: foreign.origin })
        else answer(response, 401)
      })
      const auth = apiKeyAuth({ key: () => keys[issued++] ?? '', query: 'key', refreshIntervalMs: 0 })
      const fetch = authFetch(auth, { allowedOrigins: [home.origin] })
      await expect(fetch(home.origin)).rejects.toMatchObject({ code: 'ERR_AUTH_REDIRECT' })
      expect(home.arrivals).toHaveLength(2)
      expect([foreign.arrivals.length, last.arrivals.length]).toEqual([1, 0])
    }
  })

  test.each([
    ['/?x=k-1', true],
    ['/k-1', true],
    ['/a/k-1/b', true],
    ['/;x=k-1', true],
    [`/?continue=${encoded('https://a.example/?key=k-1&b')}`, true],
    ['/?x=sk-1', false],
    ['/k-11', false],
    ['/?k-1=x', false],
  ])(
    'authFetch() takes a short key for one only as a whole value or segment: %s',
    async (rest, isRefused) => {
      const result = await redirected(apiKeyAuth({ key: 'k-1', query: 'key' }), () => rest)
      if (isRefused) expectRefusal(result)
      else expect(result.outcome.status).toBe(200)
    },
  )
})

describe('authFetch() with other credentials', () => {
  const basic = btoa('planted-user:planted-pass')
  const header = (value: string): AuthProvider => apiKeyAuth({ key: value, header: 'authorization' })

  test.each<[string, AuthProvider, string]>([
    ['a bearer token', bearerAuth({ token }), token],
    ['a bearer token with its scheme', bearerAuth({ token }), `Bearer ${token}`],
    ['an API key', apiKeyAuth({ key: token, header: 'x-api-key' }), token],
    ['an API key with a prefix', apiKeyAuth({ key: token, header: 'x-k', prefix: 'Token ' }), token],
    ['an API key as a parameter', apiKeyAuth({ key: token, header: 'x-k', prefix: 'Token token=' }), token],
    ['a cookie', apiKeyAuth({ key: token, header: 'cookie', prefix: 'session=' }), token],
    ['Basic', apiKeyAuth({ key: basic, header: 'authorization', prefix: 'Basic ' }), basic],
    [
      'the password of Basic',
      apiKeyAuth({ key: basic, header: 'authorization', prefix: 'Basic ' }),
      'planted-pass',
    ],
    ['a further header', bearerAuth({ token: 't-1', headers: { 'x-account': token } }), token],
    ['a signature', header(`HMAC Credential=id, Signature=${token}`), token],
  ])('authFetch() does not show %s to another origin', async (_, provider, shown) => {
    for (const rounds of [1, 2])
      expectRefusal(await redirected(provider, () => `/login?state=${encoded(shown, rounds)}`))
  })

  test('authFetch() does not show the secret headers and parameters of a binding to another origin', async () => {
    const binding = (origin: string) =>
      bindAuth(noAuth({ reason: 'the gateway knows us' }), {
        allowedOrigins: [origin],
        headers: createHeaderMap({ 'x-gateway': 'planted-gateway', 'x-plain': 'plain-value' }),
        query: { 'api-key': 'planted-parameter', 'api-version': '2026-11-29' },
        secretHeaderNames: ['x-gateway'],
      })
    for (const shown of ['planted-gateway', 'planted-parameter'])
      expectRefusal(await redirected(binding, () => `/?x=${shown}`))
    expect((await redirected(binding, () => '/plain-value?api-version=2026-11-29')).outcome.status).toBe(200)
  })

  test("authFetch() does not show the caller's own credential to another origin with noAuth", async () => {
    const headers = { authorization: `Bearer ${token}` }
    expectRefusal(await redirected(noAuth({ reason: 'a test' }), () => `/?x=${token}`, { headers }))
  })

  test('authFetch() follows to a presigned URL of the same second', async () => {
    const names = { 'x-amz-date': '20261129T000000Z', 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' }
    const provider: AuthProvider = {
      kind: 'signer',
      headerNames: ['authorization', ...Object.keys(names)],
      addAuthHeaders(headers) {
        headers.set(
          'authorization',
          `AWS4-HMAC-SHA256 Credential=AK/20261129, SignedHeaders=host, Signature=${token}`,
        )
        for (const [name, value] of Object.entries(names)) headers.set(name, value)
      },
    }
    const query = 'X-Amz-Credential=AK%2F20261129&X-Amz-Date=20261129T000000Z&X-Amz-SignedHeaders=host'
    const { outcome, foreign } = await redirected(
      provider,
      () => `/?${query}&X-Amz-Content-Sha256=UNSIGNED-PAYLOAD`,
    )
    expect(outcome.status).toBe(200)
    expect(foreign.arrivals[0]?.path).toContain(query)
  })
})
