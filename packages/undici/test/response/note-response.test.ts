import type { AuthProvider } from '@outbound-auth/core'
import { expect, test } from 'vitest'
import { loopback } from '../../../../test/support/loopback.js'
import { authInterceptor } from '../../src/index.js'
import { agentWith } from '../agent-with.js'
import { eachUndici } from '../each-undici.js'

type Change = Pick<AuthProvider, 'recover' | 'applyAuth'>

eachUndici((undici) => {
  test.each<[string, Change]>([
    ['without recovery', {}],
    ['with recovery', { recover: async () => true }],
    [
      'that takes time',
      {
        recover: async () => true,
        async applyAuth(request) {
          await Promise.resolve()
          request.headers.set('x-key', 'k')
          return request
        },
      },
    ],
  ])('authInterceptor() shows a provider %s each response before the handler sees it', async (_, change) => {
    const foreign = await loopback((_, response) =>
      response.writeHead(200, { 'dpop-nonce': 'foreign' }).end(),
    )
    const home = await loopback(({ path }, response) => {
      const status = path === '/c' ? 401 : Number(path.slice(1))
      response.writeHead(status, { 'dpop-nonce': `home${path}`, location: `${foreign.origin}/200` }).end()
    })
    const noted: string[] = []
    const auth: AuthProvider = {
      kind: 'key',
      headerNames: ['x-key'],
      addAuthHeaders: (headers) => headers.set('x-key', 'k'),
      noteResponse: ({ request, status, headers }) =>
        void noted.push(`${request.headers.get('x-key')} ${status} ${headers.get('dpop-nonce')}`),
      ...change,
    }
    const options = { allowedOrigins: [home.origin], otherOrigins: 'pass' } as const
    const agent = agentWith(undici, authInterceptor(auth, options))
    for (const path of ['/200', '/302', '/500']) {
      const { statusCode, body } = await agent.request({ origin: home.origin, path, method: 'GET' })
      const last = noted.at(-1)
      await body.dump()
      expect([`k ${statusCode} home${path}`]).toContain(last)
    }
    expect(noted).toEqual(['k 200 home/200', 'k 302 home/302', 'k 500 home/500'])
    await (await agent.request({ origin: foreign.origin, path: '/200', method: 'GET' })).body.dump()
    expect(noted).toHaveLength(3)
    await (await agent.request({ origin: home.origin, path: '/c', method: 'GET' })).body.dump()
    const rejections = 'recover' in change ? 3 : 1
    expect(noted.slice(3)).toEqual(Array(rejections).fill('k 401 home/c'))
    expect(foreign.arrivals[0]?.headers).not.toHaveProperty('x-key')
  })
})
