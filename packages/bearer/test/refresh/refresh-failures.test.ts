import type { ServerResponse } from 'node:http'
import { AuthError, createMemoryStore, type SourceOptions } from '@outbound-auth/core'
import { describe, expect, it } from 'vitest'
import { sendJson } from '../../../../test/support/loopback.js'
import {
  oauthRefresh,
  passingFailure,
  rotatingToken,
  type StoredToken,
  type TokenRefresh,
} from '../../src/index.js'
import { refreshFailures } from '../../src/refresh/refresh-failures.js'
import { startTokenEndpoint } from '../token-endpoint.js'

const sourceOptions = (): SourceOptions => ({ signal: new AbortController().signal, forceRefresh: false })
const good = { access_token: 'new', expires_in: 3600, refresh_token: 'next' }

type Answer = (response: ServerResponse) => void
const json = (body: unknown, status: number): Answer => {
  return (response) => sendJson(response, body, status)
}
const page = (status: number, headers = {}): Answer => {
  return (response) => void response.writeHead(status, headers).end('<html>no</html>')
}

/** A token source whose server fails at first. */
async function createLab(answer: Answer, atEnd?: (close: () => void) => void) {
  const lab = { nowMs: Date.UTC(2026, 0, 1), answer }
  const { url, requests } = await startTokenEndpoint((response) => lab.answer(response), atEnd)
  const now = () => new Date(lab.nowMs)
  const store = createMemoryStore<StoredToken>({ refreshToken: 'old' })
  const refresh = oauthRefresh({ tokenEndpoint: url, clientId: 'app', now })
  const source = rotatingToken({ store, refresh, now })
  const call = async () => {
    try {
      return ((await source(sourceOptions())) as { token: string }).token
    } catch (error) {
      return AuthError.is(error) ? `${error.kind} ${error.code}` : error
    }
  }
  return Object.assign(lab, { store, requests, call })
}

const refused = 'build ERR_AUTH_REFRESH_REFUSED'

describe('rotatingToken() remembers until the document changes', () => {
  // Each of them looks for 2 s whether another program was faster.
  it.concurrent.for<[string, Answer]>([
    ['invalid_grant', json({ error: 'invalid_grant' }, 400)],
    ['invalid_grant with status 401', json({ error: 'invalid_grant' }, 401)],
    ['invalid_grant with status 200', json({ error: 'invalid_grant' }, 200)],
    ['bad_refresh_token with status 200', json({ error: 'bad_refresh_token', error_uri: 'x' }, 200)],
    ['refresh_token_expired', json({ error: { code: 'refresh_token_expired' } }, 401)],
    ['refresh_token_reused', json({ error: 'refresh_token_reused' }, 400)],
    ['refresh_token_invalidated', json({ code: 'refresh_token_invalidated' }, 403)],
  ])('%s', async ([, answer], { onTestFinished }) => {
    const lab = await createLab(answer, onTestFinished)
    for (let hour = 0; hour < 3; hour++) {
      expect(await lab.call()).toBe(refused)
      lab.nowMs += 3_600_000
    }
    expect(lab.requests).toHaveLength(1)
    lab.answer = json(good, 200)
    await lab.store.update(() => ({ refreshToken: 'of a new login' }))
    expect(await lab.call()).toBe('new')
  })
})

describe('rotatingToken() asks again after 5 s, doubling to 60 s, after', () => {
  const codes = [
    'invalid_request',
    'invalid_client',
    'invalid_scope',
    'invalid_target',
    'unauthorized_client',
    'unsupported_grant_type',
    'access_denied',
    'an_error_of_its_own',
  ]
  it.each<[string, Answer, string]>([
    ...[301, 302, 303, 307, 308].map((status): [string, Answer, string] => [
      `a redirect with status ${status}`,
      page(status, { location: '/login' }),
      'build ERR_AUTH_REDIRECT',
    ]),
    ...[400, 401, 403, 404, 405, 410, 451].map((status): [string, Answer, string] => [
      `a page with status ${status}`,
      page(status),
      refused,
    ]),
    ...codes.map((code): [string, Answer, string] => [code, json({ error: code }, 400), refused]),
    ['invalid_client with status 401', json({ error: 'invalid_client' }, 401), refused],
    ['JSON that is no token response', json({}, 200), 'build ERR_AUTH_REFRESH_RESPONSE'],
    ['a list', json([], 200), 'build ERR_AUTH_REFRESH_RESPONSE'],
  ])('%s', async (_, answer, failure) => {
    const lab = await createLab(answer)
    let requests = 0
    for (const pauseMs of [5000, 10_000, 20_000, 40_000, 60_000, 60_000]) {
      expect(await lab.call()).toBe(failure)
      requests += 1
      expect(lab.requests).toHaveLength(requests)
      lab.nowMs += pauseMs - 1000
      expect(await lab.call()).toBe(failure)
      expect(lab.requests).toHaveLength(requests)
      lab.nowMs += 1000
    }
    lab.answer = json(good, 200)
    expect(await lab.call()).toBe('new')
    expect(await lab.store.read()).toMatchObject({ refreshToken: 'next' })
  })
})

describe('rotatingToken() asks again at once after', () => {
  it.each<[string, Answer]>([
    ...[408, 429, 500, 502, 503, 504].map((status): [string, Answer] => [`status ${status}`, page(status)]),
    ...['temporarily_unavailable', 'server_error', 'slow_down'].flatMap((code): [string, Answer][] => [
      [`${code} with status 400`, json({ error: code }, 400)],
      [`${code} with status 200`, json({ error: code }, 200)],
    ]),
    ['a page with status 200', page(200)],
    ['nothing with status 200', (response) => void response.end()],
    ['status 204', (response) => void response.writeHead(204).end()],
    ['a broken connection', (response) => void response.socket?.destroy()],
  ])('%s', async (_, answer) => {
    const lab = await createLab(answer)
    expect(await lab.call()).toBe('transient ERR_AUTH_REFRESH_UNAVAILABLE')
    lab.answer = json(good, 200)
    expect(await lab.call()).toBe('new')
  })

  it('all of them, but not before Retry-After', async () => {
    for (const status of [200, 429, 503]) {
      const lab = await createLab(page(status, { 'retry-after': '30' }))
      expect(await lab.call()).toBe('transient ERR_AUTH_REFRESH_UNAVAILABLE')
      lab.answer = json(good, 200)
      lab.nowMs += 29_000
      expect(await lab.call()).toBe('transient ERR_AUTH_REFRESH_UNAVAILABLE')
      expect(lab.requests).toHaveLength(1)
      lab.nowMs += 1000
      expect(await lab.call()).toBe('new')
    }
  })
})

describe('the pause of rotatingToken()', () => {
  const failure = () => AuthError.build('proxy', { code: 'ERR_AUTH_TEST' })

  function createSource(refresh: TokenRefresh, initial: StoredToken = { refreshToken: 'old' }) {
    const lab = { nowMs: Date.UTC(2026, 0, 1) }
    const store = createMemoryStore<StoredToken>(initial)
    const source = rotatingToken({ store, refresh, now: () => new Date(lab.nowMs) })
    return Object.assign(lab, { store, call: () => source(sourceOptions()) })
  }

  it('is for errors that are marked with passingFailure()', async () => {
    let calls = 0
    const lab = createSource(async () => {
      calls += 1
      throw calls === 1 ? passingFailure(failure()) : failure()
    })
    for (let round = 0; round < 2; round++)
      await expect(lab.call()).rejects.toMatchObject({ message: 'proxy' })
    expect(calls).toBe(1)
    lab.nowMs += 5000
    for (let round = 0; round < 3; round++) {
      await expect(lab.call()).rejects.toMatchObject({ message: 'proxy' })
      lab.nowMs += 3_600_000
    }
    expect(calls).toBe(2)
  })

  it('ends when another refresh token is stored, and starts anew after a success', async () => {
    let calls = 0
    const lab = createSource(async () => {
      calls += 1
      if (calls === 3) return { accessToken: 'a', expiresAt: new Date(lab.nowMs + 6000) }
      throw passingFailure(failure())
    })
    await expect(lab.call()).rejects.toThrow('proxy')
    await lab.store.update(() => ({ refreshToken: 'other' }))
    await expect(lab.call()).rejects.toThrow('proxy')
    expect(calls).toBe(2)
    lab.nowMs += 10_000
    expect(await lab.call()).toMatchObject({ token: 'a' })
    lab.nowMs += 6000
    await expect(lab.call()).rejects.toThrow('proxy')
    lab.nowMs += 5000
    await expect(lab.call()).rejects.toThrow('proxy')
    expect(calls).toBe(5)
  })

  it('holds although each response brings a new refresh token', async () => {
    const shown: string[] = []
    const lab = createSource(async (refreshToken, { keep }) => {
      shown.push(refreshToken)
      keep?.(`next-${shown.length}`)
      throw passingFailure(failure())
    })
    for (let call = 0; call < 100; call++) await expect(lab.call()).rejects.toThrow('proxy')
    expect(shown).toEqual(['old'])
    lab.nowMs += 5000
    await expect(lab.call()).rejects.toThrow('proxy')
    expect(shown).toEqual(['old', 'next-1'])
    expect(await lab.store.read()).toMatchObject({ refreshToken: 'next-2' })
  })

  it('does not stretch when the clock is set back', async () => {
    const lab = createSource(async () => {
      throw passingFailure(failure())
    })
    await expect(lab.call()).rejects.toThrow('proxy')
    lab.nowMs -= 3_600_000
    await expect(lab.call()).rejects.toThrow('proxy')
  })

  it('asks nobody for the lock', async () => {
    const lab = createSource(async () => {
      throw passingFailure(failure())
    })
    await expect(lab.call()).rejects.toThrow('proxy')
    const { update } = lab.store
    lab.store.update = () => {
      throw new Error('locked')
    }
    await expect(lab.call()).rejects.toThrow('proxy')
    lab.store.update = update
  })

  it('leaves a token that still lives usable', async () => {
    const lab = createSource(
      async () => {
        throw passingFailure(failure())
      },
      { accessToken: 'a', refreshToken: 'r', expiresAt: new Date(Date.UTC(2026, 0, 1) + 3000).toISOString() },
    )
    expect(await lab.call()).toMatchObject({ token: 'a' })
  })
})

describe('refreshFailures()', () => {
  const rejection = AuthError.build('rejected', { code: 'ERR_AUTH_REFRESH_REFUSED' })
  const passing = AuthError.build('passing', { code: 'ERR_AUTH_REDIRECT' })

  function createFailures() {
    const lab = { nowMs: Date.UTC(2026, 0, 1) }
    const failures = refreshFailures(() => new Date(lab.nowMs))
    const thrown = (document: string, refreshToken: string | undefined) => {
      try {
        failures.check(document, refreshToken)
      } catch (error) {
        return error
      }
      return undefined
    }
    return Object.assign(lab, { failures, thrown })
  }

  it('throws nothing at first', () => {
    const { thrown } = createFailures()
    expect([thrown('{}', 'r'), thrown('', undefined)]).toEqual([undefined, undefined])
  })

  it('throws a rejection for its document, whatever succeeds for another one', () => {
    const { failures, thrown } = createFailures()
    failures.note(rejection, 'a', 'r')
    failures.clear()
    expect(thrown('a', 's')).toBe(rejection)
    expect(thrown('b', 'r')).toBeUndefined()
  })

  it('throws a passing failure for its refresh token, until a refresh succeeds', () => {
    const { failures, thrown } = createFailures()
    failures.note(passing, 'a', 'r')
    expect(thrown('b', 'r')).toBe(passing)
    expect(thrown('a', 's')).toBeUndefined()
    failures.clear()
    expect(thrown('a', 'r')).toBeUndefined()
  })

  it('begins again with a pause of 5 s when a refresh has succeeded', () => {
    const lab = createFailures()
    lab.failures.notePassing(passing, 'r')
    lab.failures.notePassing(passing, 'r')
    lab.nowMs += 9999
    expect(lab.thrown('a', 'r')).toBe(passing)
    lab.failures.clear()
    lab.failures.notePassing(passing, 'r')
    lab.nowMs += 4900
    expect(lab.thrown('a', 'r')).toBe(passing)
    lab.nowMs += 100
    expect(lab.thrown('a', 'r')).toBeUndefined()
  })
})
