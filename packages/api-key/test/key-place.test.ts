import { inspect } from 'node:util'
import { applyAuth, createHeaderMap } from '@outbound-auth/core'
import { describe, expect, it } from 'vitest'
import { loopback } from '../../../test/support/loopback.js'
import { apiKeyAuth } from '../src/index.js'

const secret = 'planted-secret-1'

/** Headers that fetch and HTTP clients set or drop: with the key in one of these the request would go out bare. */
const owned = [
  'host',
  'connection',
  'content-length',
  'content-type',
  'transfer-encoding',
  'expect',
  'te',
  'trailer',
  'upgrade',
  'keep-alive',
  'proxy-connection',
  'sec-fetch-dest',
  'sec-websocket-protocol',
  'sec-x',
]
const spellings = owned.flatMap((name) => [
  name,
  name.toUpperCase(),
  name.replace(/\b[a-z]/g, (letter) => letter.toUpperCase()),
  ` ${name}`,
  `${name} `,
  `\t${name}\n`,
  `\u00a0${name}`,
])

describe('apiKeyAuth() rejects the header', () => {
  it.each(spellings)('%j when it is made, with the reason', (header) => {
    for (const key of [secret, () => secret]) {
      let error: unknown
      try {
        apiKeyAuth({ key, header })
      } catch (thrown) {
        error = thrown
      }
      expect(error).toBeInstanceOf(TypeError)
      expect((error as Error).message).toMatch(
        /^apiKeyAuth: header must not be .+: .+, so the credential would not arrive\. Choose another header$/,
      )
      expect(inspect(error)).not.toContain(secret)
    }
  })

  it.each(['x-host ', ' x-key', 'x key', 'x-key:', 'x-key\r\n', 'ключ'])(
    '%j, which is not a header name',
    (header) => {
      expect(() => apiKeyAuth({ key: secret, header })).toThrow(/^Not a header name: /)
    },
  )

  it('with a key in it, and does not show the key', () => {
    expect(() => apiKeyAuth({ key: 'k', header: `x-api-key: ${secret}` })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining(secret) }),
    )
  })
})

it('apiKeyAuth() names its kind and option in an error about the prefix', () => {
  expect(() => apiKeyAuth({ key: secret, header: 'x-api-key', prefix: 'Token\n' })).toThrow(
    expect.objectContaining({ code: 'ERR_AUTH_HEADER_VALUE', provider: 'api-key', option: 'prefix' }),
  )
})

describe('apiKeyAuth() sends its key in', () => {
  it.each([
    'x-api-key',
    'authorization',
    'proxy-authorization',
    'cookie',
    'date',
    'via',
    'x-host',
    'origin',
    'section',
  ])('%s, which arrives', async (header) => {
    const { origin, arrivals } = await loopback()
    const url = `${origin}/`
    const request = { method: 'GET', url, headers: createHeaderMap() }
    const { headers } = await applyAuth(apiKeyAuth({ key: secret, header }), request)
    await (await fetch(url, { headers: Object.fromEntries(headers) })).text()
    expect(arrivals.map(({ headers: arrived }) => arrived[header])).toEqual([secret])
  })
})
