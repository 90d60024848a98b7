import { inspect } from 'node:util'
import { applyAuth, createHeaderMap } from '@outbound-auth/core'
import * as jose from 'jose'
import { describe, expect, it } from 'vitest'
import { discoverServer } from '../../src/index.js'
import { type Answer, exchanging, granted, scripted } from '../scripted-server.js'

const issuer = 'https://login.example.com'
const metadata = (change: object = {}) =>
  Response.json({ issuer, token_endpoint: `${issuer}/token`, ...change })
const request = () => ({ method: 'GET', url: 'https://api.example.com/', headers: createHeaderMap() })

describe('oauthAuth() with 50 callers', () => {
  it('goes on for the others when some of them give up, and asks once', async () => {
    let release = () => {}
    const wait = new Promise<void>((resolve) => {
      release = resolve
    })
    const { auth, arrivals } = exchanging(async () => {
      await wait
      return granted()
    })
    const controllers = Array.from({ length: 50 }, () => new AbortController())
    const calls = controllers.map(({ signal }) =>
      applyAuth(auth, request(), { signal }).then(
        ({ headers }) => headers.get('authorization'),
        (error) => error,
      ),
    )
    await expect.poll(() => arrivals.length).toBe(1)
    const reason = new Error('The caller has gone')
    for (const controller of controllers.slice(0, 25)) controller.abort(reason)
    release()
    const outcomes = await Promise.all(calls)
    expect(new Set(outcomes.slice(0, 25))).toEqual(new Set([reason]))
    expect(new Set(outcomes.slice(25))).toEqual(new Set(['Bearer planted-token']))
    expect(arrivals).toHaveLength(1)
  })

  it('gives all of them the error of one exchange', async () => {
    const { auth, arrivals } = exchanging(() => new Response('{}', { status: 400 }))
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, () => applyAuth(auth, request()).catch(({ code }) => code)),
    )
    expect(new Set(outcomes)).toEqual(new Set(['ERR_AUTH_OAUTH_REFUSED']))
    expect(arrivals).toHaveLength(1)
  })
})

it('a server that gives the same token until it expires is asked a few times for two hours', async () => {
  let nowMs = Date.UTC(2026, 0, 1)
  let issuedAtMs = nowMs
  let tokens = 1
  const answer: Answer = () => {
    if (nowMs - issuedAtMs >= 3_600_000) [issuedAtMs, tokens] = [nowMs, tokens + 1]
    const expires_in = (issuedAtMs + 3_600_000 - nowMs) / 1000
    return granted({ access_token: `token-${tokens}`, expires_in })
  }
  const { auth, arrivals } = exchanging(answer, { now: () => new Date(nowMs) })
  for (let second = 0; second < 7200; second += 5) {
    const { headers } = await applyAuth(auth, request())
    expect(nowMs - issuedAtMs).toBeLessThan(3_600_000)
    expect(headers.get('authorization')).toBe(`Bearer token-${tokens}`)
    nowMs += 5000
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect(arrivals.length).toBeLessThanOrEqual(26)
}, 30_000)

describe('a fetch of the caller that fails with all that it knows', () => {
  it('does not bring the credential into the error', async () => {
    const failing: Answer = ({ headers, form }) => {
      const sent = { headers: Object.fromEntries(headers), body: String(form) }
      throw Object.assign(new Error(`Cannot send ${JSON.stringify(sent)}`), {
        config: sent,
        cause: new Error(sent.body),
      })
    }
    const { privateKey } = await jose.generateKeyPair('ES256', { extractable: true })
    const pem = await jose.exportPKCS8(privateKey)
    for (const client of [
      {},
      { clientAuth: 'post' as const },
      { clientSecret: undefined, privateKey: pem },
      { clientSecret: undefined, clientAssertion: 'planted-secret' },
    ]) {
      const { auth, arrivals } = exchanging(failing, client)
      const error = await applyAuth(auth, request()).catch((thrown) => thrown)
      expect(error).toMatchObject({ code: 'ERR_AUTH_OAUTH_UNAVAILABLE', kind: 'transient' })
      const shown = inspect(error, { showHidden: true, depth: 9 }) + error.stack + JSON.stringify(error)
      const assertion = arrivals[0]?.form.get('client_assertion') ?? 'planted-secret'
      for (const secret of ['planted-secret', btoa('agent:planted-secret'), assertion, pem.slice(40, 60)])
        expect(shown).not.toContain(secret)
    }
  })
})

describe('discovery', () => {
  it('asks the next URL when the first one is out of order', async () => {
    const { fetch, arrivals } = scripted(({ url }) =>
      url.includes('openid') ? metadata() : new Response('', { status: 500 }),
    )
    expect((await discoverServer(issuer, { fetch })).tokenEndpoint).toBe(`${issuer}/token`)
    expect(arrivals).toHaveLength(2)
  })

  it('says that the server is out of order when no URL has metadata, and one failed', async () => {
    const { fetch } = scripted(({ url }) => new Response('', { status: url.includes('openid') ? 404 : 503 }))
    await expect(discoverServer(issuer, { fetch })).rejects.toMatchObject({
      code: 'ERR_AUTH_OAUTH_UNAVAILABLE',
      kind: 'transient',
    })
  })

  it.each([404, 405, 410, 307])(
    'is done anew after a token endpoint that has moved: status %i',
    async (status) => {
      let nowMs = Date.UTC(2026, 0, 1)
      let endpoint = `${issuer}/old`
      const answer: Answer = ({ method, url }) => {
        if (method === 'GET') return metadata({ token_endpoint: endpoint })
        return url === endpoint ? granted() : new Response('', { status, headers: { location: endpoint } })
      }
      const { auth, arrivals } = exchanging(answer, {
        issuer,
        tokenEndpoint: undefined,
        now: () => new Date(nowMs),
      })
      await applyAuth(auth, request())
      endpoint = `${issuer}/new`
      nowMs += 3_500_000
      const rejection = {
        request: { ...request(), headers: createHeaderMap({ authorization: 'Bearer planted-token' }) },
        status: 401,
        headers: createHeaderMap(),
        attempt: 0,
        readBody: async () => '',
      }
      await expect(Promise.resolve(auth.recover?.(rejection))).rejects.toMatchObject({ kind: 'build' })
      nowMs += 50_000
      await auth.recover?.(rejection)
      expect(arrivals.filter(({ method }) => method === 'GET')).toHaveLength(2)
      expect(arrivals.at(-1)?.url).toBe(`${issuer}/new`)
    },
  )
})
