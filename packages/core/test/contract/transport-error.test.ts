import { describe, expect, it } from 'vitest'
import { AuthError, TransportError } from '../../src/index.js'

describe('TransportError', () => {
  it.each([
    ['build', 'build', false],
    ['transient', 'network', true],
  ] as const)('from() maps an AuthError of kind %s to kind %s', (kind, expected, retryable) => {
    const error = new AuthError(kind, 'There is no token', { code: 'ERR_AUTH_SOURCE' })
    const mapped = TransportError.from(error)
    expect(mapped).toMatchObject({ name: 'TransportError', kind: expected, retryable, status: undefined })
    expect(mapped.message).toBe('There is no token')
    expect(mapped.cause).toBe(error)
  })

  it.each([
    ['build', false],
    ['network', true],
    ['timeout', true],
    ['http', false],
    ['other-network' as never, false],
    ['timeouts' as never, false],
  ] as const)('of kind %s is retryable by default: %s', (kind, retryable) => {
    expect(new TransportError(kind, 'No').retryable).toBe(retryable)
  })

  it('carries a status, and takes the word of its maker', () => {
    const error = new TransportError('http', 'Too many requests', { status: 429, retryable: true })
    expect(error).toMatchObject({ status: 429, retryable: true })
    expect(error).not.toHaveProperty('cause')
    expect(TransportError.is(error)).toBe(true)
  })
})
