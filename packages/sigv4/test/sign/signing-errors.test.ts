import { AuthError } from '@outbound-auth/core'
import { expect, it } from 'vitest'
import { type PresignOptions, presignUrl, type SignableRequest, signRequest } from '../../src/index.js'
import { catchError } from '../catch-error.js'

const options: PresignOptions = {
  service: 's3',
  region: 'us-east-1',
  credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
  now: () => new Date('2026-11-25T00:00:00Z'),
  expiresInMs: 1000,
}
const request = { method: 'PUT', url: 'https://a.example/key' }

it.each<[unknown, string]>([
  [5, '5'],
  [null, 'null'],
  [['planted'], 'an array'],
  [{ a: 'planted' }, 'an object'],
  [new ArrayBuffer(1), 'an object'],
  [new URLSearchParams('a=planted'), 'an object'],
])('signRequest() rejects the body %j', (body, seen) => {
  const error = catchError(() => signRequest({ ...request, body } as SignableRequest, options))
  expect(error).toBeInstanceOf(TypeError)
  expect(error).toMatchObject({
    option: 'body',
    message: `Cannot sign request: body must be a string or bytes, got ${seen}`,
  })
})

it.each(['', '/path', 'ftp://a.example/', 'https://user@a.example/', 'https://[::1/'])(
  'signRequest() says which URL it takes, instead of %j',
  (url) => {
    const error = catchError(() => signRequest({ ...request, url }, options))
    expect(AuthError.is(error)).toBe(true)
    expect(error).toMatchObject({
      kind: 'build',
      code: 'ERR_AUTH_URL',
      provider: 'sigv4',
      message: 'Cannot sign request: its URL is not an absolute http(s) URL without user name and password',
    })
  },
)

it.each([
  ['https://a.example/..%2Fx', 'its path has escapes that stand for a . or .. segment'],
  ['https://a.example/%zz', 'its path has a % that is not followed by two hex digits'],
  ['https://a.example/?a=%4', 'its query has a % that is not followed by two hex digits'],
])('signRequest() says what is wrong with %s', (url, problem) => {
  expect(catchError(() => signRequest({ ...request, url }, options))).toMatchObject({
    kind: 'build',
    code: 'ERR_AUTH_URL',
    provider: 'sigv4',
    message: `Cannot sign request: ${problem}`,
  })
})

it('signRequest() and presignUrl() say that now must return a valid Date', () => {
  const wrong = { ...options, now: () => new Date(Number.NaN) }
  for (const call of [() => signRequest(request, wrong), () => presignUrl(request, wrong)]) {
    const error = catchError(call)
    expect(error).toBeInstanceOf(TypeError)
    expect(error).toMatchObject({
      option: 'now',
      message: 'Cannot sign request: now must return a valid Date',
    })
  }
})

it('presignUrl() names its option expiresInMs', () => {
  expect(catchError(() => presignUrl(request, { ...options, expiresInMs: 999 }))).toMatchObject({
    option: 'expiresInMs',
    message: 'Cannot presign URL: expiresInMs must be a multiple of 1000 from 1000 to 604800000, got 999',
  })
})
