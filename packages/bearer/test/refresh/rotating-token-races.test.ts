import {
  AuthError,
  applyAuth,
  createHeaderMap,
  createMemoryStore,
  type DocumentStore,
  type SourceOptions,
} from '@outbound-auth/core'
import { afterEach, describe, expect, it, vi } from 'vitest'
import {
  bearerAuth,
  type RefreshedToken,
  rotatingToken,
  type StoredToken,
  type TokenRefresh,
} from '../../src/index.js'

const [dead, alive] = ['2000-01-01T00:00:00Z', '2999-01-01T00:00:00Z']
const old: StoredToken = { accessToken: 'access-old', refreshToken: 'refresh-old', expiresAt: dead }
const theirs: StoredToken = { accessToken: 'access-theirs', refreshToken: 'refresh-theirs', expiresAt: alive }
const mine: RefreshedToken = {
  accessToken: 'access-mine',
  refreshToken: 'refresh-mine',
  expiresAt: new Date(alive),
}
const refusal = AuthError.build('invalid_grant', { code: 'ERR_AUTH_REFRESH_REFUSED' })
const sourceOptions = (rejected?: string): SourceOptions => ({
  signal: new AbortController().signal,
  forceRefresh: rejected !== undefined,
  rejected,
})

/** A store that another program writes to without taking the lock. */
function unlockedStore(initial: StoredToken): {
  store: DocumentStore<StoredToken>
  content: StoredToken | undefined
} {
  const lab: { store: DocumentStore<StoredToken>; content: StoredToken | undefined } = {
    content: initial,
    store: {
      read: async () => lab.content,
      async update(change) {
        lab.content = (await change(lab.content)) ?? lab.content
        return lab.content
      },
    },
  }
  return lab
}

function createLab(answer: TokenRefresh, initial: StoredToken = old) {
  const lab = unlockedStore(initial)
  const shown: string[] = []
  const refresh: TokenRefresh = (refreshToken, options) => {
    shown.push(refreshToken)
    return answer(refreshToken, options)
  }
  return { lab, shown, source: rotatingToken({ store: lab.store, refresh, timeoutMs: 500 }) }
}

afterEach(() => void vi.useRealTimers())

describe('rotatingToken(), when a program that does not take the lock was faster,', () => {
  it('adopts after the refusal what is stored by then', async () => {
    const { lab, shown, source } = createLab(async () => {
      lab.content = theirs
      throw refusal
    })
    expect(await source(sourceOptions())).toMatchObject({ token: 'access-theirs' })
    expect(shown).toEqual(['refresh-old'])
    expect(lab.content).toBe(theirs)
  })

  it('adopts what is stored a moment after the refusal', async () => {
    const { lab, source } = createLab(async () => {
      setTimeout(() => (lab.content = theirs), 100)
      throw refusal
    })
    expect(await source(sourceOptions())).toMatchObject({ token: 'access-theirs' })
  })

  it.each([800, 1500])(
    'adopts what is stored when the server takes %i ms to grant it, and soon',
    async (grantMs) => {
      vi.useFakeTimers()
      const { lab, shown, source } = createLab(async () => {
        setTimeout(() => (lab.content = theirs), grantMs)
        throw refusal
      })
      const settled = vi.fn()
      Promise.resolve(source(sourceOptions())).then(settled, settled)
      await vi.advanceTimersByTimeAsync(grantMs + 500)
      expect(settled.mock.calls).toEqual([[expect.objectContaining({ token: 'access-theirs' })]])
      expect(shown).toEqual(['refresh-old'])
    },
  )

  it('looks often at first, and for 2 s altogether', async () => {
    vi.useFakeTimers()
    const looks: number[] = []
    let refusedAtMs = Number.NaN
    const { lab, source } = createLab(async () => {
      refusedAtMs = Date.now()
      throw refusal
    })
    const { read } = lab.store
    lab.store.read = () => {
      if (!Number.isNaN(refusedAtMs)) looks.push(Date.now() - refusedAtMs)
      return read()
    }
    const outcome = expect(source(sourceOptions())).rejects.toBe(refusal)
    await vi.advanceTimersByTimeAsync(10_000)
    await outcome
    expect(looks[0]).toBe(0)
    expect(looks.filter((ms) => ms <= 300).length).toBeGreaterThanOrEqual(3)
    expect(looks.at(-1)).toBe(2000)
    expect(looks.length).toBeLessThanOrEqual(8)
  })

  it('has the time for that also with a short time limit', async () => {
    vi.useFakeTimers()
    const { source } = createLab(async () => {
      throw refusal
    })
    const request = { method: 'GET', url: 'https://a.example/', headers: createHeaderMap() }
    const outcome = expect(applyAuth(bearerAuth({ token: source }), request)).rejects.toBe(refusal)
    await vi.dynamicImportSettled()
    await vi.advanceTimersByTimeAsync(10_000)
    await outcome
  })

  it('refreshes with their refresh token when their access token has ended, and then gives up', async () => {
    const { lab, shown, source } = createLab(async () => {
      lab.content = { ...theirs, expiresAt: dead }
      throw refusal
    })
    await expect(source(sourceOptions())).rejects.toBe(refusal)
    expect(shown).toEqual(['refresh-old', 'refresh-theirs'])
  })

  it('never overwrites a login that happened while the server was asked', async () => {
    const { lab, source } = createLab(async () => {
      lab.content = theirs
      return mine
    })
    expect(await source(sourceOptions())).toMatchObject({ token: 'access-theirs' })
    expect(lab.content).toBe(theirs)
  })

  it('adopts the login even when that has to be refreshed first, and happens twice', async () => {
    let logins = 0
    const { lab, source } = createLab(async () => {
      lab.content = {
        ...theirs,
        refreshToken: `refresh-theirs-${++logins}`,
        expiresAt: logins > 1 ? alive : dead,
      }
      return mine
    })
    expect(await source(sourceOptions())).toMatchObject({ token: 'access-theirs' })
    expect(logins).toBe(2)
  })

  it('does not bring back what was deleted while the server was asked', async () => {
    const { lab, source } = createLab(async () => {
      lab.content = undefined
      return mine
    })
    await expect(source(sourceOptions())).rejects.toMatchObject({
      kind: 'build',
      code: 'ERR_AUTH_CREDENTIAL',
    })
    expect(lab.content).toBeUndefined()
  })

  it('keeps properties that were written while the server was asked', async () => {
    const { lab, source } = createLab(async () => {
      lab.content = { ...old, note: 'new' } as StoredToken
      return mine
    })
    expect(await source(sourceOptions())).toMatchObject({ token: 'access-mine' })
    expect(lab.content).toMatchObject({ refreshToken: 'refresh-mine', note: 'new' })
  })
})

describe('a refusal for good', () => {
  it('is remembered without a request until the stored document changes', async () => {
    const { lab, shown, source } = createLab(async (refreshToken) => {
      if (refreshToken === 'refresh-old') throw refusal
      return mine
    })
    const { update } = lab.store
    let locks = 0
    lab.store.update = (...parameters) => {
      locks += 1
      return update(...parameters)
    }
    for (let round = 0; round < 3; round++) await expect(source(sourceOptions())).rejects.toBe(refusal)
    expect(shown).toEqual(['refresh-old'])
    // Nor does it keep others from the lock.
    expect(locks).toBe(1)
    expect(lab.content).toEqual(old)
    lab.content = { ...theirs, expiresAt: dead }
    expect(await source(sourceOptions())).toMatchObject({ token: 'access-mine' })
  })

  it('found inside the lock is not asked for again', async () => {
    const { lab, shown, source } = createLab(async () => {
      throw refusal
    })
    await expect(source(sourceOptions())).rejects.toBe(refusal)
    // The source looks before the lock, too; only inside it the document is the refused one again.
    const { read } = lab.store
    let reads = 0
    lab.store.read = async () => (reads++ === 0 ? { ...old, note: 'x' } : read())
    await expect(source(sourceOptions())).rejects.toBe(refusal)
    expect(shown).toHaveLength(1)
  })

  it('is told although the document cannot be read once more', async () => {
    const { lab, shown, source } = createLab(async () => {
      lab.store.read = () => Promise.reject(new Error('disk'))
      throw refusal
    })
    const { read } = lab.store
    await expect(source(sourceOptions())).rejects.toBe(refusal)
    lab.store.read = read
    await expect(source(sourceOptions())).rejects.toBe(refusal)
    expect(shown).toHaveLength(1)
  })

  it('leaves a stored access token usable while that lives', async () => {
    const left = { ...old, expiresAt: new Date(Date.now() + 3000).toISOString() }
    const { source } = createLab(async () => {
      throw refusal
    }, left)
    expect(await source(sourceOptions())).toMatchObject({ token: 'access-old' })
    // The caller has it now, and keeps it by itself.
    await expect(source(sourceOptions())).rejects.toBe(refusal)
    await expect(source(sourceOptions('access-old'))).rejects.toBe(refusal)
  })

  it('a failure that may pass is not remembered', async () => {
    const answers = [
      () => Promise.reject(AuthError.transient('503', { code: 'ERR_AUTH_REFRESH_UNAVAILABLE' })),
    ]
    const { source } = createLab(async () => answers.pop()?.() ?? mine)
    await expect(source(sourceOptions())).rejects.toMatchObject({ kind: 'transient' })
    expect(await source(sourceOptions())).toMatchObject({ token: 'access-mine' })
    const foreign = new Error('bug')
    await expect(createLab(() => Promise.reject(foreign)).source(sourceOptions())).rejects.toBe(foreign)
  })
})

describe('an answer of the server', () => {
  it('that could not be stored is stored by the next call, which shows the old refresh token to nobody', async () => {
    const { lab, shown, source } = createLab(async () => mine)
    const { update } = lab.store
    const full = AuthError.transient('disk full', { code: 'ERR_AUTH_STORE_IO' })
    lab.store.update = async (change) => {
      await change(lab.content)
      throw full
    }
    for (let call = 0; call < 10; call++) {
      expect(await source(sourceOptions())).toMatchObject({ token: 'access-mine' })
    }
    expect(lab.content).toEqual(old)
    lab.store.update = update
    expect(await source(sourceOptions())).toMatchObject({ token: 'access-mine' })
    expect(lab.content).toMatchObject({ refreshToken: 'refresh-mine' })
    expect(shown).toEqual(['refresh-old'])
  })

  it('that could not be stored, and was refused meanwhile, is refreshed with its own refresh token', async () => {
    let count = 0
    const { lab, shown, source } = createLab(async () => {
      count += 1
      return { ...mine, accessToken: `access-${count}`, refreshToken: `refresh-${count}` }
    })
    const { update } = lab.store
    lab.store.update = async (change) => {
      await change(lab.content)
      throw new Error('disk full')
    }
    expect(await source(sourceOptions())).toMatchObject({ token: 'access-1' })
    lab.store.update = update
    expect(await source(sourceOptions('access-1'))).toMatchObject({ token: 'access-2' })
    expect(shown).toEqual(['refresh-old', 'refresh-1'])
    expect(lab.content).toMatchObject({ refreshToken: 'refresh-2' })
  })

  it('is stored although the caller has given up', async () => {
    const store = createMemoryStore(old)
    const caller = new AbortController()
    const source = rotatingToken({
      store,
      async refresh(_, { signal }) {
        caller.abort(new Error('gave up'))
        signal.throwIfAborted()
        return mine
      },
    })
    await source({ ...sourceOptions(), signal: caller.signal })
    expect(await store.read()).toMatchObject({ refreshToken: 'refresh-mine' })
  })

  it('with the refused token once more is handed on: the cache tells that it is no other one', async () => {
    const { source } = createLab(async () => ({ ...mine, accessToken: 'access-old' }))
    expect(await source(sourceOptions('access-old'))).toMatchObject({ token: 'access-old' })
  })

  it('that does not come within timeoutMs is waited for no longer', async () => {
    const refresh = () => new Promise<RefreshedToken>(() => {})
    const source = rotatingToken({ store: createMemoryStore(old), refresh, timeoutMs: 30 })
    await expect(source(sourceOptions())).rejects.toMatchObject({
      kind: 'transient',
      code: 'ERR_AUTH_TIMEOUT',
    })
  })
})

it('rotatingToken() tells a waiting store when another process has renewed the token', async () => {
  let document: StoredToken = old
  const said: boolean[] = []
  const store: DocumentStore<StoredToken> = {
    read: async () => document,
    async update(change, { isDone } = {}) {
      said.push(isDone?.(document) ?? false)
      // The lock is taken; meanwhile the winner writes.
      document = theirs
      said.push(isDone?.(document) ?? false)
      return said.at(-1) ? document : ((await change(document)) ?? document)
    },
  }
  const refresh: TokenRefresh = () => {
    throw new Error('There is nothing to refresh')
  }
  const source = rotatingToken({ store, refresh })
  expect(await source(sourceOptions())).toMatchObject({ token: 'access-theirs' })
  expect(said).toEqual([false, true])
})
