import { inspect } from 'node:util'
import { createHeaderMap } from '@outbound-auth/core'
import { describe, expect, it } from 'vitest'
import {
  canonicalRequest,
  presignUrl,
  type SignableRequest,
  signRequest,
  stringToSign,
} from '../../src/index.js'

const secret = 'planted-secret-1'
const line = `x-account: ${secret}`
const options = {
  service: 's3',
  region: 'us-east-1',
  credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'planted-key' },
  expiresInMs: 60_000,
}
const functions = { signRequest, canonicalRequest, stringToSign, presignUrl }

const wrong: readonly (readonly [string, unknown])[] = [
  ['a string', line],
  ['a String object', new String(line)],
  ['a number', 47_114_711],
  ['null', null],
  ['a function', () => ({ 'x-account': secret })],
  ['a Promise', Promise.resolve({ 'x-account': secret })],
  ['a list of strings', [line]],
  ['a flat list', ['x-account', secret]],
  ['pairs without a value', [['x-account']]],
  ['triples', [['x-account', secret, 'x']]],
  ['a list of numbers', [47_114_711]],
  ['a Set', new Set([line])],
]

function failureOf(task: () => unknown): Error {
  try {
    task()
  } catch (error) {
    return error as Error
  }
  throw new Error('It did not fail')
}

for (const [name, call] of Object.entries(functions)) {
  describe(`${name}()`, () => {
    const sign = (headers: unknown) =>
      call({ method: 'GET', url: 'https://a.example/', headers } as SignableRequest, options)

    it.each(wrong)('rejects headers that are %s, and quotes nothing', (_what, headers) => {
      const error = failureOf(() => sign(headers))
      expect(error).toBeInstanceOf(TypeError)
      expect(error.message).toMatch(/^Cannot sign request: headers must be an object such as .+; got /)
      expect(inspect(error)).not.toMatch(/planted|4711/)
    })

    it.each<[string, unknown]>([
      ['a number', { 'x-account': 47_114_711 }],
      ['a list', { 'x-account': [secret] }],
      ['undefined', { 'x-account': undefined }],
      ['null in a pair', [['x-account', null]]],
    ])('rejects a header whose value is %s, and quotes nothing', (_what, headers) => {
      const error = failureOf(() => sign(headers))
      expect(error).toMatchObject({ kind: 'build', code: 'ERR_AUTH_HEADER_VALUE' })
      expect(error.message).toMatch(/^Cannot set header x-account: the value must be a string, got /)
      expect(inspect(error)).not.toMatch(/planted|4711/)
    })
  })
}

it('signRequest() takes headers of any shape that has names and values', () => {
  const shapes = [
    { 'X-Amz-Meta-A': '1' },
    [['X-Amz-Meta-A', '1']] as const,
    new Map([['X-Amz-Meta-A', '1']]),
    new Headers({ 'X-Amz-Meta-A': '1' }),
    createHeaderMap({ 'X-Amz-Meta-A': '1' }),
  ]
  const now = () => new Date('2026-11-29T12:00:00Z')
  const signed = shapes.map(
    (headers) =>
      signRequest({ method: 'GET', url: 'https://a.example/', headers }, { ...options, now }).headers,
  )
  for (const headers of signed) expect(headers).toEqual(signed[0])
  expect(signed[0]?.['x-amz-meta-a']).toBe('1')
})
