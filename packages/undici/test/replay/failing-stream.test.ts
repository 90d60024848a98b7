import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { bearerAuth } from '@outbound-auth/bearer'
import type { AuthProvider } from '@outbound-auth/core'
import type { Dispatcher } from 'undici'
import { expect, test } from 'vitest'
import { loopback } from '../../../../test/support/loopback.js'
import { authInterceptor } from '../../src/index.js'
import { agentWith, failure } from '../agent-with.js'
import { eachUndici } from '../each-undici.js'

const broken = new Error('the disk is gone')

/** undici listens to a stream only when it takes the request, and an error that nobody hears ends the process. */
const streams: [string, () => Readable, object][] = [
  ['of a file that is not there', () => createReadStream('/this/file/is/missing'), { code: 'ENOENT' }],
  ['that breaks at once', () => new Readable({ read() {} }).destroy(broken), broken],
  [
    'that breaks later',
    () => {
      const stream = new Readable({ read() {} })
      setTimeout(() => stream.destroy(broken), 5)
      return stream
    },
    broken,
  ],
]

const later = async () => {
  await sleep(30)
  return 'token'
}

const { applyAuth, addAuthHeaders, headerNames, kind } = bearerAuth({ token: later })
const providers: [string, () => AuthProvider][] = [
  ['that waits', () => bearerAuth({ token: later })],
  [
    'that waits, and cannot recover',
    () => ({ kind, headerNames, addAuthHeaders, ...(applyAuth && { applyAuth }) }),
  ],
]

eachUndici((undici) => {
  for (const [how, make] of providers) {
    test.each(streams)(
      `authInterceptor() with a provider ${how} hands on the error of a stream %s`,
      async (_, open, expected) => {
        const { origin, arrivals } = await loopback()
        const agent = agentWith(undici, authInterceptor(make(), { allowedOrigins: [origin] }))
        const opts = { origin, path: '/', method: 'POST', body: open() } as Dispatcher.RequestOptions
        expect(await failure(agent.request(opts))).toMatchObject(expected)
        expect(arrivals).toEqual([])
      },
    )
  }

  test('authInterceptor() does not wait for a credential when the body of its request has failed', async () => {
    const { origin } = await loopback()
    const auth = bearerAuth({ token: () => new Promise(() => {}) })
    const agent = agentWith(undici, authInterceptor(auth, { allowedOrigins: [origin] }))
    const body = createReadStream('/this/file/is/missing')
    const opts = { origin, path: '/', method: 'POST', body } as Dispatcher.RequestOptions
    expect(await failure(agent.request(opts))).toMatchObject({ code: 'ENOENT' })
  })
})
