import { expect, it } from 'vitest'
import { authHeaderTelemetry, noAuth } from '../src/index.js'
import { keyAuth, queryAuth, signatureAuth } from './sample-providers.js'

it.each([
  ['a header', keyAuth('secret-1'), { attached: true, name: 'x-key' }],
  ['a query parameter', queryAuth('secret-1'), { attached: true }],
  ['several headers', signatureAuth('secret-1'), { attached: true, name: 'authorization' }],
  ['nothing', noAuth({ reason: 'A local server' }), { attached: false }],
])(
  'authHeaderTelemetry() tells of a provider that sets %s, and computes nothing',
  (_what, auth, expected) => {
    const watched = {
      ...auth,
      addAuthHeaders() {
        throw new Error('asked for headers')
      },
    }
    expect(authHeaderTelemetry(watched)).toEqual(expected)
  },
)
