import { bearerAuth } from '@outbound-auth/bearer'
import type { Dispatcher } from 'undici'
import { expect, test } from 'vitest'
import { loopback } from '../../../../test/support/loopback.js'
import { authInterceptor } from '../../src/index.js'
import { agentWith, failure } from '../agent-with.js'
import { eachUndici } from '../each-undici.js'

const secret = 'planted-secret-3'
const auth = bearerAuth({ token: secret })
const slowAuth = bearerAuth({ token: async () => secret })

function* pairs(): Generator<[string, string]> {
  yield ['X-One', '1']
  yield ['Authorization', 'dummy']
}

eachUndici((undici) => {
  test.each<[string, () => unknown]>([
    ['an object', () => ({ 'X-One': '1', Authorization: 'dummy' })],
    ['an object with lists', () => ({ 'X-One': ['1'], Authorization: ['dummy', 'dummy'] })],
    ['an object with undefined, null and numbers', () => ({ 'X-One': 1, 'x-no': undefined, 'x-null': null })],
    ['a flat list', () => ['X-One', '1', 'Authorization', 'dummy']],
    ['a flat list with lists', () => ['X-One', ['1'], 'Authorization', ['dummy']]],
    [
      'a list of pairs',
      () => [
        ['X-One', '1'],
        ['Authorization', 'dummy'],
      ],
    ],
    ['global Headers', () => new Headers({ 'X-One': '1', Authorization: 'dummy' })],
    ["undici's Headers", () => new undici.Headers({ 'X-One': '1', Authorization: 'dummy' })],
    [
      'a Map',
      () =>
        new Map([
          ['X-One', '1'],
          ['Authorization', 'dummy'],
        ]),
    ],
    ['a generator', pairs],
  ])('authInterceptor() takes headers as %s', async (_, headers) => {
    const { origin, arrivals } = await loopback()
    for (const provider of [auth, slowAuth]) {
      const agent = agentWith(undici, authInterceptor(provider, { allowedOrigins: [origin] }))
      const init = headers() as Dispatcher.DispatchOptions['headers']
      await (await agent.request({ origin, path: '/', method: 'GET', headers: init ?? null })).body.dump()
    }
    const expected = { headers: { 'x-one': '1', authorization: `Bearer ${secret}` } }
    expect(arrivals).toMatchObject([expected, expected])
  })

  test.each([[undefined], [null], [[]], [{}]])(
    'authInterceptor() takes %j for no headers',
    async (headers) => {
      const { origin, arrivals } = await loopback()
      const agent = agentWith(undici, authInterceptor(auth, { allowedOrigins: [origin] }))
      await (await agent.request({ origin, path: '/', method: 'GET', headers: headers as null })).body.dump()
      expect(arrivals).toMatchObject([{ headers: { authorization: `Bearer ${secret}` } }])
    },
  )

  test('authInterceptor() joins repeats as HTTP says, cookies with a semicolon', async () => {
    const { origin, arrivals } = await loopback()
    const agent = agentWith(undici, authInterceptor(auth, { allowedOrigins: [origin] }))
    const headers = ['Cookie', 'a=1', 'X-Two', '1', 'cookie', 'b=2', 'x-two', '2']
    await (await agent.request({ origin, path: '/', method: 'GET', headers })).body.dump()
    expect(arrivals).toMatchObject([{ headers: { cookie: 'a=1; b=2', 'x-two': '1, 2' } }])
  })

  test.each([
    ['a string', 'x-one: 1'],
    ['an entry that is not a name with a value', ['x-one', '1', 'x-two']],
    ['an entry that is not a name with a value', [['x-one', '1', '2']]],
    ['an entry that is not a name with a value', new Set(['x-one'])],
    ['a value that is an object', { 'x-one': {} }],
    ['a value that is a symbol', { 'x-one': Symbol('planted') }],
  ])(
    'authInterceptor() rejects headers with the words "got %s", and sends nothing',
    async (came, headers) => {
      const { origin, arrivals } = await loopback()
      const agent = agentWith(undici, authInterceptor(auth, { allowedOrigins: [origin] }))
      const error = await failure(
        agent.request({ origin, path: '/', method: 'GET', headers: headers as never }),
      )
      expect(error).toEqual(
        new TypeError(
          `authInterceptor: headers must be an object, a list of names and values, or an iterable of pairs; got ${came}`,
        ),
      )
      expect(arrivals).toEqual([])
    },
  )

  test('authInterceptor() refuses an illegal value without showing it', async () => {
    const { origin } = await loopback()
    const agent = agentWith(undici, authInterceptor(auth, { allowedOrigins: [origin] }))
    const headers = { 'x-one': 'planted\r\nx-two: 2' }
    const error = await failure(agent.request({ origin, path: '/', method: 'GET', headers }))
    expect(error).toMatchObject({ code: 'ERR_AUTH_HEADER_VALUE' })
    expect(String(error)).not.toContain('planted')
  })
})
