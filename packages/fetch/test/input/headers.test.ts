import { inspect } from 'node:util'
import { bearerAuth } from '@outbound-auth/bearer'
import { Headers as Headers3 } from 'node-fetch'
import { Headers as Headers2 } from 'node-fetch2'
import * as undici from 'undici'
import { describe, expect, test } from 'vitest'
import { loopback } from '../../../../test/support/loopback.js'
import { authFetch } from '../../src/index.js'

const secret = 'planted-secret-1'
const home = 'https://api.example.com'

/** The headers that a fetch gets, or the error. */
async function sent(headers: unknown): Promise<unknown> {
  const calls: unknown[] = []
  const fetch = authFetch(bearerAuth({ token: 't' }), {
    allowedOrigins: [home],
    fetch: async (_, init) => {
      calls.push(init.headers)
      return new Response()
    },
  })
  try {
    await fetch(home, { headers: headers as HeadersInit })
    return calls[0]
  } catch (error) {
    expect(calls).toHaveLength(0)
    return error
  }
}

describe('authFetch() headers', () => {
  test.each<[string, () => unknown]>([
    ['an object', () => ({ 'X-Own': 'v' })],
    ['an object without a prototype', () => Object.assign(Object.create(null), { 'X-Own': 'v' })],
    ['Headers', () => new Headers({ 'X-Own': 'v' })],
    ["undici's Headers", () => new undici.Headers({ 'X-Own': 'v' })],
    ["node-fetch 2's Headers", () => new Headers2({ 'X-Own': 'v' })],
    ["node-fetch 3's Headers", () => new Headers3({ 'X-Own': 'v' })],
    ['a list of pairs', () => [['X-Own', 'v']]],
    ['a Map', () => new Map([['X-Own', 'v']])],
    ['pairs of a generator', () => Object.entries({ 'X-Own': 'v' }).values()],
    ['pairs that are no arrays', () => [new Set(['X-Own', 'v'])]],
    [
      'Headers that cannot be iterated',
      () => ({
        get: () => 'v',
        forEach: (visit: (value: string, name: string) => void) => visit('v', 'X-Own'),
      }),
    ],
  ])('authFetch() takes %s', async (_, make) => {
    expect(await sent(make())).toEqual({ 'x-own': 'v', authorization: 'Bearer t' })
  })

  test.each([undefined, null, {}, []])(
    'authFetch() sends only its own where there are none: %j',
    async (headers) => {
      expect(await sent(headers)).toEqual({ authorization: 'Bearer t' })
    },
  )

  test.each<[unknown, string]>([
    [`x-account: ${secret}`, 'a string'],
    [secret, 'a string'],
    ['', 'a string'],
    [7, 'a number'],
    [true, 'a boolean'],
    [Symbol(secret), 'a symbol'],
    [() => ({ 'x-own': secret }), 'a function'],
    [[secret], 'a list with something else than pairs in it'],
    [[[secret]], 'a list with something else than pairs in it'],
    [[['x-own', secret, 'more']], 'a list with something else than pairs in it'],
    [[[]], 'a list with something else than pairs in it'],
    [[null], 'a list with something else than pairs in it'],
    [new Set([secret]), 'a list with something else than pairs in it'],
    [new String(secret), 'a list with something else than pairs in it'],
  ])(
    'authFetch() refuses the headers %# with a TypeError that does not quote them',
    async (headers, came) => {
      const error = await sent(headers)
      expect(error).toEqual(
        new TypeError(
          `authFetch: headers must be an object such as { 'x-account': '…' }, or a list of [name, value] pairs; got ${came}`,
        ),
      )
      expect(inspect(error, { showHidden: true })).not.toContain('planted')
    },
  )

  test('authFetch() makes strings of values, and trims them, as fetch does', async () => {
    const headers = { 'x-number': 5, 'x-true': true, 'x-list': ['a', 'b'], 'x-blank': '  v  ', 'x-empty': '' }
    const { origin, arrivals } = await loopback()
    const fetch = authFetch(bearerAuth({ token: 't' }), { allowedOrigins: [origin] })
    await globalThis.fetch(origin, { headers: headers as never })
    await fetch(origin, { headers: headers as never })
    const [theirs, ours] = arrivals.map(({ headers: { authorization, ...others } }) => others)
    expect(ours).toEqual(theirs)
  })

  test('authFetch() refuses a value that no header may hold, and does not quote it', async () => {
    for (const value of [`${secret}\r\nx: y`, `${secret}\0`, `${secret} 😀`]) {
      const error = await sent({ 'x-own': value })
      expect(error).toMatchObject({ code: 'ERR_AUTH_HEADER_VALUE', kind: 'build' })
      expect(inspect(error, { showHidden: true })).not.toContain('planted')
    }
  })

  test('authFetch() keeps a header with the name of a property that every object has', async () => {
    const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty']
    const headers = (await sent(names.map((name) => [name, 'v']))) as Record<string, string>
    for (const name of names)
      expect(Object.getOwnPropertyDescriptor(headers, name.toLowerCase())?.value).toBe('v')
  })
})
