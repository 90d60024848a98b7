import { bearerAuth } from '@outbound-auth/bearer'
import { type Agent, fetch as fetch7 } from 'undici'
import * as undici6 from 'undici6'
import { expect, onTestFinished, test } from 'vitest'
import { loopback } from '../../../../test/support/loopback.js'
import { authInterceptor } from '../../src/index.js'
import { agentWith, failure } from '../agent-with.js'
import { eachUndici } from '../each-undici.js'

const allowedOrigins = ['https://api.example.com']
const opts = { origin: 'https://api.example.com', path: '/', method: 'GET' } as const
const secret = 'planted-secret-9'
const needed = /^authInterceptor needs undici 7 or 8: .+ Install undici 7 or 8 /

const old = [
  [
    'undici 6 and 7',
    { onConnect() {}, onHeaders: () => true, onData: () => true, onComplete() {}, onError() {} },
  ],
  ['undici 5', { onConnect() {}, onUpgrade() {}, onError() {} }],
] as const

for (const [name, token] of [
  ['a literal', secret],
  ['a source', async () => secret],
] as const) {
  const interceptor = authInterceptor(bearerAuth({ token }), { allowedOrigins })
  const dispatched: unknown[] = []
  const dispatch = interceptor((sent) => dispatched.push(sent) > 0)

  test.each(old)(
    `authInterceptor() with ${name} says that a handler of %s needs undici 7 or 8`,
    (_, handler) => {
      expect(() => dispatch(opts, handler as never)).toThrow(
        expect.objectContaining({ name: 'TypeError', message: expect.stringMatching(needed) }),
      )
      expect(dispatched).toEqual([])
    },
  )

  test.each([[{}], [{ onRequestStart() {} }], [undefined], [null]])(
    `authInterceptor() with ${name} says what the handler %j lacks`,
    (handler) => {
      expect(() => dispatch(opts, handler as never)).toThrow(/the handler must have onResponseError\(\)/)
      expect(dispatched).toEqual([])
    },
  )

  test(`authInterceptor() with ${name} says to the callers of undici 6 that undici 7 or 8 is needed`, async () => {
    const { origin, arrivals } = await loopback()
    const agent = new undici6.Agent()
    onTestFinished(() => agent.destroy())
    const composed = agent.compose(interceptor as never)
    const errors = [
      await failure(composed.request({ ...opts, origin })),
      await failure(composed.stream({ ...opts, origin }, () => process.stderr)),
      await failure(undici6.fetch(origin, { dispatcher: composed })).then((error) => (error as Error).cause),
    ]
    for (const error of errors) expect((error as Error).message).toMatch(needed)
    expect(arrivals).toEqual([])
  })
}

eachUndici((undici, major) => {
  test('authInterceptor() serves the fetch of undici 7, or says what it needs', async () => {
    const { origin, arrivals } = await loopback()
    const dispatcher = agentWith(
      undici,
      authInterceptor(bearerAuth({ token: secret }), { allowedOrigins: [origin] }),
    )
    const error = await failure(fetch7(origin, { dispatcher }))
    if (major === 7) expect(arrivals).toHaveLength(1)
    else expect(((error as Error).cause as Error).message).toMatch(needed)
  })

  test.runIf(major === 8)('authInterceptor() serves it through Dispatcher1Wrapper of undici 8', async () => {
    const { Dispatcher1Wrapper } = undici as unknown as {
      Dispatcher1Wrapper: new (dispatcher: unknown) => Agent
    }
    const { origin, arrivals } = await loopback()
    const auth = authInterceptor(bearerAuth({ token: secret }), { allowedOrigins: [origin] })
    const dispatcher = new Dispatcher1Wrapper(agentWith(undici, auth))
    expect((await fetch7(origin, { dispatcher })).status).toBe(200)
    expect(arrivals).toMatchObject([{ headers: { authorization: `Bearer ${secret}` } }])
  })
})
