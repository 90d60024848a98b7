import { Readable } from 'node:stream'
import { bearerAuth } from '@outbound-auth/bearer'
import type { AuthProvider } from '@outbound-auth/core'
import type { Dispatcher } from 'undici'
import { expect, onTestFinished, test } from 'vitest'
import { loopback } from '../../../test/support/loopback.js'
import { authInterceptor } from '../src/index.js'
import { agentWith, failure } from './agent-with.js'
import { eachUndici } from './each-undici.js'

const signer: AuthProvider = { ...bearerAuth({ token: 'token' }), requiresBody: true }
const providers = [bearerAuth({ token: 'token' }), bearerAuth({ token: async () => 'token' }), signer]

/**
 * Requests that plain undici rejects. An interceptor must not send something else in its place. A function makes a new
 * one each time.
 */
const headers: [string, unknown][] = [
  ['a string', 'x-one: planted'],
  ['a number', 5],
  ['a function', () => () => ({})],
  ['a list of odd length', ['x-one']],
  ['an iterable of triples', () => [['x-one', 'planted', '2']].values()],
  ['a symbol as value', { 'x-one': Symbol('planted') }],
  ['a list with a symbol', { 'x-one': ['1', Symbol('planted')] }],
  ['an object as value', { 'x-one': {} }],
  ['a list with an object', { 'x-one': [{}] }],
  ['a line break', { 'x-one': 'planted\r\nx-two: 2' }],
  ['a character beyond latin1', { 'x-one': 'plantedж' }],
  ['a name with a blank', { 'x one': 'planted' }],
  ['an empty name', { '': 'planted' }],
  ['host twice', ['host', 'a.example', 'Host', 'b.example']],
  ['host as a list', { host: ['a.example'] }],
  ['content-length twice', ['content-length', '4', 'content-length', '4']],
  ['content-length as a list', { 'content-length': ['4'] }],
  ['content-length that is no number', { 'content-length': 'four' }],
  ['content-length that is wrong', { 'content-length': '3' }],
  ['transfer-encoding', { 'transfer-encoding': 'chunked' }],
  ['keep-alive', { 'keep-alive': 'timeout=5' }],
  ['upgrade', { upgrade: 'websocket' }],
  ['expect', { expect: '100-continue' }],
  ['connection as a list', { connection: ['close'] }],
  ['connection that is no token', { connection: 'a b' }],
]

const bodies: [string, unknown][] = [
  ['a number', 5],
  ['zero', 0],
  ['a bigint', 5n],
  ['true', true],
  ['false', false],
  ['a symbol', Symbol('planted')],
  ['a function', () => () => 'planted'],
  ['an object', { planted: 1 }],
  ['a Date', new Date(0)],
  ['a regular expression', /planted/],
  ['a Promise', Promise.resolve('planted')],
  ['a Map', new Map([['planted', '1']])],
  ['a list of numbers', [1, 2]],
  ['a list of objects', [{ planted: 1 }]],
  ['an iterable of lists', () => [['planted']].values()],
  ['an async iterable of numbers', () => Readable.from([1])],
]

const options: [string, unknown][] = [
  ['path', '/planted path'],
  ['path', '/ж'],
  ['method', 'GET /'],
  ['method', 5],
  ['upgrade', true],
  ['upgrade', 'a\r\nb'],
  ['headersTimeout', -1],
  ['bodyTimeout', Number.NaN],
  ['reset', 'yes'],
  ['expectContinue', 'yes'],
  ['throwOnError', true],
]

eachUndici((undici) => {
  /** Whether plain undici and an agent with each provider reject a request, and what reached the server. */
  async function outcomes(change: object) {
    const { origin, arrivals } = await loopback()
    const plain = new undici.Agent()
    onTestFinished(() => plain.destroy())
    const opts = { origin, path: '/', method: 'POST', body: 'text', ...change } as Dispatcher.RequestOptions
    const errors: unknown[] = []
    for (const agent of [
      plain,
      ...providers.map((provider) =>
        agentWith(undici, authInterceptor(provider, { allowedOrigins: [origin] })),
      ),
    ]) {
      const made = Object.entries(opts).map(([name, value]) => [
        name,
        typeof value === 'function' ? value() : value,
      ])
      errors.push(await failure(agent.request(Object.fromEntries(made))))
    }
    return { errors, arrivals }
  }

  test.each(headers)(
    'authInterceptor() sends nothing where undici rejects the headers: %s',
    async (_, value) => {
      const { errors, arrivals } = await outcomes({ headers: value })
      for (const error of errors) expect(error).toBeInstanceOf(Error)
      for (const error of errors.slice(1)) expect(String(error)).not.toContain('planted')
      expect(arrivals).toEqual([])
    },
  )

  test.each(bodies)('authInterceptor() sends nothing where undici rejects the body: %s', async (_, body) => {
    const { errors, arrivals } = await outcomes({ body })
    for (const error of errors) expect(error).toBeInstanceOf(Error)
    expect(errors.at(-1)).toMatchObject({ code: 'ERR_AUTH_BODY' })
    for (const error of errors.slice(1)) expect(String(error)).not.toContain('planted')
    expect(arrivals).toEqual([])
  })

  test.each(options)(
    'authInterceptor() sends nothing where undici rejects the option: %s %j',
    async (name, value) => {
      const { errors, arrivals } = await outcomes({ [name]: value })
      const sent = name === 'path' ? errors.slice(0, -1) : errors
      for (const error of sent) expect(error).toBeInstanceOf(Error)
      // A signer sends what a URL parser makes of a path.
      expect(arrivals).toHaveLength(errors.length - sent.length)
    },
  )
})
