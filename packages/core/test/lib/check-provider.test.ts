import { expect, it } from 'vitest'
import { typeInWords } from '../../src/contract/type-in-words.js'
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
  for (const wrong of [binding, [keyAuth('k')], undefined, null, () => {}, 'token']) {
    const taken = async () => take(wrong as unknown as AuthProvider)
    await expect(taken()).rejects.toThrow(
      new TypeError(`${name} takes a provider, such as bearerAuth(…), got ${typeInWords(wrong)}`),
    )
  }
})
