import { AuthError } from '@outbound-auth/core'
import { expect, it } from 'vitest'
import {
  type AwsCredentials,
  checkCredentials,
  checkExpiration,
} from '../../src/credentials/aws-credentials.js'
import { catchError } from '../catch-error.js'

const good = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret', sessionToken: 'token' }
const malformed = 'is empty, or has whitespace or other characters that no key has'
const expiration = 'expiration of the AWS credentials must be a valid Date'

it.each<[string, unknown, string, string]>([
  ['a function', () => good, '', 'credentials is a function: await it, credentials: await source()'],
  ['a promise', Promise.resolve(good), '', 'credentials is a promise: await it'],
  ['undefined', undefined, 'accessKeyId', 'accessKeyId of the AWS credentials is missing'],
  ['null', null, 'accessKeyId', 'accessKeyId of the AWS credentials is missing'],
  ['empty', {}, 'accessKeyId', 'accessKeyId of the AWS credentials is missing'],
  [
    'without a secret',
    { accessKeyId: 'AKID' },
    'secretAccessKey',
    'secretAccessKey of the AWS credentials is missing',
  ],
  ...Object.keys(good).flatMap((name): [string, unknown, string, string][] => [
    ...['', ' ', 'a b', ' a', 'a ', 'a\x7f', '\x7fa', 'a\n', 'é', null, 1].map(
      (value): [string, unknown, string, string] => [
        `with ${name} ${encodeURI(String(value))}`,
        { ...good, [name]: value },
        name,
        `${name} of the AWS credentials ${malformed}`,
      ],
    ),
    [
      `with ${name} in quotes`,
      { ...good, [name]: ' "a"\n' },
      name,
      `${name} of the AWS credentials is in quotes: remove them`,
    ],
  ]),
  ...['2026-11-25', 1, null, {}, new Date('soon')].map((value): [string, unknown, string, string] => [
    `with expiration ${JSON.stringify(value)}`,
    { ...good, expiration: value },
    'expiration',
    expiration,
  ]),
])('checkCredentials() rejects credentials that are %s', (_, credentials, part, why) => {
  const error = catchError(() => checkCredentials(credentials as AwsCredentials))
  expect(AuthError.is(error)).toBe(true)
  expect(error).toMatchObject({
    kind: 'build',
    code: 'ERR_AUTH_CREDENTIAL',
    provider: 'sigv4',
    option: part ? `credentials.${part}` : 'credentials',
    message: `Cannot sign request: ${why}`,
  })
})

it.each<[string, object]>([
  ['all parts', { ...good, expiration: new Date(0) }],
  ['the outermost legal characters', { accessKeyId: '!~', secretAccessKey: '~!', sessionToken: '!' }],
  ['the keys alone', { accessKeyId: 'a', secretAccessKey: 'b' }],
  ['undefined for the rest', { ...good, sessionToken: undefined, expiration: undefined }],
  ['a property then', Object.fromEntries([...Object.entries(good), ['then', 'later']])],
])('checkCredentials() takes %s', (_, credentials) => {
  expect(catchError(() => checkCredentials(credentials as AwsCredentials))).toBeUndefined()
})

it('checkExpiration() rejects credentials at their expiration, and not before', () => {
  const check = (expiresAt?: Date) => () =>
    checkExpiration({ ...good, expiration: expiresAt }, new Date(1000))
  expect(check()).not.toThrow()
  expect(check(new Date(1001))).not.toThrow()
  for (const expiresMs of [0, 999, 1000]) {
    expect(catchError(check(new Date(expiresMs)))).toMatchObject({
      kind: 'build',
      code: 'ERR_AUTH_NO_RENEWAL',
      provider: 'sigv4',
      option: 'credentials.expiration',
      message: 'Cannot sign request: the AWS credentials have expired',
    })
  }
})
