import { afterEach, describe, expect, it, vi } from 'vitest'
import { applyAuth, cachedCredential, createHeaderMap } from '../../../src/index.js'
import type { CachedCredential, Credential } from '../../../src/provider.js'
import { createCredentialLab, deferred, settle } from './credential-lab.js'

const hour = 3_600_000
const cycle = { kind: 'build', code: 'ERR_AUTH_SOURCE_CYCLE', provider: 'test' }

afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

describe('cachedCredential() with a source that needs its own credential', () => {
  it('says at once that the source waits for itself', async () => {
    const lab = createCredentialLab()
    lab.answer = async () => {
      await settle()
      return lab.issue(await lab.cache.get())
    }
    const error = await lab.cache.get().catch((thrown) => thrown)
    expect(error).toMatchObject(cycle)
    expect(error.message).toBe(
      'The test credential source waits for itself: it sends a request that needs the credential which it fetches. Give it a client of its own',
    )
  })

  it('lets a source that can do without it go on', async () => {
    const lab = createCredentialLab()
    lab.answer = async () => lab.issue(await lab.cache.get().catch(() => 'fallback'))
    expect(await lab.cache.get()).toBe('fallback')
  })

  it('says so also after a rejection', async () => {
    const lab = createCredentialLab({ lifeMs: hour })
    await lab.cache.get()
    lab.answer = async () => {
      await lab.cache.recover('token-1', 0)
      return lab.issue('new')
    }
    await expect(lab.cache.recover('token-1', 0)).rejects.toMatchObject(cycle)
  })

  it('renews with the credential that is still valid', async () => {
    const lab = createCredentialLab({ lifeMs: hour })
    await lab.cache.get()
    lab.answer = async () => lab.issue(`after ${await lab.cache.get()}`)
    expect(await lab.cache.recover('token-1', 0)).toBe(true)
    expect(await lab.cache.get()).toBe('after token-1')
  })

  it('lets requests that do not belong to the source wait', async () => {
    const lab = createCredentialLab({ lifeMs: hour })
    const answer = deferred<Credential<string>>()
    lab.answer = () => answer.promise
    const waiting = [lab.cache.get(), lab.cache.get()]
    await settle()
    waiting.push(lab.cache.get())
    answer.resolve(lab.issue('new'))
    expect(await Promise.all(waiting)).toEqual(['new', 'new', 'new'])
  })

  it('finds a circle of two caches', async () => {
    const source = (next: () => Promise<string>) => async () => ({ value: await next(), id: 'x' })
    let second: CachedCredential<string> | undefined
    const first = cachedCredential<string>({
      kind: 'test',
      source: source(async () => (await second?.get()) ?? ''),
    })
    second = cachedCredential<string>({ kind: 'other', source: source(() => first.get()) })
    await expect(first.get()).rejects.toMatchObject(cycle)
  })

  it('does not mistake what a source has left behind for the source', async () => {
    const lab = createCredentialLab({ lifeMs: hour })
    const later = deferred<string>()
    let left: Promise<string> | undefined
    lab.answer = () => {
      left ??= later.promise.then(() => lab.cache.get())
      return lab.issue(`token-${lab.calls.length}`)
    }
    await lab.cache.get()
    lab.nowMs += hour
    const slow = deferred<Credential<string>>()
    lab.answer = () => slow.promise
    const waiting = lab.cache.get()
    later.resolve('')
    await settle()
    slow.resolve(lab.issue('new'))
    expect(await Promise.all([waiting, left])).toEqual(['new', 'new'])
  })

  it.each([
    ['is missing', () => vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined as never)],
    ['has no AsyncLocalStorage', () => vi.spyOn(process, 'getBuiltinModule').mockReturnValue({} as never)],
  ])('where node:async_hooks %s, ends with the time limit', async (_, stub) => {
    stub()
    vi.useFakeTimers()
    const lab = createCredentialLab()
    lab.answer = async () => lab.issue(await lab.cache.get())
    const failed = expect(lab.cache.get()).rejects.toMatchObject({ code: 'ERR_AUTH_TIMEOUT' })
    await vi.advanceTimersByTimeAsync(30_000)
    await failed
    expect(vi.getTimerCount()).toBe(0)
  })

  it('fails the request of a provider with that reason', async () => {
    const request = () => ({ method: 'GET', url: 'https://a.example/', headers: createHeaderMap() })
    const cache = cachedCredential<string>({
      kind: 'test',
      source: async () => {
        await applyAuth(provider, request())
        return { value: 'a', id: 'a' }
      },
    })
    const provider = {
      kind: 'test',
      headerNames: ['x-key'],
      addAuthHeaders() {},
      async applyAuth(sent: ReturnType<typeof request>) {
        sent.headers.set('x-key', await cache.get())
        return sent
      },
    }
    await expect(applyAuth(provider, request())).rejects.toMatchObject(cycle)
  })
})
