import { getEventListeners } from 'node:events'
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import {
  AuthError,
  type AuthProvider,
  type AuthRequest,
  applyAuth,
  createHeaderMap,
} from '../../src/index.js'

const newRequest = (): AuthRequest => ({
  method: 'GET',
  url: 'https://a.example/',
  headers: createHeaderMap({ accept: '*/*' }),
})

function provider(applyAuth: AuthProvider['applyAuth'], add: AuthProvider['addAuthHeaders'] = () => {}) {
  const base = { kind: 'mine', headerNames: ['x-key'], addAuthHeaders: add }
  return applyAuth === undefined ? base : { ...base, applyAuth }
}

describe('applyAuth()', () => {
  it('calls addAuthHeaders() where that is all there is', async () => {
    const request = newRequest()
    const keyed = provider(undefined, (headers) => headers.set('x-key', 'k'))
    const applied = await applyAuth(keyed, request)
    expect(applied).toBe(request)
    expect([...applied.headers]).toEqual([
      ['accept', '*/*'],
      ['x-key', 'k'],
    ])
  })

  it('returns the request that the provider returned', async () => {
    const replaced = { ...newRequest(), headers: createHeaderMap({ 'x-key': 'k' }) }
    expect(
      await applyAuth(
        provider(async () => replaced),
        newRequest(),
      ),
    ).toBe(replaced)
  })

  it('passes signal and minValidityMs on', async () => {
    const { signal } = new AbortController()
    let seen: unknown
    const watching = provider(async (request, options) => {
      seen = options
      request.headers.set('x-key', 'k')
      return request
    })
    await applyAuth(watching, newRequest(), { signal, minValidityMs: 5 })
    expect(seen).toEqual({ signal, minValidityMs: 5 })
  })

  it('passes an AuthError on as it is', async () => {
    const error = AuthError.transient('Later', { code: 'ERR_AUTH_SOURCE' })
    const failing = provider(async () => {
      throw error
    })
    await expect(applyAuth(failing, newRequest())).rejects.toBe(error)
  })

  it.each<[string, AuthProvider]>([
    ['rejects', provider(() => Promise.reject(new TypeError('secret-1')))],
    [
      'throws at once',
      provider(() => {
        throw new TypeError('secret-1')
      }),
    ],
    [
      'throws in addAuthHeaders()',
      provider(undefined, () => {
        throw new TypeError('secret-1')
      }),
    ],
  ])(
    'makes ERR_AUTH_PROVIDER of a foreign error that a provider %s, without its text',
    async (_how, failing) => {
      for (const options of [{}, { signal: new AbortController().signal }]) {
        const error = await applyAuth(failing, newRequest(), options).catch((thrown) => thrown)
        expect(error).toMatchObject({ kind: 'build', code: 'ERR_AUTH_PROVIDER', provider: 'mine' })
        expect(error.cause).toEqual({ name: 'TypeError', stack: expect.any(Array) })
        expect(error.message).toContain('threw TypeError, not an AuthError')
        expect(inspect(error, { showHidden: true, depth: Infinity })).not.toContain('secret-1')
      }
    },
  )

  it.each([
    undefined,
    null,
    {},
    { url: 7 },
    { url: 'https://a.example/', headers: { 'x-key': 'k' } },
    { url: 'https://a.example/', headers: { get: () => 'k' } },
    { url: 'https://a.example/', headers: { set: () => {} } },
  ])('refuses %j from a provider: nothing may be sent', async (value) => {
    const empty = provider((async () => value) as unknown as AuthProvider['applyAuth'])
    for (const options of [{}, { signal: new AbortController().signal }]) {
      await expect(applyAuth(empty, newRequest(), options)).rejects.toMatchObject({
        kind: 'build',
        code: 'ERR_AUTH_PROVIDER',
        provider: 'mine',
        message: 'The mine provider returned no request with headers',
      })
    }
  })

  it('takes for an abort only the reason of a signal that has aborted', async () => {
    const controller = new AbortController()
    const { signal } = controller
    const rejecting = provider(() => Promise.reject(undefined))
    await expect(applyAuth(rejecting, newRequest(), { signal })).rejects.toMatchObject({
      code: 'ERR_AUTH_PROVIDER',
    })
    const aborting = (error: unknown) =>
      provider(() => {
        controller.abort('enough')
        throw error
      })
    await expect(applyAuth(aborting(new Error('No')), newRequest(), { signal })).rejects.toMatchObject({
      code: 'ERR_AUTH_PROVIDER',
    })
    const again = new AbortController()
    const passing = provider(() => {
      again.abort('enough')
      throw again.signal.reason
    })
    await expect(applyAuth(passing, newRequest(), { signal: again.signal })).rejects.toBe('enough')
  })

  it.each<[unknown, string]>([
    [undefined, 'url must be a string, got undefined'],
    [null, 'url must be a string, got undefined'],
    [{ headers: new Headers() }, 'url must be a string, got undefined'],
    [{ url: new URL('https://a.example/') }, 'url must be a string, got an object'],
    [{ url: 'https://a.example/' }, 'headers must be a Headers or HeaderMap, got undefined'],
    [{ url: 'https://a.example/', headers: null }, 'headers must be a Headers or HeaderMap, got null'],
    [{ url: 'https://a.example/', headers: [] }, 'headers must be a Headers or HeaderMap, got an array'],
  ])('says what is wrong with the request %j', async (request, problem) => {
    const keyed = provider(undefined, (headers) => headers.set('x-key', 'k'))
    const message = `applyAuth: request.${problem}`
    await expect(applyAuth(keyed, request as AuthRequest)).rejects.toThrow(new TypeError(message))
  })

  it.each<[string, Partial<AuthProvider>]>([
    ['adds nothing', {}],
    ['sets an empty header', { addAuthHeaders: (headers) => headers.set('x-key', ' \t') }],
    [
      'sets only what stands beside the credential',
      { headerNames: ['x-key', 'x-account'], addAuthHeaders: (headers) => headers.set('x-account', 'a') },
    ],
    ['returns the request bare', { applyAuth: async (request) => request }],
    ['leaves its query parameter out', { headerNames: [], queryNames: ['key'] }],
    [
      'leaves its query parameter empty',
      {
        headerNames: [],
        queryNames: ['key'],
        applyAuth: async (request) => ({ ...request, url: 'https://a.example/?key=' }),
      },
    ],
  ])('refuses the request of a provider that %s: nothing goes out bare', async (_what, change) => {
    await expect(applyAuth({ ...provider(undefined), ...change }, newRequest())).rejects.toMatchObject({
      kind: 'build',
      code: 'ERR_AUTH_PROVIDER',
      message: 'The mine provider left the request without a credential',
    })
  })

  it('does not ask the provider when the signal has aborted already', async () => {
    let calls = 0
    const counting = provider(async (request) => {
      calls += 1
      return request
    })
    const reason = new Error('Enough')
    for (const auth of [counting, provider(undefined, () => calls++)]) {
      await expect(applyAuth(auth, newRequest(), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    }
    expect(calls).toBe(0)
  })

  it.each([new Error('Enough'), 'a text', undefined, AuthError.build('No', { code: 'ERR_AUTH_SOURCE' })])(
    'rejects with the reason %s at once when the signal aborts while the provider waits',
    async (reason) => {
      const controller = new AbortController()
      const waiting = applyAuth(
        provider(() => new Promise(() => {})),
        newRequest(),
        { signal: controller.signal },
      )
      controller.abort(reason)
      await expect(waiting).rejects.toBe(controller.signal.reason)
    },
  )

  it('ignores what a provider does after the abort', async () => {
    const controller = new AbortController()
    let fail = (_error: Error) => {}
    const pending = new Promise<AuthRequest>((_resolve, reject) => {
      fail = reject
    })
    const waiting = applyAuth(
      provider(() => pending),
      newRequest(),
      { signal: controller.signal },
    )
    controller.abort(new Error('Enough'))
    await expect(waiting).rejects.toThrow('Enough')
    fail(new Error('Too late'))
    await new Promise((resolve) => setTimeout(resolve, 5))
  })

  it('leaves no listener on a signal that many requests share', async () => {
    const { signal } = new AbortController()
    const failing = provider(() => Promise.reject(new Error('No')))
    for (let index = 0; index < 20; index++) {
      await applyAuth(
        provider(async (request) => ({ ...request, headers: createHeaderMap({ 'x-key': 'k' }) })),
        newRequest(),
        { signal },
      )
      await applyAuth(failing, newRequest(), { signal }).catch(() => {})
    }
    await new Promise((resolve) => setTimeout(resolve, 0))
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })
})
