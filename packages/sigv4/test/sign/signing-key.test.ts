import { createHmac } from 'node:crypto'
import { expect, it } from 'vitest'
import { type AwsCredentials, type SigningOptions, signRequest, stringToSign } from '../../src/index.js'
import { signingKey } from '../../src/sign/signing-key.js'

const request = { method: 'GET', url: 'https://api.example.com/' }

type DatedOptions = SigningOptions & { readonly now: () => Date }

function optionsOf(credentials: AwsCredentials, changes: Partial<DatedOptions> = {}): DatedOptions {
  const now = () => new Date('2026-11-25T23:59:59.999Z')
  return { service: 'execute-api', region: 'us-east-1', now, ...changes, credentials }
}

function signatureOf(options: SigningOptions): string | undefined {
  return /Signature=(.*)$/.exec(signRequest(request, options).headers['authorization'] ?? '')?.[1]
}

/** With nothing kept, and a scope that comes from the options alone. */
function freshSignature(options: DatedOptions): string {
  const date = options.now().toISOString().slice(0, 10).replaceAll('-', '')
  const scope = [date, options.region, options.service, 'aws4_request']
  const [algorithm, time, , hash] = stringToSign(request, options).split('\n')
  let key: string | Buffer = `AWS4${options.credentials.secretAccessKey}`
  for (const part of scope) key = createHmac('sha256', key).update(part).digest()
  const text = [algorithm, time, scope.join('/'), hash].join('\n')
  return createHmac('sha256', key).update(text).digest('hex')
}

it('signRequest() notices a secret that was rotated inside the same object', () => {
  const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'first' }
  const first = signatureOf(optionsOf(credentials))
  credentials.secretAccessKey = 'second'
  expect(signatureOf(optionsOf(credentials))).toBe(freshSignature(optionsOf(credentials)))
  expect(signatureOf(optionsOf(credentials))).not.toBe(first)
  credentials.secretAccessKey = 'first'
  expect(signatureOf(optionsOf(credentials))).toBe(first)
})

it('signRequest() notices an access key and a session token that were changed inside the same object', () => {
  const credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string } = {
    accessKeyId: 'AKID1',
    secretAccessKey: 'secret',
  }
  const sent = () => signRequest(request, optionsOf(credentials)).headers
  expect(sent()['authorization']).toContain('Credential=AKID1/')
  credentials.accessKeyId = 'AKID2'
  expect(sent()['authorization']).toContain('Credential=AKID2/')
  credentials.sessionToken = 'one'
  expect(sent()['x-amz-security-token']).toBe('one')
  credentials.sessionToken = 'two'
  expect(sent()['x-amz-security-token']).toBe('two')
  delete credentials.sessionToken
  expect(sent()).not.toHaveProperty('x-amz-security-token')
})

it('signRequest() rejects an illegal secret that came into an object that was good before', () => {
  const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' }
  signatureOf(optionsOf(credentials))
  credentials.secretAccessKey = ''
  expect(() => signatureOf(optionsOf(credentials))).toThrow('secretAccessKey')
})

it('signRequest() takes the new key at midnight UTC, and the old one for a clock that goes back', () => {
  const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' }
  const times = [
    '2026-11-25T23:59:59.999Z',
    '2026-11-26T00:00:00.000Z',
    '2026-11-26T00:00:00.001Z',
    '2026-11-26T00:00:01.000Z',
    '2026-11-25T23:59:59.000Z',
    '2027-11-25T23:59:59.000Z',
  ]
  for (const time of times) {
    const options = optionsOf(credentials, { now: () => new Date(time) })
    expect(signatureOf(options)).toBe(freshSignature(options))
    const { headers } = signRequest(request, options)
    expect(headers['x-amz-date']).toBe(time.replace(/[:-]|\.\d+/g, ''))
    expect(headers['authorization']).toContain(`/${time.slice(0, 10).replaceAll('-', '')}/`)
  }
})

it('signRequest() is right for more scopes of one object than are kept', () => {
  const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' }
  const regions = Array.from({ length: 9 }, (_, index) => `region-${index}`)
  for (let round = 0; round < 3; round++) {
    for (const region of [...regions, ...[...regions].reverse()]) {
      for (const service of ['s3', 'execute-api']) {
        const options = optionsOf(credentials, { region, service })
        expect(signatureOf(options)).toBe(freshSignature(options))
      }
    }
  }
})

it('signRequest() keeps apart the objects that share a key and differ in the secret', () => {
  const one = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'one' }
  const two = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'two' }
  for (const credentials of [one, two, one, two]) {
    expect(signatureOf(optionsOf(credentials))).toBe(freshSignature(optionsOf(credentials)))
  }
})

it('signRequest() takes secrets longer than a hash block', () => {
  for (const length of [1, 59, 60, 61, 64, 65, 200]) {
    const options = optionsOf({ accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'x'.repeat(length) })
    expect(signatureOf(options)).toBe(freshSignature(options))
  }
})

it('signRequest() takes names of services and regions of any length', () => {
  for (const length of [1, 60, 150, 300]) {
    const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' }
    const options = optionsOf(credentials, { region: 'r'.repeat(length) })
    expect(signatureOf(options)).toBe(freshSignature(options))
    expect(signatureOf(optionsOf(credentials))).toBe(freshSignature(optionsOf(credentials)))
  }
})

it.each([
  [7, 'keeps'],
  [8, 'drops'],
])('signingKey() after %i other regions %s the key of the first', (others, outcome) => {
  const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' }
  const keyFor = (region: string) => signingKey(credentials, new Date(0), region, 's3')
  const first = keyFor('first')
  for (let index = 0; index < others; index++) keyFor(`region-${index}`)
  expect(keyFor('first') === first).toBe(outcome === 'keeps')
})

it('signingKey() keeps the key of a day, with the time of the last signature', () => {
  const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret', sessionToken: 'token' }
  const keyAt = (time: string) => signingKey(credentials, new Date(time), 'us-east-1', 's3')
  const first = keyAt('2026-11-25T00:00:00.999Z')
  expect(first).toMatchObject({
    ...credentials,
    date: '20261125',
    region: 'us-east-1',
    service: 's3',
    scope: '20261125/us-east-1/s3/aws4_request',
    second: Date.parse('2026-11-25T00:00:00Z') / 1000,
    dateTime: '20261125T000000Z',
  })
  expect(keyAt('2026-11-25T00:00:00Z')).toBe(first)
  expect(keyAt('2026-11-25T23:59:59.999Z')).toBe(first)
  expect(first).toMatchObject({
    second: Date.parse('2026-11-25T23:59:59Z') / 1000,
    dateTime: '20261125T235959Z',
  })
  expect(keyAt('2026-11-26T00:00:00Z')).not.toBe(first)
  expect(keyAt('2026-11-25T00:00:00Z')).toBe(first)
})
