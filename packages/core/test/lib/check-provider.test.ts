import { expect, it } from 'vitest'
import {
  type AuthProvider,
  applyAuth,
  asTokenSupplier,
  bindAuth,
  combineAuth,
  createHeaderMap,
  toAuthHeaders,
} from '../../src/index.js'
import { keyAuth } from '../checks/sample-providers.js'

const baseUrl = 'https://a.example'
const binding = bindAuth(keyAuth('secret-1'), { baseUrl })
const request = { method: 'GET', url: baseUrl, headers: createHeaderMap() }

it.each<[string, (auth: AuthProvider) => unknown]>([
  ['applyAuth', (auth) => applyAuth(auth, request)],
  ['asTokenSupplier', asTokenSupplier],
  ['bindAuth', (auth) => bindAuth(auth, { baseUrl })],
  ['combineAuth', (auth) => combineAuth(keyAuth('k'), auth)],
  ['toAuthHeaders', toAuthHeaders],
])('%s() says what it needs in place of a binding, a list or nothing', async (name, take) => {
  const wrong = [binding, [keyAuth('k')], undefined, null, () => {}, 'token']
  const came = [
    'an object. Pass its provider',
    'an array',
    'undefined',
    'null',
    'a function. Call it',
    'a string',
  ]
  for (const [index, given] of wrong.entries()) {
    const taken = async () => take(given as unknown as AuthProvider)
    await expect(taken()).rejects.toThrow(
      new TypeError(`${name}: expected a provider, such as bearerAuth(…), got ${came[index]}`),
    )
  }
})
