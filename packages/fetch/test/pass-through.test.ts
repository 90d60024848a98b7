import type { AuthProvider } from '@outbound-auth/core'
import { describe, expect, it } from 'vitest'
import { authFetch, type FetchOption } from '../src/index.js'

const auth: AuthProvider = {
  kind: 'test',
  headerNames: ['x-key'],
  addAuthHeaders: (headers) => headers.set('x-key', 'k'),
}

/** A fetch that passes requests to other origins on, and what its transport got. */
function passing() {
  const inits: unknown[] = []
  const transport = (async (_: unknown, init: unknown) => {
    inits.push(init)
    return new Response()
  }) as FetchOption
  const options = { allowedOrigins: ['https://a.example'], otherOrigins: 'pass', fetch: transport } as const
  return { inits, fetch: authFetch(auth, options) }
}

describe('authFetch(), for an origin that is not its own,', () => {
  it.each([1, 'planted', true])('rejects the init %j without quoting it', async (init) => {
    const { fetch, inits } = passing()
    await expect(fetch('https://b.example', init as never)).rejects.toThrow(
      new TypeError(`authFetch: init must be an object, got a ${typeof init}`),
    )
    expect(inits).toEqual([])
  })

  it.each<[string, unknown]>([
    ['a list', [['x-key', 'planted\nx']]],
    ['a Set', new Set([['x-key', 'planted\nx']])],
    ['a Map', new Map([['x-key', 'planted\nx']])],
    ['an object', { 'x-key': 'planted\nx' }],
  ])('rejects an illegal header in %s without quoting it', async (_, headers) => {
    const { fetch, inits } = passing()
    const error = await fetch('https://b.example', { headers: headers as HeadersInit }).catch(
      (e: unknown) => e,
    )
    expect(error).toMatchObject({ code: 'ERR_AUTH_HEADER_VALUE' })
    expect(String(error)).not.toContain('planted')
    expect(inits).toEqual([])
  })

  it('does not read headers that can be read only once', async () => {
    const { fetch, inits } = passing()
    const headers = [['x-a', '1']].values()
    await fetch('https://b.example', { headers: headers as never })
    expect([...(inits[0] as { headers: Iterable<unknown> }).headers]).toEqual([['x-a', '1']])
  })
})
