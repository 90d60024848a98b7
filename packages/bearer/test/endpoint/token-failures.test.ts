import { AuthError } from '@outbound-auth/core'
import { isPassingFailure } from '@outbound-auth/core/provider'
import { describe, expect, it } from 'vitest'
import { tokenFailures } from '../../src/endpoint/token-failures.js'

const origin = 'https://auth.example.com'

/** The properties of an error that programs and people see. */
function shown(error: unknown) {
  if (!AuthError.is(error)) return error
  const { kind, code, provider, message } = error
  return { kind, code, provider, message, isPassing: isPassingFailure(error) }
}

describe('tokenFailures()', () => {
  const failures = (now = () => new Date()) => tokenFailures(origin, now)
  const response = { retryAfterMs: undefined } as never

  it.each<[kind: string, what: string, expected: object, text?: string]>([
    ['outage', 'responded with status 503', { kind: 'transient', code: 'ERR_AUTH_REFRESH_UNAVAILABLE' }],
    [
      'grant',
      'rejected the grant: status 400',
      { code: 'ERR_AUTH_REFRESH_REFUSED' },
      'rejected the refresh token: status 400',
    ],
    ['redirect', 'redirects', { code: 'ERR_AUTH_REDIRECT', isPassing: true }],
    ['request', 'rejected the request', { code: 'ERR_AUTH_REFRESH_REFUSED', isPassing: true }],
  ])('makes an error of the fault %s', (kind, what, expected, text = what) => {
    expect(shown(failures().from({ kind, what } as never, response))).toEqual({
      kind: 'build',
      provider: 'bearer',
      isPassing: false,
      message: `The token endpoint of ${origin} ${text}`,
      ...expected,
    })
  })

  it('makes an error of a response that cannot be used', () => {
    expect(shown(failures().from({ kind: 'response', what: 'is not JSON' } as never, response))).toEqual({
      kind: 'build',
      code: 'ERR_AUTH_REFRESH_RESPONSE',
      provider: 'bearer',
      message: 'The response of the token endpoint is not JSON',
      isPassing: false,
    })
  })

  it('makes errors of a server that does not respond', () => {
    const { unreachable, tooLate } = failures()
    const common = { kind: 'transient', provider: 'bearer', isPassing: false }
    const cause = AuthError.build('no', { code: 'ERR_AUTH_X' })
    expect(shown(unreachable(cause))).toEqual({
      ...common,
      code: 'ERR_AUTH_REFRESH_UNAVAILABLE',
      message: `The token endpoint of ${origin} could not be reached`,
    })
    expect(unreachable(cause).cause).toBe(cause)
    expect(shown(tooLate(7))).toEqual({
      ...common,
      code: 'ERR_AUTH_TIMEOUT',
      message: `The token endpoint of ${origin} did not respond within 7 ms`,
    })
  })

  it('repeats an outage until the server lets requests pass again, and nothing else', () => {
    let nowMs = Date.UTC(2026, 0, 1)
    const { from, checkPause } = failures(() => new Date(nowMs))
    const retryLater = { retryAfterMs: 2000 } as never
    from({ kind: 'request', what: 'no' } as never, retryLater)
    checkPause()
    const outage = from({ kind: 'outage', what: 'no' } as never, retryLater)
    expect(checkPause).toThrow(outage)
    nowMs += 2000
    checkPause()
  })
})
