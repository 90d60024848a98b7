import { setFlagsFromString } from 'node:v8'
import { bearerAuth } from '@outbound-auth/bearer'
import { expect, test } from 'vitest'
import { authFetch, type Fetch } from '../../src/index.js'
import { readInput } from '../../src/input/read-input.js'

setFlagsFromString('--allow-natives-syntax')
/** Whether V8 keeps the layout of two objects only once. The code that reads them is slow otherwise. */
const haveSameClass = new Function('a', 'b', 'return %HaveSameMap(a, b)') as (a: object, b: object) => boolean

/** Enough calls for V8 to settle on one way to make an object. */
const calls = 200

async function expectOneClass(make: (index: number) => object | Promise<object>): Promise<void> {
  const made: object[] = []
  for (let index = 0; index < calls; index++) made.push(await make(index))
  const [last = {}, ...earlier] = made.slice(-50).reverse()
  expect(earlier.filter((object) => !haveSameClass(object, last))).toHaveLength(0)
}

test('authFetch() reads the arguments of each call into objects of one hidden class', async () => {
  const options = {
    isWhole: false,
    isPlatform: true,
    replayLimitBytes: 1,
    knownClasses: new WeakMap(),
    minValidityMs: undefined,
  }
  const url = new URL('https://api.example.com/')
  await expectOneClass((index) =>
    readInput(undefined, { method: 'POST', headers: { accept: '*/*' }, body: `${index}` }, options, url),
  )
})

test.each<[string, RequestInit]>([
  ['a body', { method: 'POST', body: 'text' }],
  ['fields', { method: 'POST', body: 'text', cache: 'no-store', keepalive: false }],
])('authFetch() sends inits with %s that have one hidden class', async (_, init) => {
  const inits: object[] = []
  const underlying: Fetch = async (_input, sent) => {
    inits.push(sent as object)
    return new Response()
  }
  const auth = bearerAuth({ token: 'token-1' })
  const fetch = authFetch(auth, { allowedOrigins: ['https://api.example.com'], fetch: underlying })
  await expectOneClass(async () => {
    await fetch('https://api.example.com/', { ...init })
    return inits.at(-1) as object
  })
})
