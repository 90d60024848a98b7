import { createHeaderMap } from '@outbound-auth/core'
import { afterEach, describe, expect, it } from 'vitest'
import { presignUrl, type SigningOptions, signRequest, sigV4Auth } from '../../src/index.js'
import { type SigningPlan, signingPlan } from '../../src/options/signing-options.js'
import { catchError } from '../catch-error.js'

const options: SigningOptions = {
  service: 's3',
  region: 'us-east-1',
  credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
  now: () => new Date('2026-11-25T00:00:00Z'),
}
const request = { method: 'GET', url: 'https://a.example/key' }
const doors: [string, (wrong: SigningOptions) => unknown][] = [
  ['sigV4Auth()', (wrong) => sigV4Auth(wrong)],
  ['signRequest()', (wrong) => signRequest(request, wrong)],
  ['presignUrl()', (wrong) => presignUrl(request, { ...wrong, expiresInMs: 1000 })],
]
const malformed: [string, unknown][] = [
  ['service', undefined],
  ['service', 3],
  ['region', undefined],
  ['region', null],
  ['signedHeaders', 'al'],
  ['signedHeaders', 'range'],
  ['signedHeaders', [3]],
  ['signedHeaders', ['range: x']],
  ['signedHeaders', {}],
  ['sessionToken', 'FwoGplanted'],
  ['payload', 'a'.repeat(63)],
  ['payload', 'a'.repeat(65)],
  ['payload', 'A-SHORT'],
  ['normalizePath', 'false'],
  ['doubleEncodePath', 0],
  ['contentSha256Header', 'yes'],
]

afterEach(() => {
  delete (Object.prototype as { credentials?: unknown }).credentials
  delete (Object.prototype as { signedHeaders?: unknown }).signedHeaders
})

for (const [name, call] of doors) {
  it.each(malformed)(`${name} rejects as a malformed %s: %j`, (option, value) => {
    const error = catchError(() => call({ ...options, [option]: value }))
    expect(error).toBeInstanceOf(TypeError)
    expect(error).toMatchObject({ option })
    expect(String(error)).toMatch(new RegExp(`^TypeError: Cannot sign request: ${option} `))
    expect(String(error)).not.toContain('planted')
  })

  it.each<[string, unknown]>([
    ['signedHeaders', 'minimal'],
    ['signedHeaders', 'all'],
    ['signedHeaders', []],
    ['signedHeaders', ['Range', 'x-one']],
    ['sessionToken', 'signed'],
    ['sessionToken', 'after-signing'],
    ['payload', 'a'.repeat(64)],
    ['payload', 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD'],
    ['normalizePath', undefined],
    ['doubleEncodePath', true],
    ['contentSha256Header', false],
  ])(`${name} takes as %s: %j`, (option, value) => {
    expect(catchError(() => call({ ...options, [option]: value }))).toBeUndefined()
  })
}

describe('sigV4Auth() reads its own options alone,', () => {
  it('not credentials that something put into Object.prototype', () => {
    Object.assign(Object.prototype, { credentials: options.credentials })
    const { credentials: _, ...without } = options
    expect(() => sigV4Auth(without as SigningOptions)).toThrow(
      expect.objectContaining({ code: 'ERR_AUTH_CREDENTIAL' }),
    )
  })

  it('and not the policy of another object', async () => {
    const auth = sigV4Auth(options)
    Object.assign(Object.prototype, { signedHeaders: 'all' })
    const headers = createHeaderMap({ range: 'bytes=0-1' })
    const applied = await auth.applyAuth?.({ ...request, headers })
    expect(applied?.headers.get('authorization')).toContain(
      'SignedHeaders=host;x-amz-content-sha256;x-amz-date,',
    )
  })
})

it.each([undefined, null, 5, 'text'])('signRequest() says that its options are an object: %j', (wrong) => {
  expect(() => signRequest(request, wrong as unknown as SigningOptions)).toThrow(
    /^signRequest: options must be an object, got/,
  )
})

it('sigV4Auth() asks its source for a request that it has not signed itself', async () => {
  const calls: boolean[] = []
  const auth = sigV4Auth({
    ...options,
    credentials: async ({ forceRefresh }) => {
      calls.push(forceRefresh)
      return options.credentials
    },
  })
  const headers = createHeaderMap({ 'x-amzn-errortype': 'ExpiredTokenException' })
  const rejection = {
    request: { ...request, headers: createHeaderMap() },
    status: 403,
    headers,
    readBody: async () => '',
    attempt: 0,
  }
  expect(await auth.recover?.(rejection)).toBeTypeOf('boolean')
  expect(calls.length).toBeLessThanOrEqual(1)
})

it.each<[string, unknown, string]>([
  ['service', '', 'service is empty or malformed, got "". Write a signing name such as s3'],
  ['service', 3, 'service is empty or malformed, got 3. Write a signing name such as s3'],
  ['service', 's3 ', 'service is empty or malformed, got a string. Write a signing name such as s3'],
  ['region', null, 'region is empty or malformed, got null. Write a name such as us-east-1'],
  ['region', '/', 'region is empty or malformed, got "/". Write a name such as us-east-1'],
  ['normalizePath', 'false', 'normalizePath must be true or false, got a string'],
  ['doubleEncodePath', 0, 'doubleEncodePath must be true or false, got 0'],
  ['contentSha256Header', null, 'contentSha256Header must be true or false, got null'],
  [
    'sessionToken',
    'planted',
    "sessionToken must be 'signed' or 'after-signing'; the token itself belongs in credentials",
  ],
  ...['al', '', {}, [3], ['range', 3], [''], [' range'], ['range '], 'range'].map(
    (value): [string, unknown, string] => [
      'signedHeaders',
      value,
      "signedHeaders must be 'minimal', 'all' or a list of header names",
    ],
  ),
  ...['none', 'a'.repeat(65), `${'a'.repeat(64)} `, ` ${'a'.repeat(64)}`, 'A'.repeat(9), 'A'.repeat(81)].map(
    (value): [string, unknown, string] => [
      'payload',
      value,
      "payload must be 'signed', 'unsigned', a STREAMING literal or a SHA-256 in hex",
    ],
  ),
])('signingPlan() says what is wrong with %s: %j', (option, value, why) => {
  const error = catchError(() => signingPlan({ ...options, [option]: value }, false))
  expect(error).toBeInstanceOf(TypeError)
  expect(error).toMatchObject({ option, message: `Cannot sign request: ${why}` })
})

describe('signingPlan()', () => {
  const standard: SigningPlan = {
    normalizePath: true,
    doubleEncodePath: true,
    contentSha256Header: false,
    dropsUnderscores: false,
    sessionToken: 'signed',
    tokenHeader: 'x-amz-security-token',
    tokenParameter: 'X-Amz-Security-Token',
    payloadHash: undefined,
  }
  const s3 = { normalizePath: false, doubleEncodePath: false }
  const unsigned = { payloadHash: 'UNSIGNED-PAYLOAD' }
  const sent = { contentSha256Header: true }
  const express = { tokenHeader: 'x-amz-s3session-token', tokenParameter: 'X-Amz-S3session-Token' }
  const hash = 'a'.repeat(64)
  const streaming = 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD'

  it.each<[string, Partial<SigningOptions>, Partial<SigningPlan>, Partial<SigningPlan>]>([
    ['lambda', {}, {}, {}],
    ['lambda', { payload: 'unsigned' }, { ...unsigned, ...sent }, { ...unsigned, ...sent }],
    ['lambda', { payload: hash }, { payloadHash: hash }, { payloadHash: hash }],
    [
      'lambda',
      { payload: streaming },
      { payloadHash: streaming, ...sent },
      { payloadHash: streaming, ...sent },
    ],
    ['s3', {}, { ...s3, ...sent }, { ...s3, ...unsigned }],
    ['s3', { payload: 'signed' }, { ...s3, ...sent }, { ...s3, ...sent }],
    ['s3', { payload: 'unsigned' }, { ...s3, ...unsigned, ...sent }, { ...s3, ...unsigned }],
    ['s3', { payload: hash }, { ...s3, payloadHash: hash, ...sent }, { ...s3, payloadHash: hash, ...sent }],
    ['s3express', {}, { ...s3, ...sent, ...express }, { ...s3, ...unsigned, ...express }],
    ['glacier', {}, sent, {}],
    ['glacier', { payload: 'unsigned' }, { ...unsigned, ...sent }, { ...unsigned, ...sent }],
    ['vpc-lattice-svcs', {}, { ...unsigned, ...sent }, { ...unsigned, ...sent }],
    ['vpc-lattice-svcs', { payload: 'signed' }, sent, sent],
    ['bedrock', {}, { dropsUnderscores: true }, { dropsUnderscores: true }],
    ['iotdevicegateway', {}, { sessionToken: 'after-signing' }, { sessionToken: 'after-signing' }],
    ['iotdevicegateway', { sessionToken: 'signed' }, {}, {}],
    [
      'lambda',
      { sessionToken: 'after-signing' },
      { sessionToken: 'after-signing' },
      { sessionToken: 'after-signing' },
    ],
    [
      's3',
      { normalizePath: true },
      { ...sent, doubleEncodePath: false },
      { ...unsigned, doubleEncodePath: false },
    ],
    ['lambda', { doubleEncodePath: false }, { doubleEncodePath: false }, { doubleEncodePath: false }],
    ['s3', { contentSha256Header: false }, s3, { ...s3, ...unsigned }],
    ['lambda', { contentSha256Header: true }, sent, sent],
  ])('for %s with %j is that of the service, and of the options', (service, policy, inHeaders, inQuery) => {
    const given = { service, region: 'us-east-1', ...policy }
    expect(signingPlan(given, false)).toEqual({ ...standard, ...inHeaders })
    expect(signingPlan(given, true)).toEqual({ ...standard, ...inQuery })
  })

  it('takes payload literals of 10 to 80 characters', () => {
    for (const payload of ['A0-'.padEnd(10, 'Z'), 'A'.repeat(80)])
      expect(signingPlan({ ...options, payload }, false).payloadHash).toBe(payload)
  })
})

it('signRequest() lists the options that exist', () => {
  expect(() => signRequest(request, { ...options, regoin: 'x' } as SigningOptions)).toThrow(
    'signRequest: unknown option "regoin"; it has service, region, credentials, now, normalizePath, doubleEncodePath, contentSha256Header, payload, sessionToken, signedHeaders, expiresInMs',
  )
})
