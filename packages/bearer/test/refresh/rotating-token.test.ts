import {
  AuthError,
  applyAuth,
  createHeaderMap,
  createMemoryStore,
  type DocumentStore,
  type SourceOptions,
  type TokenSource,
} from '@outbound-auth/core'
import { describe, expect, it } from 'vitest'
import { bearerAuth, type RefreshedToken, rotatingToken, type StoredToken } from '../../src/index.js'

const startMs = Date.UTC(2026, 0, 1)
const inMs = (lifeMs: number, fromMs: number = startMs) => new Date(fromMs + lifeMs)
const stored = (name: string, lifeMs: number): StoredToken => ({
  accessToken: `access-${name}`,
  refreshToken: `refresh-${name}`,
  expiresAt: inMs(lifeMs).toISOString(),
})
const outage = AuthError.transient('503', { code: 'ERR_AUTH_REFRESH_UNAVAILABLE' })
const sourceOptions = (options: Partial<SourceOptions> = {}): SourceOptions => ({
  signal: new AbortController().signal,
  forceRefresh: options.rejected !== undefined,
  ...options,
})

interface Lab {
  readonly store: DocumentStore<StoredToken>
  readonly source: TokenSource
  /** The refresh tokens that were sent. */
  readonly shown: string[]
  /** Makes the server's responses; by default it rotates. */
  answer: (refreshToken: string) => RefreshedToken | Promise<RefreshedToken>
  nowMs: number
  /** Another process on the same store and server. */
  other(): TokenSource
}

function createLab(initial?: StoredToken, wrap = (store: DocumentStore<StoredToken>) => store): Lab {
  const shown: string[] = []
  const store = wrap(createMemoryStore(initial))
  const create = () =>
    rotatingToken({
      store,
      now: () => new Date(lab.nowMs),
      async refresh(refreshToken) {
        shown.push(refreshToken)
        return lab.answer(refreshToken)
      },
    })
  const lab: Lab = {
    store,
    shown,
    source: create(),
    nowMs: startMs,
    other: create,
    answer: () => ({
      accessToken: `access-${shown.length}`,
      refreshToken: `refresh-${shown.length}`,
      expiresAt: inMs(3_600_000, lab.nowMs),
    }),
  }
  return lab
}

/** Stores a document, as another program would. */
const write = (store: DocumentStore<StoredToken>, document: StoredToken) => store.update(() => document)

describe('rotatingToken()', () => {
  it('gives a stored token that is valid, without a request', async () => {
    const lab = createLab(stored('a', 60_000))
    expect(await lab.source(sourceOptions())).toEqual({ token: 'access-a', expiresAt: inMs(60_000) })
    expect(lab.shown).toEqual([])
  })

  it('refreshes a token that has ended or is about to, and stores what it got', async () => {
    for (const lifeMs of [-1, 4000]) {
      const lab = createLab({ ...stored('a', lifeMs), note: 'kept' } as StoredToken)
      expect(await lab.source(sourceOptions())).toEqual({ token: 'access-1', expiresAt: inMs(3_600_000) })
      expect(lab.shown).toEqual(['refresh-a'])
      expect(await lab.store.read()).toEqual({ ...stored('1', 3_600_000), note: 'kept' })
    }
  })

  it('reads the expiry of a JWT when the document names none', async () => {
    const jwt = (exp: number) => `${btoa('{}')}.${btoa(JSON.stringify({ exp }))}.x`
    const [dead, alive] = [jwt(startMs / 1000 - 1), jwt(startMs / 1000 + 60)]
    const lab = createLab({ accessToken: dead, refreshToken: 'r' })
    lab.answer = () => ({ accessToken: alive })
    expect(await lab.source(sourceOptions())).toEqual({ token: alive, expiresAt: inMs(60_000) })
    // No end is left over from the token before, and the refresh token is kept.
    expect(JSON.parse(JSON.stringify(await lab.store.read()))).toEqual({
      accessToken: alive,
      refreshToken: 'r',
    })
  })

  it('keeps a refresh token that the server did not rotate', async () => {
    const lab = createLab(stored('a', -1))
    lab.answer = () => ({ accessToken: 'access-b', expiresAt: inMs(-1) })
    await lab.source(sourceOptions())
    lab.answer = () => ({ accessToken: 'access-c', expiresAt: inMs(60_000) })
    await lab.source(sourceOptions())
    expect(lab.shown).toEqual(['refresh-a', 'refresh-a'])
    expect(await lab.store.read()).toMatchObject({ accessToken: 'access-c', refreshToken: 'refresh-a' })
  })

  it('many processes that find a dead token send one refresh, and adopt what it brought', async () => {
    const lab = createLab(stored('a', -1))
    const sources = Array.from({ length: 8 }, () => lab.other())
    const tokens = await Promise.all(sources.map((source) => source(sourceOptions())))
    expect(new Set(tokens.map((token) => (token as { token: string }).token))).toEqual(new Set(['access-1']))
    expect(lab.shown).toEqual(['refresh-a'])
  })

  it('adopts what another process stored instead of the refused token, without a request', async () => {
    const lab = createLab(stored('a', 60_000))
    await lab.source(sourceOptions())
    await write(lab.store, stored('b', 60_000))
    expect(await lab.source(sourceOptions({ rejected: 'access-a' }))).toMatchObject({ token: 'access-b' })
    expect(lab.shown).toEqual([])
    expect(await lab.source(sourceOptions({ rejected: 'access-b' }))).toMatchObject({ token: 'access-1' })
    expect(lab.shown).toEqual(['refresh-b'])
  })

  it('refreshes when it is asked again for a token whose renewal is due, and not before', async () => {
    const lab = createLab(stored('a', 100_000))
    await lab.source(sourceOptions())
    lab.nowMs += 40_000
    expect(await lab.source(sourceOptions())).toMatchObject({ token: 'access-a' })
    expect(await lab.source(sourceOptions({ minValidityMs: 70_000 }))).toMatchObject({ token: 'access-1' })
    lab.nowMs += 3_600_000 - 119_000
    expect(await lab.source(sourceOptions())).toMatchObject({ token: 'access-2' })
    expect(await lab.source(sourceOptions({ forceRefresh: true }))).toMatchObject({ token: 'access-3' })
    expect(lab.shown).toEqual(['refresh-a', 'refresh-1', 'refresh-2'])
  })

  it.each<unknown>(['not a date', Math.floor(startMs / 1000) + 60])(
    'uses a token without a known end until it is refused: %j',
    async (expiresAt) => {
      const lab = createLab({ accessToken: 'opaque', refreshToken: 'r', expiresAt } as StoredToken)
      for (let round = 0; round < 3; round++)
        expect(await lab.source(sourceOptions())).toEqual({ token: 'opaque' })
      expect(lab.shown).toEqual([])
      expect(await lab.source(sourceOptions({ rejected: 'opaque' }))).toMatchObject({ token: 'access-1' })
    },
  )

  it('says what is missing from the store', async () => {
    const empty = createLab()
    await expect(empty.source(sourceOptions())).rejects.toMatchObject({
      kind: 'build',
      code: 'ERR_AUTH_CREDENTIAL',
    })
    const ended = createLab({ accessToken: 'a', expiresAt: inMs(-1).toISOString() })
    await expect(ended.source(sourceOptions())).rejects.toMatchObject({
      kind: 'build',
      code: 'ERR_AUTH_NO_RENEWAL',
    })
    expect(ended.shown).toEqual([])
  })

  it('sees a login that follows a request which found none', async () => {
    const lab = createLab()
    const auth = bearerAuth({ token: lab.source, now: () => new Date(lab.nowMs) })
    const send = async () => {
      const request = { method: 'GET', url: 'https://a.example/', headers: createHeaderMap() }
      return (await applyAuth(auth, request)).headers.get('authorization')
    }
    await expect(send()).rejects.toMatchObject({ kind: 'build', code: 'ERR_AUTH_CREDENTIAL' })
    await lab.store.update(() => stored('a', 60_000))
    lab.nowMs += 75
    expect(await send()).toBe('Bearer access-a')
  })

  it('rejects malformed options at once', () => {
    const store = createMemoryStore<StoredToken>()
    const refresh = async () => ({ accessToken: 'a' })
    for (const odd of [{}, undefined, null]) {
      expect(() => rotatingToken({ store: odd as never, refresh })).toThrow(
        'rotatingToken: store must be a DocumentStore, such as fileStore(…)',
      )
    }
    expect(() => rotatingToken({ store, refresh: 'x' as never })).toThrow(
      'rotatingToken: refresh must be a function, such as oauthRefresh(…), got a string',
    )
    expect(() => rotatingToken({ store, refresh, timeoutMs: -1 })).toThrow('rotatingToken: timeoutMs')
    expect(() => rotatingToken({ store, refresh, timeoutMs: 2 ** 30 })).toThrow(
      'rotatingToken: timeoutMs must be more than 0 and less than 2 ** 30, got ',
    )
    expect(() => rotatingToken({ store, refresh, token: 'x' } as never)).toThrow(
      'rotatingToken: unknown option "token"; it has store, refresh, select, merge, timeoutMs, now, observer',
    )
  })

  it('keeps tokens in documents of another shape, whose other properties stay', async () => {
    interface AuthFile {
      readonly OPENAI_API_KEY: string | null
      readonly tokens: {
        readonly access_token: string
        readonly refresh_token: string
        readonly id_token: string
      }
      readonly last_refresh?: string
    }
    const store = createMemoryStore<AuthFile>({
      OPENAI_API_KEY: null,
      tokens: { access_token: 'a', refresh_token: 'r', id_token: 'i' },
    })
    const source = rotatingToken({
      store,
      refresh: async () => ({ accessToken: 'b', idToken: 'j' }),
      select: ({ tokens }: AuthFile) => ({
        accessToken: tokens.access_token,
        refreshToken: tokens.refresh_token,
      }),
      merge: (document, { accessToken, refreshToken, idToken }) => ({
        ...document,
        tokens: {
          ...document.tokens,
          access_token: accessToken,
          refresh_token: refreshToken,
          id_token: idToken,
        },
        last_refresh: '2026-01-01T00:00:00Z',
      }),
    })
    expect(await source(sourceOptions({ rejected: 'a' }))).toEqual({ token: 'b' })
    expect(await store.read()).toEqual({
      OPENAI_API_KEY: null,
      tokens: { access_token: 'b', refresh_token: 'r', id_token: 'j' },
      last_refresh: '2026-01-01T00:00:00Z',
    })
  })
})

describe('bearerAuth() with rotatingToken()', () => {
  it('serves a valid token while its renewal fails, and does not wait for it', async () => {
    const lab = createLab(stored('a', 100_000))
    const auth = bearerAuth({ token: lab.source, now: () => new Date(lab.nowMs) })
    const send = async () => {
      const url = 'https://api.example.com'
      const { headers } = await applyAuth(auth, { method: 'GET', url, headers: createHeaderMap() })
      return headers.get('authorization')
    }
    expect(await send()).toBe('Bearer access-a')
    lab.answer = () => Promise.reject(outage)
    lab.nowMs += 60_000
    expect(await send()).toBe('Bearer access-a')
    await expect.poll(() => lab.shown.length).toBe(1)
    lab.nowMs += 35_000
    expect(await send()).toBe('Bearer access-a')
    lab.nowMs += 10_000
    await expect(send()).rejects.toBe(outage)
  })
})
