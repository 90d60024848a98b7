import type { AuthProvider } from '@outbound-auth/core'
import { expect, test } from 'vitest'
import { loopback } from '../../../../test/support/loopback.js'
import { authFetch } from '../../src/index.js'

test('authFetch() shows the provider the responses to its requests, and none of another origin', async () => {
  const foreign = await loopback((_, response) => response.writeHead(200, { 'dpop-nonce': 'foreign' }).end())
  const home = await loopback(({ path }, response) => {
    const location = path === '/a' ? '/b' : `${foreign.origin}/c`
    response.writeHead(path === '/d' ? 403 : 302, { 'dpop-nonce': `home${path}`, location }).end()
  })
  const noted: string[] = []
  const auth: AuthProvider = {
    kind: 'key',
    headerNames: ['x-key'],
    addAuthHeaders: (headers) => headers.set('x-key', 'k'),
    noteResponse: ({ request, status, headers }) =>
      void noted.push(`${new URL(request.url).pathname} ${status} ${headers.get('dpop-nonce')}`),
  }
  const fetch = authFetch(auth, { allowedOrigins: [home.origin] })
  expect((await fetch(`${home.origin}/a`)).headers.get('dpop-nonce')).toBe('foreign')
  await fetch(`${home.origin}/d`)
  expect(noted).toEqual(['/a 302 home/a', '/b 302 home/b', '/d 403 home/d'])
})
