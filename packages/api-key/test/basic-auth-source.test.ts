import type { AuthRequest, SourceOptions } from '@outbound-auth/core'
import { describe, expect, it, vi } from 'vitest'
import { type BasicAuthOptions, basicAuth } from '../src/index.js'

const hourMs = 3_600_000
const basic = (pair: string) => `Basic ${btoa(pair)}`
const newRequest = (): AuthRequest => ({ method: 'GET', url: 'https://a.example/', headers: new Headers() })

/** Sends one request, and says what it was sent with. */
async function sentBy(auth: ReturnType<typeof basicAuth>): Promise<AuthRequest> {
  return (await auth.applyAuth?.(newRequest())) ?? newRequest()
}

describe('basicAuth() with a source', () => {
  const dated = (token: string) => ({ token, expiresAt: new Date(Date.now() + hourMs) })

  it('adds the password to headers once it is there', async () => {
    const auth = basicAuth({ user: 'u', password: () => dated('p') })
    const cold = new Headers()
    auth.addAuthHeaders(cold)
    expect([...cold]).toEqual([])
    expect((await sentBy(auth)).headers.get('authorization')).toBe(basic('u:p'))
    const warm = new Headers()
    auth.addAuthHeaders(warm)
    expect([...warm]).toEqual([['authorization', basic('u:p')]])
  })

  it('says when the password expires, once it is there', async () => {
    const auth = basicAuth({ user: 'u', password: () => dated('p') })
    expect(auth.expiresAt?.()).toBeUndefined()
    await sentBy(auth)
    expect(Math.abs(Number(auth.expiresAt?.()) - Date.now() - hourMs)).toBeLessThan(hourMs / 2)
  })

  it('tells its source the rejected password, and only the one that it gave last', async () => {
    const source = vi.fn((_: SourceOptions) => dated(`p${source.mock.calls.length}`))
    const auth = basicAuth({ user: 'u', password: (options) => source(options) })
    const request = await sentBy(auth)
    const rejection = { request, status: 401, headers: new Headers(), readBody: async () => '', attempt: 0 }
    expect(await auth.recover?.(rejection)).toBe(true)
    expect(source.mock.calls.map(([{ rejected }]) => rejected)).toEqual([undefined, 'p1'])
    expect((await sentBy(auth)).headers.get('authorization')).toBe(basic('u:p2'))
  })

  it('is asked without a rejected password before it gave one', async () => {
    const source = vi.fn((_: SourceOptions) => dated('p'))
    await sentBy(basicAuth({ user: 'u', password: (options) => source(options) }))
    expect(source.mock.calls[0]?.[0].rejected).toBeUndefined()
  })

  it('takes a pair that looks like a placeholder, since nothing in it can be one', async () => {
    const auth = basicAuth({ user: '', password: () => 'undefined' })
    expect((await sentBy(auth)).headers.get('authorization')).toBe(basic(':undefined'))
  })

  it.each<[string, unknown]>([
    ['null', null],
    ['number', 5],
    ['undefined', undefined],
  ])('says that it got %s instead of a string', async (name, password) => {
    const auth = basicAuth({
      user: 'u',
      password: (() => password) as unknown as BasicAuthOptions['password'],
    })
    await expect(sentBy(auth)).rejects.toMatchObject({
      code: 'ERR_AUTH_CREDENTIAL',
      message: expect.stringMatching(new RegExp(`password .*string.*${name}`)),
    })
  })
})
