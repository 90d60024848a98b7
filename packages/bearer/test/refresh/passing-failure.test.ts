import { AuthError, type AuthErrorCode } from '@outbound-auth/core'
import { expect, it } from 'vitest'
import { passingFailure } from '../../src/index.js'
import { isPassing } from '../../src/refresh/passing-failure.js'

it.each<[AuthErrorCode, boolean]>([
  ['ERR_AUTH_REFRESH_RESPONSE', true],
  ['ERR_AUTH_REDIRECT', true],
  ['ERR_AUTH_INSECURE_TRANSPORT', true],
  ['ERR_AUTH_REFRESH_REFUSED', false],
  ['ERR_AUTH_CREDENTIAL', false],
])('isPassing() says of %s, which is not marked: %s', (code, expected) => {
  expect(isPassing(AuthError.build('no', { code }))).toBe(expected)
  expect(isPassing(passingFailure(AuthError.build('no', { code })))).toBe(true)
})
