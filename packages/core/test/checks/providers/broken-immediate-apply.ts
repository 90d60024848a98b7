import type { HeaderMap } from '../../../src/index.js'
import { immediateApply } from '../../../src/provider.js'
import { secret } from '../sample-providers.js'
import { type BrokenProvider, broken } from './broken-provider.js'

const name = 'x-key'
const second = 'x-second'
const value = `Key ${secret}`

function addBoth(map: HeaderMap): void {
  map.set(name, value)
  map.set(second, value)
}

export const brokenImmediateApply: BrokenProvider = {
  what: 'applies at once less than it applies later',
  fails: ['applies at once'],
  create: () =>
    broken({
      headerNames: [name, second],
      addAuthHeaders: addBoth,
      applyAuth: immediateApply(
        (request) => {
          request.headers.set(name, value)
          return request
        },
        async (request) => {
          addBoth(request.headers)
          return request
        },
      ),
    }),
}
