import { bearerAuth } from '@outbound-auth/bearer'
import { expect, onTestFinished, test } from 'vitest'
import { authInterceptor } from '../src/index.js'
import { eachUndici } from './each-undici.js'
import { loopback } from './loopback.js'

const recoveries = 20

eachUndici((undici) => {
  test.each([0, 1000, 60_000, 65_536, 100_000])(
    'authInterceptor() keeps the connection of a rejection of %i bytes, recovery after recovery',
    async (size) => {
      let valid = ''
      const { origin, connections, arrivals } = await loopback(({ headers }, response) => {
        if (headers.authorization === `Bearer ${valid}`) response.end('ok')
        else response.writeHead(401).end('x'.repeat(size))
      })
      let calls = 0
      const token = async () => {
        valid = `token-${++calls}`
        return valid
      }
      const auth = bearerAuth({ refreshIntervalMs: 0, token })
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
