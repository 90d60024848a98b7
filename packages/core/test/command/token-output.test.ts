import { describe, expect, it, vi } from 'vitest'
import { readTokenOutput } from '../../src/command/token-output.js'

const at = new Date('2026-11-25T10:00:00Z')
const seconds = at.getTime() / 1000
const startedAtMs = at.getTime() - 3_600_000
const read = (output: string) => readTokenOutput(output, 'The credential command az', startedAtMs)
const json = (value: unknown) => JSON.stringify(value)

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

  it('prefers the exp of a JWT', () => {
    const jwt = `e30.${Buffer.from(json({ exp: seconds })).toString('base64url')}.c2ln`
    expect(read(output(jwt)).expiresAt).toEqual(at)
  })
})

describe('readTokenOutput() rejects, names the command and shows nothing of the output:', () => {
  it.each<[output: string, message: string]>([
    ['s3cr3t\ntwo', 'several lines'],
    ['{"token": "s3cr3t"', 'begins like JSON and is none'],
    ['{"token": "s3cr3t"} s3cr3t', 'begins like JSON and is none'],
    ['"s3cr3t', 'begins like JSON and is none'],
    ['["s3cr3t"]', 'neither an object nor a token in quotes'],
    ['""', 'neither an object nor a token in quotes'],
    ['{}', 'without a string "token"'],
    ['{"token":""}', 'without a string "token"'],
    ['{"token":["s3cr3t"]}', 'without a string "token"'],
    ['{"status":"s3cr3t"}', 'without a string "token"'],
    ['{"status":{"token":null},"s3cr3t":1}', 'without a string "token"'],
    ['{"__proto__":{"token":"s3cr3t"}}', 'without a string "token"'],
    ['{"kind":"ExecCredential","status":{"clientKeyData":"s3cr3t"}}', 'an ExecCredential without a token'],
    ['{"Version":1,"AccessKeyId":"s3cr3t","SecretAccessKey":"s3cr3t"}', 'AWS keys, which are no token'],
    ...['expiresAt', 'expires_on', 'expiresOn', 'expirationTimestamp', 'expiration', 'expiry'].flatMap(
      (name) =>
        [
          's3cr3t',
          '2026-11-25',
          '2026-13-25T10:00:00Z',
          '25/11/2026 10:00',
          true,
          [],
          { s3cr3t: 1 },
          1e300,
          '',
        ].map((value): [string, string] => [json({ token: 's3cr3t', [name]: value }), `"${name}"`]),
    ),
    ['{"token":"s3cr3t","expiresAt":"2026-11-25T10:00:00"}', '"expiresAt"'],
    ['{"token":"s3cr3t","expiresAt":"1795600800"}', '"expiresAt"'],
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
    expect(text).toMatch(/^The credential command az wrote /)
    expect(text).toContain(message)
    expect(text).not.toContain('s3cr3t')
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
