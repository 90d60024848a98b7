import type { AuthProvider } from '@outbound-auth/core'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { authFetch, type FetchOption } from '../src/index.js'

afterEach(() => void vi.unstubAllGlobals())

const home = 'https://a.example/'
const auth: AuthProvider = {
  kind: 'test',
  headerNames: ['x-key'],
  addAuthHeaders: (headers) => headers.set('x-key', 'k'),
}

/** The init that a transport gets. */
async function initOf(init: RequestInit): Promise<RequestInit> {
  let sent: RequestInit = {}
  const transport = (async (_: string, given: RequestInit) => {
    sent = given
    return new Response()
  }) as FetchOption
  await authFetch(auth, { allowedOrigins: [home], fetch: transport })(home, init)
  return sent
}

describe('authFetch() sends a stream', () => {
  const streaming = () => ({ method: 'POST', body: new Blob(['text']).stream(), duplex: 'half' })

  it('without the credentials of a user agent, since Node has none', async () => {
    expect(await initOf(streaming())).toMatchObject({ credentials: 'omit' })
    expect(await initOf({ method: 'POST', body: 'text' })).not.toHaveProperty('credentials')
  })

  it('of a page with its cookies', async () => {
    vi.stubGlobal('location', { href: home })
    expect(await initOf(streaming())).not.toHaveProperty('credentials')
  })

  it('in a runtime whose Request has no credentials as it is', async () => {
    vi.stubGlobal('Request', class {})
    expect(await initOf(streaming())).not.toHaveProperty('credentials')
  })
})

it.each(['error', 'manual'] as const)(
  'authFetch() leaves the redirect mode %s to its transport',
  async (redirect) => {
    expect(await initOf({ redirect })).toMatchObject({ redirect })
    expect(await initOf({ redirect: 'follow' })).toMatchObject({ redirect: 'manual' })
  },
)

it('authFetch() gives its transport null for what is absent', async () => {
  expect(await initOf({})).toMatchObject({
    method: 'GET',
    headers: { 'x-key': 'k' },
    body: null,
    signal: null,
    redirect: 'manual',
    duplex: 'half',
  })
})
