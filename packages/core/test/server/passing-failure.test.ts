import { expect, it } from 'vitest'
import { AuthError } from '../../src/index.js'
import { isPassingFailure, passingFailure } from '../../src/server/passing-failure.js'

it('isPassingFailure() finds the mark of passingFailure(), and none on any other error', () => {
  const error = AuthError.build('The proxy rejects the request', { code: 'ERR_AUTH_SOURCE' })
  expect(isPassingFailure(error)).toBe(false)
  expect(passingFailure(error)).toBe(error)
  expect(isPassingFailure(error)).toBe(true)
  expect(JSON.stringify(error)).not.toContain('passing')
})
