import type { AuthProvider } from '@outbound-auth/core'
import { expect, onTestFinished, test } from 'vitest'
import { loopback } from '../../../../test/support/loopback.js'
import { authInterceptor } from '../../src/index.js'
import { eachUndici } from '../each-undici.js'

const recoveries = 20

eachUndici((undici) => {
  test.each([0, 1000, 60_000, 65_536, 100_000])(
    'authInterceptor() keeps the connection of a rejection of %i bytes, recovery after recovery',
    async (size) => {
      let valid = 'token-1'
      const { origin, connections, arrivals } = await loopback(({ headers }, response) => {
        if (headers.authorization === `Bearer ${valid}`) response.end('ok')
        else response.writeHead(401).end('x'.repeat(size))
      })
      let calls = 1
      // bearerAuth pauses when a renewed token is rejected again so soon.
      const auth: AuthProvider = {
        kind: 'rotating',
        headerNames: ['authorization'],
        addAuthHeaders: (headers) => headers.set('authorization', `Bearer token-${calls}`),
        async recover() {
          valid = `token-${++calls}`
          return true
        },
      }
      const agent = new undici.Agent()
      onTestFinished(() => agent.destroy())
      const dispatcher = agent.compose(authInterceptor(auth, { allowedOrigins: [origin] }))
      const post = async () => {
        const response = await undici.fetch(origin, { dispatcher, method: 'POST', body: '{}' } as never)
        return [response.status, await response.text()]
      }
      await post()
      for (let index = 0; index < recoveries; index++) {
        valid = 'expired meanwhile'
        expect(await post()).toEqual([200, 'ok'])
      }
      expect(arrivals).toHaveLength(1 + 2 * recoveries)
      expect(connections()).toBeLessThanOrEqual(2)
    },
  )
})
