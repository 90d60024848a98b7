import { inspect } from 'node:util'
import { describe, expect, it, vi } from 'vitest'
import { AuthError, TransportError } from '../../src/index.js'

const code = 'ERR_AUTH_SOURCE'

describe('AuthError', () => {
  it('build() makes an error that no retry can help', () => {
    const error = AuthError.build('There is no token', { code, provider: 'bearer' })
    expect(error).toBeInstanceOf(Error)
    expect(error).toMatchObject({
      name: 'AuthError',
      kind: 'build',
      retryable: false,
      code,
      provider: 'bearer',
    })
    expect(error.message).toBe('There is no token')
  })

  it('transient() makes an error after which the same request may succeed', () => {
    const error = AuthError.transient('The vault does not answer', { code })
    expect(error).toMatchObject({ kind: 'transient', retryable: true, code, provider: undefined })
  })

  it('names the option at fault, when it is known', () => {
    const option = 'credentials.sessionToken'
    expect(AuthError.build('The token is empty', { code, provider: 'sigv4', option }).option).toBe(option)
    expect(AuthError.transient('No answer', { code }).option).toBeUndefined()
  })

  it('has no cause where there is nothing to tell of it', () => {
    expect(AuthError.build('No', { code })).not.toHaveProperty('cause')
    for (const cause of [null, 'a text with secret-1', 7]) {
      expect(AuthError.build('No', { code, cause })).not.toHaveProperty('cause', expect.anything())
    }
  })

  it('keeps an AuthError as its cause', () => {
    const cause = AuthError.build('The file is empty', { code: 'ERR_AUTH_CREDENTIAL' })
    expect(AuthError.transient('No token', { code, cause }).cause).toBe(cause)
  })

  it('keeps only name, code and status of a foreign error', () => {
    class HttpError extends Error {
      override name = 'HttpError'
      code = 'ECONNRESET'
      status = 503
      config = { headers: { authorization: 'Bearer secret-1' } }
    }
    const cause = new HttpError('POST https://login.example/?key=secret-1 failed', { cause: 'secret-1' })
    const error = AuthError.transient('The login does not answer', { code, cause })
    expect(error.cause).toMatchObject({ name: 'HttpError', code: 'ECONNRESET', status: 503 })
    expect(inspect(error, { depth: Infinity, showHidden: true })).not.toContain('secret-1')
  })

  it('drops names, codes and statuses that could be texts', () => {
    const cause = { name: 'Failed: secret-1', code: 'token secret-1', status: '401 secret-1' }
    expect(AuthError.build('No', { code, cause }).cause).toEqual({ name: 'Error' })
    expect(AuthError.build('No', { code, cause: { code: 42 } }).cause).toEqual({ name: 'Error', code: 42 })
  })

  it('is() knows an AuthError of another copy of core, which instanceof does not', async () => {
    vi.resetModules()
    const copy = await import('../../src/index.js')
    expect(copy.AuthError).not.toBe(AuthError)
    const foreign = copy.AuthError.build('No', { code })
    expect(foreign).not.toBeInstanceOf(AuthError)
    expect(AuthError.is(foreign)).toBe(true)
    expect(AuthError.build('No', { code, cause: foreign }).cause).toBe(foreign)
    const transport = new copy.TransportError('network', 'No')
    expect(TransportError.is(transport)).toBe(true)
    expect(AuthError.is(transport)).toBe(false)
  })

  it('is() refuses everything else', () => {
    const lookalike = Object.assign(new Error('No'), { name: 'AuthError', kind: 'build', code })
    for (const value of [undefined, null, 'AuthError', 0, {}, new Error('No'), lookalike]) {
      expect(AuthError.is(value)).toBe(false)
      expect(TransportError.is(value)).toBe(false)
    }
  })

  it('shows its brand in no log', () => {
    const error = AuthError.build('No', { code })
    expect(inspect(error)).not.toContain('Symbol')
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      name: 'AuthError',
      kind: 'build',
      code,
      retryable: false,
    })
  })
})

it.each(['ECONNRESET', 'ERR_HTTP2_STREAM_ERROR', 'UND_ERR_SOCKET', 'E2BIG', 'ExpiredToken', 503])(
  'AuthError keeps the code %s of a foreign cause',
  (code) => {
    expect(AuthError.build('no', { code: 'ERR_AUTH_X', cause: { code } }).cause).toEqual({
      name: 'Error',
      code,
    })
  },
)

it.each(['hunter', 'sk_live_abc', 'AKIAIOSFODNN7EXAMPL3', 'AbC1dEf', 'JBSWY3DPEHPK3PXP', 'not a code'])(
  'AuthError drops %s in place of the code of a foreign cause',
  (code) => {
    expect(AuthError.build('no', { code: 'ERR_AUTH_X', cause: { code } }).cause).toEqual({ name: 'Error' })
  },
)
