import type { AuthProvider } from '@outbound-auth/core'
import { describe, expect, it } from 'vitest'
import { authFetch, type FetchOption } from '../../src/index.js'

const home = 'https://a.example/'
const auth: AuthProvider = {
  kind: 'test',
  headerNames: ['x-key'],
  addAuthHeaders: (headers) => headers.set('x-key', 'k'),
}

/** The requests that a transport gets of a call with this input. */
async function sentOf(input: unknown): Promise<{ url: string; body: unknown }[]> {
  const sent: { url: string; body: unknown }[] = []
  const transport = (async (url: string, { body }: RequestInit) => {
    sent.push({ url, body })
    return new Response()
  }) as FetchOption
  await authFetch(auth, { allowedOrigins: [home], fetch: transport })(input as Request)
  return sent
}

describe('authFetch()', () => {
  it.each([
    ['method', { url: 'https://b.example/', headers: new Headers() }],
    ['url', { method: 'GET', headers: new Headers() }],
    ['headers', { url: 'https://b.example/', method: 'GET' }],
    ['get() of the headers', { url: 'https://b.example/', method: 'GET', headers: {} }],
  ])('reads an object that has no %s as a URL, and not as a Request', async (_, fields) => {
    expect(await sentOf({ ...fields, toString: () => home })).toMatchObject([{ url: home }])
  })

  it.each([
    ['null', { body: null, arrayBuffer: () => Promise.reject(new Error('it was read')) }],
    ['undefined, and that cannot be read', { body: undefined }],
  ])('sends no body for a Request whose body is %s', async (_, fields) => {
    const request = { url: home, method: 'POST', headers: new Headers(), bodyUsed: true, ...fields }
    expect(await sentOf(request)).toEqual([{ url: home, body: null }])
  })

  it('sends the body of a Request of a library that cannot be read', async () => {
    const request = { url: home, method: 'POST', headers: new Headers(), body: 'text' }
    expect(await sentOf(request)).toEqual([{ url: home, body: 'text' }])
  })

  it('sends the body of a Request of a runtime that does not show whether it has one', async () => {
    const bytes = new TextEncoder().encode('text')
    const request = {
      url: home,
      method: 'POST',
      headers: new Headers(),
      arrayBuffer: async () => bytes.buffer,
    }
    expect(await sentOf(request)).toEqual([{ url: home, body: bytes }])
  })

  it('says that the body of a Request was read before', async () => {
    const request = new Request(home, { method: 'POST', body: 'text' })
    await request.text()
    await expect(sentOf(request)).rejects.toThrow(
      new TypeError('authFetch: the body of the Request was read before'),
    )
  })
})
