import { expect, it } from 'vitest'
import { type AuthProvider, authHeaderTelemetry, combineAuth, noAuth } from '../../src/index.js'
import { keyAuth, queryAuth, signatureAuth } from '../checks/sample-providers.js'

it.each([
  ['a header', keyAuth('secret-1'), { attached: true, name: 'x-key' }],
  ['a query parameter', queryAuth('secret-1'), { attached: true }],
  ['several headers', signatureAuth('secret-1'), { attached: true, name: 'authorization' }],
  [
    'an empty list of query parameters',
    { ...noAuth({ reason: 'A local server' }), queryNames: [] },
    { attached: false },
  ],
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

it('authHeaderTelemetry() says "not attached" for a provider that knows that it has nothing', () => {
  let hasTask = false
  const auth: AuthProvider = { ...keyAuth('secret-1'), isReady: () => hasTask }
  const both = combineAuth(auth, signatureAuth('secret-2'))
  expect([authHeaderTelemetry(auth), authHeaderTelemetry(both)]).toEqual([
    { attached: false },
    { attached: false },
  ])
  hasTask = true
  expect([authHeaderTelemetry(auth), authHeaderTelemetry(both)]).toEqual([
    { attached: true, name: 'x-key' },
    { attached: true, name: 'x-key' },
  ])
})

it.each<[string, unknown]>([
  [
    'an isReady() that throws',
    {
      ...keyAuth('secret-1'),
      isReady() {
        throw new Error('secret-1')
      },
    },
  ],
  ['a provider without headerNames', { kind: 'odd' }],
  ['no provider at all', undefined],
])('authHeaderTelemetry() never throws: %s is "not attached"', (_what, auth) => {
  expect(authHeaderTelemetry(auth as AuthProvider)).toEqual({ attached: false })
})
