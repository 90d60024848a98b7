import { describe, expect, it, vi } from 'vitest'
import { readTokenOutput } from '../../src/command/token-output.js'

const at = new Date('2026-11-25T10:00:00Z')
const seconds = at.getTime() / 1000
const startedAtMs = at.getTime() - 3_600_000
const read = (output: string) => readTokenOutput(output, 'The credential command az', startedAtMs)
const json = (value: unknown) => JSON.stringify(value)
const jwt = (expiresAt: Date) =>
  `e30.${Buffer.from(json({ exp: expiresAt.getTime() / 1000 })).toString('base64url')}.c2ln`
const noToken =
  'JSON without a string "token", nor one in access_token, accessToken, status.token, ' +
  'credential.access_token, auth.client_token, authorizationToken; pass parse for another shape'
const noInstant = (name: string) =>
  `JSON whose "${name}" is neither a time with a zone (RFC 3339) nor epoch seconds or milliseconds`

describe('readTokenOutput() finds token and expiry in the output of', () => {
  it.each<[tool: string, output: unknown]>([
    [
      'az account get-access-token',
      {
        accessToken: 't',
        expiresOn: '2026-11-25 23:59:59.000000',
        expires_on: seconds,
        subscription: 's',
        tenant: 'x',
        tokenType: 'Bearer',
      },
    ],
    [
      'a managed identity of Azure',
      { access_token: 't', expires_on: String(seconds), expires_in: '5', token_type: 'Bearer' },
    ],
    ['azd auth token', { token: 't', expiresOn: '2026-11-25T10:00:00Z' }],
    [
      'kubectl: an ExecCredential',
      {
        kind: 'ExecCredential',
        apiVersion: 'client.authentication.k8s.io/v1beta1',
        spec: { interactive: false },
        status: { expirationTimestamp: '2026-11-25T10:00:00Z', token: 't' },
      },
    ],
    [
      'kubectl create token: a TokenRequest',
      {
        kind: 'TokenRequest',
        spec: { audiences: [] },
        status: { token: 't', expirationTimestamp: '2026-11-25T10:00:00Z' },
      },
    ],
    ['an OAuth server', { access_token: 't', token_type: 'Bearer', expires_in: 3600, scope: 'a b' }],
    ['an OAuth server that quotes numbers', { access_token: 't', expires_in: '3600' }],
    [
      'gcloud config config-helper',
      {
        configuration: {},
        credential: { access_token: 't', id_token: 'i', token_expiry: '2026-11-25T10:00:00Z' },
      },
    ],
    [
      'gcloud auth print-access-token --format=json',
      { token: 't', expiry: { datetime: '2026-11-25 10:00:00', year: 2026 }, expired: false },
    ],
    [
      'oauth2 of Go',
      { access_token: 't', token_type: 'Bearer', expiry: '2026-11-25T12:00:00.000000001+02:00' },
    ],
    [
      'a cache of the AWS CLI',
      { accessToken: 't', expiresAt: '2026-11-25T10:00:00UTC', region: 'us-east-1' },
    ],
    ['aws codeartifact', { authorizationToken: 't', expiration: '2026-11-25T11:00:00+01:00' }],
    [
      'vault login',
      { auth: { client_token: 't', lease_duration: 3600, renewable: true }, lease_duration: 0 },
    ],
    ['JSON with milliseconds', { token: 't', expiresAt: at.getTime() }],
    ['JSON with seconds', { token: 't', expiresAt: seconds }],
    ['JSON with a fraction', { token: 't', expires_at: seconds + 0.0001 }],
    ['JSON with an offset without colon', { token: 't', expiresAt: '2026-11-25T05:00:00-0500' }],
    ['JSON without seconds', { token: 't', expiresAt: '2026-11-25t10:00z' }],
    ['JSON with a fraction after a comma', { token: 't', expiresAt: '2026-11-25 10:00:00,000999 GMT' }],
    ['JSON with an offset in hours', { token: 't', expiresAt: '2026-11-25T08:00:00-02' }],
    ['JSON with an offset of half an hour', { token: 't', expiresAt: '2026-11-25T15:30:00+05:30' }],
    ['JSON whose first token is empty', { token: '', access_token: 't', expiresAt: seconds }],
    ['JSON whose first expiry is null', { token: 't', expires_on: null, expiresAt: seconds }],
  ])('%s', (_, output) => {
    expect(read(json(output))).toEqual({ token: 't', expiresAt: at })
    expect(read(JSON.stringify(output, null, 2))).toEqual({ token: 't', expiresAt: at })
  })

  it.each<[tool: string, output: string]>([
    ['gh auth token', 't'],
    ['az with a query, without -o tsv', '"t"'],
    ['a token without expiry', json({ token: 't' })],
    ['an expiry of null', json({ token: 't', expiresAt: null, expires_in: null })],
    ['an ExecCredential without expiry', json({ kind: 'ExecCredential', status: { token: 't' } })],
    ['Go’s zero time', json({ access_token: 't', expiry: '0001-01-01T00:00:00Z' })],
    ['an instant of 0', json({ access_token: 't', expires_on: 0 })],
    ['expires_in of 0', json({ access_token: 't', expires_in: 0 })],
    ['a negative expires_in', json({ access_token: 't', expires_in: -5 })],
    ['an empty expires_in', json({ access_token: 't', expires_in: '' })],
    ['an expires_in with a sign', json({ access_token: 't', expires_in: '+5' })],
    ['an expires_in with a fraction', json({ access_token: 't', expires_in: '1.5' })],
    ['an expires_in with an exponent', json({ access_token: 't', expires_in: '5e3' })],
    ['expires_in in words', json({ access_token: 't', expires_in: 'never' })],
    ['expires_in of another type', json({ access_token: 't', expires_in: true })],
    ['an expires_in beyond all dates', json({ access_token: 't', expires_in: 1e300 })],
    ['a root token of Vault', json({ auth: { client_token: 't', lease_duration: 0 } })],
  ])('%s, whose expiry is unknown', (_, output) => {
    expect(read(output)).toEqual({ token: 't' })
  })
})

describe('readTokenOutput() on expiresOn of an old az, which is local time,', () => {
  const output = (token: string) => json({ accessToken: token, expiresOn: '2026-11-25 10:00:00.123456' })

  it.each(['UTC', 'Asia/Kolkata', 'America/Los_Angeles'])('uses the zone of this machine: %s', (zone) => {
    vi.stubEnv('TZ', zone)
    expect(read(output('t')).expiresAt).toEqual(new Date(2026, 10, 25, 10, 0, 0, 123))
    vi.unstubAllEnvs()
  })

  it.each([
    ['2026-11-25T10:00:00', 0],
    ['2026-11-25t10:00:00,5', 500],
    ['2026-11-25 10:00:00.123999', 123],
  ])('reads %j', (expiresOn, milliseconds) => {
    const expected = new Date(2026, 10, 25, 10, 0, 0, milliseconds)
    expect(read(json({ token: 't', expiresOn })).expiresAt).toEqual(expected)
  })

  it('prefers the exp of a JWT', () => {
    expect(read(output(jwt(at))).expiresAt).toEqual(at)
  })

  it('does not prefer the exp of a JWT to a time with a zone', () => {
    const expiresOn = '2026-11-25T09:00:00Z'
    const expected = new Date(expiresOn)
    expect(read(json({ token: jwt(at), expiresOn })).expiresAt).toEqual(expected)
    expect(read(json({ token: jwt(at), expires_on: expected.getTime() })).expiresAt).toEqual(expected)
  })
})

describe('readTokenOutput() rejects, names the command and shows nothing of the output:', () => {
  it.each<[output: string, message: string]>([
    ['s3cr3t\ntwo', 'several lines; one token was expected'],
    ['s3cr3t\rtwo', 'several lines; one token was expected'],
    ['{"token": "s3cr3t"', 'text that begins like JSON and is not valid JSON'],
    ['{"token": "s3cr3t"} s3cr3t', 'text that begins like JSON and is not valid JSON'],
    ['"s3cr3t', 'text that begins like JSON and is not valid JSON'],
    ['["s3cr3t"]', 'JSON that is neither an object nor a token in quotes'],
    ['""', 'JSON that is neither an object nor a token in quotes'],
    ['{}', noToken],
    ['{"token":""}', noToken],
    ['{"token":["s3cr3t"]}', noToken],
    ['{"status":"s3cr3t"}', noToken],
    ['{"status":{"token":null},"s3cr3t":1}', noToken],
    ['{"status":null,"s3cr3t":1}', noToken],
    ['{"__proto__":{"token":"s3cr3t"}}', noToken],
    [
      '{"kind":"ExecCredential","status":{"clientKeyData":"s3cr3t"}}',
      'an ExecCredential without a token; a client certificate cannot be used',
    ],
    [
      '{"Version":1,"AccessKeyId":"s3cr3t","SecretAccessKey":"s3cr3t"}',
      'AWS keys, which are no token: use sigV4Auth of @outbound-auth/sigv4',
    ],
    ...['expiresAt', 'expires_on', 'expiresOn', 'expirationTimestamp', 'expiration', 'expiry'].flatMap(
      (name) =>
        [
          's3cr3t',
          '2026-11-25',
          '2026-13-25T10:00:00Z',
          'x2026-11-25T10:00:00Z',
          '2026-11-25T10:00:00Zx',
          '2026-11-25T10:00:00.Z',
          '25/11/2026 10:00',
          true,
          [],
          { s3cr3t: 1 },
          1e300,
          '',
        ].map((value): [string, string] => [json({ token: 's3cr3t', [name]: value }), noInstant(name)]),
    ),
    ['{"token":"s3cr3t","expiresAt":"2026-11-25T10:00:00"}', noInstant('expiresAt')],
    ['{"token":"s3cr3t","expiresAt":"1795600800"}', noInstant('expiresAt')],
    ['{"token":"s3cr3t","expiresOn":"x2026-11-25 10:00:00"}', noInstant('expiresOn')],
    ['{"token":"s3cr3t","expiresOn":"2026-11-25 10:00:00x"}', noInstant('expiresOn')],
  ])('%s', (output, message) => {
    const thrown = (() => {
      try {
        return read(output)
      } catch (error) {
        return error as Error
      }
    })()
    expect(thrown).toMatchObject({ kind: 'build', code: 'ERR_AUTH_COMMAND_OUTPUT' })
    const { message: text } = thrown as Error
    expect(text).toBe(`The credential command az wrote ${message}`)
  })
})

it('readTokenOutput() takes nothing from a polluted prototype', () => {
  Object.defineProperty(Object.prototype, 'token', { value: 'planted', configurable: true })
  try {
    expect(() => read('{}')).toThrow('without a string "token"')
  } finally {
    Reflect.deleteProperty(Object.prototype, 'token')
  }
})

it('readTokenOutput() takes a number below 1e11 for seconds, and any other for milliseconds', () => {
  const expiryOf = (expiresAt: unknown) =>
    read(json({ token: 't', expires_at: expiresAt })).expiresAt?.getTime()
  expect(expiryOf(1e11 - 1)).toBe((1e11 - 1) * 1000)
  expect(expiryOf(1e11)).toBe(1e11)
  // The digits of a number that is a date at all.
  expect(expiryOf('1234567890123456')).toBe(1234567890123456)
  expect(() => expiryOf('00000000001234567')).toThrow('"expires_at"')
})
