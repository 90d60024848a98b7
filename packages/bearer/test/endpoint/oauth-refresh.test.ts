import type { ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'
import { AuthError } from '@outbound-auth/core'
import { describe, expect, it } from 'vitest'
import { sendJson } from '../../../../test/support/loopback.js'
import { type OauthRefreshOptions, oauthRefresh, type TokenRefresh } from '../../src/index.js'
import { startTokenEndpoint } from '../token-endpoint.js'

const good = {
  access_token: 'planted-access',
  token_type: 'Bearer',
  expires_in: 3600,
  refresh_token: 'planted-next',
}
const now = () => new Date('2026-01-01T00:00:00Z')
const signal = new AbortController().signal

/** An `oauthRefresh` for an endpoint with this response. */
async function refreshAgainst(
  answer: (response: ServerResponse) => void,
  options: Partial<OauthRefreshOptions> = {},
): Promise<{ refresh: TokenRefresh; requests: readonly { form: Record<string, string> }[] }> {
  const { url, requests } = await startTokenEndpoint(answer)
  const refresh = oauthRefresh({ tokenEndpoint: url, clientId: 'my agent', now, ...options })
  return { refresh, requests }
}

async function failureOf(answer: (response: ServerResponse) => void, options?: Partial<OauthRefreshOptions>) {
  const { refresh } = await refreshAgainst(answer, options)
  const error: unknown = await refresh('planted-refresh', { signal }).catch((thrown) => thrown)
  if (!AuthError.is(error)) throw new Error(`no AuthError: ${error}`)
  expect(`${error.stack} ${JSON.stringify(error)} ${JSON.stringify(error.cause)}`).not.toContain('planted')
  return error
}

const raw = (body: string | Buffer, status = 200) => {
  return (response: ServerResponse) => void response.writeHead(status).end(body)
}
const json = (body: unknown, status = 200) => raw(JSON.stringify(body), status)

describe('oauthRefresh() sends', () => {
  it('a form-encoded refresh request, and a public client its id in the body', async () => {
    const { url, requests } = await startTokenEndpoint((response) => sendJson(response, good))
    const refresh = oauthRefresh({ tokenEndpoint: url, clientId: 'my agent', scope: 'a b', now })
    expect(await refresh('planted refresh&=', { signal })).toEqual({
      accessToken: 'planted-access',
      refreshToken: 'planted-next',
      expiresAt: new Date('2026-01-01T01:00:00Z'),
    })
    expect(requests).toMatchObject([
      {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
        form: {
          grant_type: 'refresh_token',
          refresh_token: 'planted refresh&=',
          client_id: 'my agent',
          scope: 'a b',
        },
      },
    ])
    expect(requests[0]?.headers.authorization).toBeUndefined()
  })

  it('id and secret in the authorization header, each form-encoded first', async () => {
    const { url, requests } = await startTokenEndpoint((response) => sendJson(response, good))
    const clientSecret = 'se:cret/+ %~!*()ä'
    await oauthRefresh({ tokenEndpoint: url, clientId: 'my:id', clientSecret })('r', { signal })
    const [, encoded = ''] = requests[0]?.headers.authorization?.split('Basic ') ?? []
    const pair = Buffer.from(encoded, 'base64').toString()
    expect(pair).toBe('my%3Aid:se%3Acret%2F%2B+%25%7E%21*%28%29%C3%A4')
    expect(requests[0]?.form).toEqual({ grant_type: 'refresh_token', refresh_token: 'r' })
  })

  it('the claims of a rejection', async () => {
    const { url, requests } = await startTokenEndpoint((response) => sendJson(response, good))
    const claims = '{"access_token":{"nbf":{"essential":true}}}'
    await oauthRefresh({ tokenEndpoint: url, clientId: 'i' })('r', { signal, claims })
    expect(requests[0]?.form).toEqual({
      grant_type: 'refresh_token',
      refresh_token: 'r',
      client_id: 'i',
      claims,
    })
  })

  it('id and secret in the body with clientAuth post', async () => {
    const { url, requests } = await startTokenEndpoint((response) => sendJson(response, good))
    await oauthRefresh({ tokenEndpoint: url, clientId: 'i', clientSecret: 's', clientAuth: 'post' })('r', {
      signal,
    })
    expect(requests[0]?.form).toMatchObject({ client_id: 'i', client_secret: 's' })
    expect(requests[0]?.headers.authorization).toBeUndefined()
  })
})

describe('oauthRefresh() takes', () => {
  it.each([
    ['bearer in any case', { ...good, token_type: 'bEaReR' }, 3600],
    ['digits as expires_in', { ...good, expires_in: '60' }, 60],
    ['a fraction of a second', { ...good, expires_in: 0.5 }, 0.5],
    ['at most 30 days', { ...good, expires_in: 1e300 }, 30 * 86_400],
    ['at most 30 days, as digits', { ...good, expires_in: '9'.repeat(300) }, 30 * 86_400],
    ['properties that it does not know', { ...good, scope: ['x'], id_token: 7 }, 3600],
  ])('%s', async (_, body, seconds) => {
    const { refresh } = await refreshAgainst(json(body))
    const { expiresAt } = await refresh('r', { signal })
    expect(expiresAt?.getTime()).toBe(now().getTime() + seconds * 1000)
  })

  it('a response without refresh token and expiry, absent or null', async () => {
    for (const absent of [undefined, null]) {
      const { refresh } = await refreshAgainst(json({ ...good, refresh_token: absent, expires_in: absent }))
      expect(await refresh('r', { signal })).toEqual({ accessToken: 'planted-access' })
    }
  })
})

describe('oauthRefresh() rejects', () => {
  const deep = '['.repeat(500_000)
  it.each([
    ['half a JSON', '{"access_token":"planted'],
    ['null', 'null'],
    ['an array', JSON.stringify([good])],
    ['a string', '"planted"'],
    ['bytes that are not UTF-8', Buffer.from([0x7b, 0xff, 0x7d])],
    ['a character cut at the end', Buffer.concat([Buffer.from(JSON.stringify(good)), Buffer.from([0xc3])])],
    ['deep nesting', deep],
    ['properties inherited from __proto__', `{"__proto__":${JSON.stringify(good)}}`],
    ['another token_type', JSON.stringify({ ...good, token_type: 'mac' })],
    ['a token_type that is no string', JSON.stringify({ ...good, token_type: ['Bearer'] })],
    ['no access_token', JSON.stringify({ ...good, access_token: undefined })],
    ['a number as access_token', JSON.stringify({ ...good, access_token: 7 })],
    ['an empty access_token', JSON.stringify({ ...good, access_token: '' })],
    ['a line break in the access_token', JSON.stringify({ ...good, access_token: 'planted\r\nx: 1' })],
    ['whitespace in the access_token', JSON.stringify({ ...good, access_token: 'planted token' })],
    ['a control character in the refresh_token', JSON.stringify({ ...good, refresh_token: 'planted\u0000' })],
  ])('%s', async (_, body) => {
    expect(await failureOf(raw(body))).toMatchObject({ kind: 'build', code: 'ERR_AUTH_REFRESH_RESPONSE' })
  })

  it('a response over 1 MiB, counted after decompression, and one without end', async () => {
    const code = 'ERR_AUTH_REFRESH_RESPONSE'
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024, ' '))
    const zipped = await failureOf((response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb)
    })
    expect(zipped).toMatchObject({ kind: 'build', code })
    const endless = await failureOf((response) => {
      response.writeHead(200)
      const timer = setInterval(() => response.write(Buffer.alloc(100_000, ' ')), 1)
      response.on('close', () => clearInterval(timer))
    })
    expect(endless).toMatchObject({ kind: 'build', code })
  })

  it.each([301, 302, 303, 307, 308])('to follow a redirect with status %i', async (status) => {
    const target = await startTokenEndpoint((response) => sendJson(response, good))
    const error = await failureOf(
      (response) => void response.writeHead(status, { location: target.url }).end(),
    )
    expect(error).toMatchObject({ kind: 'build', code: 'ERR_AUTH_REDIRECT' })
    expect(target.requests).toEqual([])
  })

  it('a redirect that the runtime hides', async () => {
    const hidden = Object.defineProperty(Response.error(), 'type', { value: 'opaqueredirect' })
    const refresh = oauthRefresh({
      tokenEndpoint: 'https://a.example',
      clientId: 'i',
      fetch: async () => hidden,
    })
    await expect(refresh('r', { signal })).rejects.toMatchObject({ kind: 'build', code: 'ERR_AUTH_REDIRECT' })
  })
})

describe('oauthRefresh() says', () => {
  it('which registered code a server responded with, at any status, and nothing else of the body', async () => {
    const body = { error: 'invalid_grant', error_description: 'planted-refresh was reused' }
    for (const status of [200, 400, 401]) {
      const error = await failureOf(json(body, status))
      expect(error).toMatchObject({ kind: 'build', code: 'ERR_AUTH_REFRESH_REFUSED' })
      expect(error.message).toContain(`status ${status}, invalid_grant`)
    }
    for (const code of ['planted', 'INVALID_GRANT', ['invalid_grant'], null, 'invalid_grant planted']) {
      const error = await failureOf(json({ error: code }, 400))
      expect(error).toMatchObject({ kind: 'build', code: 'ERR_AUTH_REFRESH_REFUSED' })
      expect(error.message).toMatch(/status 400$/)
    }
    expect(await failureOf(raw('<html>planted', 404))).toMatchObject({ code: 'ERR_AUTH_REFRESH_REFUSED' })
    const invalidClient = await failureOf(json({ error: 'invalid_client' }, 401))
    expect(invalidClient.message).toMatch(/rejected the request: status 401, invalid_client$/)
  })

  it.each([408, 429, 500, 502, 503, 504])('of status %i that a later try may succeed', async (status) => {
    const error = await failureOf(json({ error: 'invalid_grant' }, status))
    expect(error).toMatchObject({ kind: 'transient', code: 'ERR_AUTH_REFRESH_UNAVAILABLE' })
  })

  it.each([
    ['nothing', raw('')],
    ['204', raw('', 204)],
    ['a page', raw('<html>planted-refresh')],
    ['a page with a byte order mark', raw('\ufeff<!doctype html>')],
    ['words', raw('not now')],
    ['server_error', json({ error: 'server_error' }, 400)],
    ['temporarily_unavailable', json({ error: 'temporarily_unavailable' }, 400)],
    ['slow_down with status 200', json({ error: 'slow_down' })],
  ])('of %s that a later try may succeed', async (_, answer) => {
    const error = await failureOf(answer)
    expect(error).toMatchObject({ kind: 'transient', code: 'ERR_AUTH_REFRESH_UNAVAILABLE' })
  })

  it('of a broken connection that a later try may succeed, and how it broke', async () => {
    const cut = await failureOf((response) => void response.socket?.destroy())
    expect(cut).toMatchObject({ kind: 'transient', code: 'ERR_AUTH_REFRESH_UNAVAILABLE' })
    expect(cut.cause).toMatchObject({ code: 'UND_ERR_SOCKET' })
    const short = await failureOf((response) => {
      response.writeHead(200, { 'content-length': 100 }).write('{')
      setTimeout(() => response.socket?.destroy(), 20)
    })
    expect(short).toMatchObject({ kind: 'transient', code: 'ERR_AUTH_REFRESH_UNAVAILABLE' })
    const fetch = () => Promise.reject('planted-refresh')
    expect(await failureOf(() => {}, { fetch })).toMatchObject({ kind: 'transient' })
  })

  it('that it took too long, headers and body included', async () => {
    const expected = { kind: 'transient', code: 'ERR_AUTH_TIMEOUT' }
    expect(await failureOf(() => {}, { timeoutMs: 50 })).toMatchObject(expected)
    const dripping = (response: ServerResponse) => {
      response.writeHead(200)
      const timer = setInterval(() => response.write(' '), 5)
      response.on('close', () => clearInterval(timer))
    }
    expect(await failureOf(dripping, { timeoutMs: 100 })).toMatchObject(expected)
    const deaf = () => new Promise<Response>(() => {})
    expect(await failureOf(() => {}, { timeoutMs: 50, fetch: deaf })).toMatchObject(expected)
  })

  it('of an error page that does not end what its status says', async () => {
    const endless = (response: ServerResponse) => void response.writeHead(503).write('<html>')
    const error = await failureOf(endless, { timeoutMs: 30_000 })
    expect(error).toMatchObject({ kind: 'transient', code: 'ERR_AUTH_REFRESH_UNAVAILABLE' })
  })

  it('the reason of the signal when that ends it', async () => {
    const { refresh, requests } = await refreshAgainst(() => {})
    const reason = new Error('gave up')
    await expect(refresh('r', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    expect(requests).toHaveLength(0)
    const controller = new AbortController()
    setTimeout(() => controller.abort(reason), 30)
    await expect(refresh('r', { signal: controller.signal })).rejects.toBe(reason)
  })
})

describe('Retry-After', () => {
  async function pausedBy(header: string): Promise<(laterMs: number) => Promise<number>> {
    let clockMs = now().getTime()
    const { refresh, requests } = await refreshAgainst(
      (response) => void response.writeHead(429, { 'retry-after': header }).end(),
      { now: () => new Date(clockMs) },
    )
    await expect(refresh('r', { signal })).rejects.toMatchObject({ kind: 'transient' })
    return async (laterMs) => {
      clockMs = now().getTime() + laterMs
      const before = requests.length
      await expect(refresh('r', { signal })).rejects.toMatchObject({ code: 'ERR_AUTH_REFRESH_UNAVAILABLE' })
      return requests.length - before
    }
  }

  it('is obeyed in seconds and as a date: until then oauthRefresh() sends nothing', async () => {
    for (const header of ['10', new Date(now().getTime() + 10_000).toUTCString()]) {
      const requestsAfter = await pausedBy(header)
      expect(await requestsAfter(9_999)).toBe(0)
      expect(await requestsAfter(10_000)).toBe(1)
    }
  })

  it('is obeyed for at most 5 minutes, and not when it is no time or the clock was set back', async () => {
    expect(await (await pausedBy('99999999'))(300_000)).toBe(1)
    expect(await (await pausedBy('soon'))(0)).toBe(1)
    expect(await (await pausedBy('10'))(-1)).toBe(1)
  })
})

describe('oauthRefresh() checks at once', () => {
  const options = { tokenEndpoint: 'https://auth.example.com/token', clientId: 'i' }

  it.each([
    ['', TypeError],
    ['/token', TypeError],
    ['ftp://auth.example.com/', TypeError],
    ['https://user@auth.example.com/', TypeError],
    ['https://:planted@auth.example.com/', TypeError],
    ['https://auth.example.com/#x', TypeError],
  ])('the endpoint %s', (tokenEndpoint, type) => {
    expect(() => oauthRefresh({ ...options, tokenEndpoint })).toThrow(type)
  })

  it('that the endpoint is encrypted or on this machine', () => {
    for (const host of ['auth.example.com', '10.0.0.1', 'localhost.example.com']) {
      const tokenEndpoint = `http://${host}/token`
      expect(() => oauthRefresh({ ...options, tokenEndpoint })).toThrow(
        expect.objectContaining({ kind: 'build', code: 'ERR_AUTH_INSECURE_TRANSPORT' }),
      )
      expect(oauthRefresh({ ...options, tokenEndpoint, allowInsecureTransport: true })).toBeTypeOf('function')
    }
    for (const host of ['localhost', '127.0.0.1', '[::1]'])
      expect(oauthRefresh({ ...options, tokenEndpoint: `http://${host}/` })).toBeTypeOf('function')
  })

  it('the other options', () => {
    const text = 'must be a string that is not empty'
    expect(() => oauthRefresh({ ...options, clientId: '' })).toThrow(`oauthRefresh: clientId ${text}`)
    expect(() => oauthRefresh({ ...options, clientSecret: '' })).toThrow(`oauthRefresh: clientSecret ${text}`)
    expect(() => oauthRefresh({ ...options, clientAuth: 'none' as 'post' })).toThrow(
      "oauthRefresh: clientAuth must be 'basic' or 'post'",
    )
    expect(() => oauthRefresh({ ...options, clientAuth: null as never })).toThrow(
      "oauthRefresh: clientAuth must be 'basic' or 'post', got null",
    )
    for (const name of ['clientId', 'clientSecret', 'scope'])
      expect(() => oauthRefresh({ ...options, [name]: 5 })).toThrow(`oauthRefresh: ${name} ${text}, got 5`)
    expect(() => oauthRefresh({ ...options, timeoutMs: 0 })).toThrow('oauthRefresh: timeoutMs')
    expect(() => oauthRefresh({ ...options, secrets: 'x' } as OauthRefreshOptions)).toThrow(
      'oauthRefresh: unknown option "secrets"; it has tokenEndpoint, clientId, clientSecret, clientAuth, scope, timeoutMs, allowInsecureTransport, fetch, now',
    )
  })
})
