import { describe, expect, it } from 'vitest'
import {
  type BedrockOptions,
  type BedrockSurroundings,
  bedrockEndpoints,
  bedrockKeyRegion,
  selectBedrock,
} from '../../src/bedrock/bedrock.js'

/** The form of AWS's token generators: a presigned URL without scheme, in base64. */
const keyFor = (region: string, scheme = '') =>
  `bedrock-api-key-${btoa(
    `${scheme}bedrock.amazonaws.com/?Action=CallWithBearerToken&X-Amz-Credential=AKIDEXAMPLE%2F20260420%2F${region}%2Fbedrock%2Faws4_request&Version=1`,
  )}`
const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: { env: 'SECRET' } }
const region = 'us-east-1'

const select = (options: BedrockOptions, surroundings: Partial<BedrockSurroundings> = {}) =>
  selectBedrock(options, { env: {}, ...surroundings })

describe('selectBedrock() takes the first credential of', () => {
  const everything: BedrockSurroundings = {
    env: { AWS_BEARER_TOKEN_BEDROCK: 'ABSK-env', AWS_ACCESS_KEY_ID: 'AKIDENV', AWS_PROFILE: 'env' },
    login: { token: 'stored' },
  }
  it.each<[string, BedrockOptions, Partial<BedrockSurroundings>, object]>([
    ['its token', { token: 'ABSK-own' }, everything, { kind: 'bearer', token: 'ABSK-own' }],
    [
      'its profile',
      { profile: 'work' },
      everything,
      { kind: 'sigv4', credentials: { awsChain: true, profile: 'work' } },
    ],
    ['its credentials', { credentials }, everything, { kind: 'sigv4', credentials }],
    ['the stored key', {}, everything, { kind: 'bearer', token: 'stored' }],
    ['the stored credentials', {}, { ...everything, login: { credentials } }, { kind: 'sigv4', credentials }],
    [
      'the environment’s key',
      {},
      { env: everything.env },
      { kind: 'bearer', token: { env: 'AWS_BEARER_TOKEN_BEDROCK' } },
    ],
    [
      'this machine, for a blank key',
      {},
      { env: { AWS_BEARER_TOKEN_BEDROCK: ' ' } },
      { kind: 'sigv4', credentials: { awsChain: true } },
    ],
  ])('%s', (_, options, surroundings, expected) => {
    const { definition, trace, reason } = select({ region, ...options }, surroundings)
    expect(definition).toMatchObject(expected)
    expect(trace.at(-1)?.outcome).toBe('chosen')
    expect(trace.slice(0, -1).every(({ outcome }) => outcome === 'passed-over')).toBe(true)
    expect(reason).toContain('region us-east-1')
  })

  it('and lists every rule that it looked at', () => {
    const passedOver = (rule: string) => ({ rule, outcome: 'passed-over', because: 'it is not set' })
    expect(select({ region }).trace).toEqual([
      passedOver('token of the definition'),
      passedOver('AWS credentials of the definition'),
      passedOver('stored login'),
      passedOver('AWS_BEARER_TOKEN_BEDROCK'),
      { rule: 'AWS credentials of this machine', outcome: 'chosen', because: 'nothing else is there' },
    ])
    const { trace, reason } = select({ region, token: 'ABSK-own' })
    const because = 'the definition has a Bedrock API key'
    expect(trace).toEqual([{ rule: 'token of the definition', outcome: 'chosen', because }])
    expect(reason).toBe(`token of the definition: ${because}; region us-east-1`)
  })

  it.each<[BedrockOptions, Partial<BedrockSurroundings>, string]>([
    [{ profile: 'work' }, {}, 'the definition names the profile work'],
    [{ credentials }, {}, 'the definition has them'],
    [{}, { login: { token: 'stored' } }, 'a login is stored for Bedrock'],
    [{}, { env: { AWS_BEARER_TOKEN_BEDROCK: 'ABSK' } }, 'it is set'],
  ])('of %j and %j because %s', (options, surroundings, because) => {
    expect(select({ region, ...options }, surroundings).trace.at(-1)).toMatchObject({ because })
  })

  it('and rejects two in one definition', () => {
    expect(() => select({ region, token: 't', profile: 'p' })).toThrow(
      expect.objectContaining({ kind: 'build', code: 'ERR_AUTH_CONTRADICTION' }),
    )
  })
})

describe('selectBedrock() takes the first region of', () => {
  const env = { AWS_REGION: ' eu-west-1 ', AWS_DEFAULT_REGION: 'eu-west-2' }
  const token = keyFor('us-west-2')
  it.each<[string, BedrockOptions, Partial<BedrockSurroundings>, string]>([
    ['the definition, trimmed', { region: ' us-east-2 ', token }, { env }, 'us-east-2'],
    ['a short-term key', { token }, { env }, 'us-west-2'],
    [
      'a short-term key in the environment',
      {},
      { env: { ...env, AWS_BEARER_TOKEN_BEDROCK: token } },
      'us-west-2',
    ],
    ['the stored login', {}, { env, login: { token: 'k', region: 'sa-east-1' } }, 'sa-east-1'],
    ['AWS_REGION, trimmed', { token: 'ABSK-long-term' }, { env }, 'eu-west-1'],
    ['AWS_DEFAULT_REGION', {}, { env: { ...env, AWS_REGION: ' ' } }, 'eu-west-2'],
    ['the profile', { profile: 'p' }, { profileRegion: 'ap-south-1' }, 'ap-south-1'],
    ['the profile, trimmed', { profile: 'p' }, { profileRegion: ' ap-south-1\n' }, 'ap-south-1'],
    [
      'AWS_DEFAULT_REGION, beside a variable without a value',
      {},
      { env: { AWS_REGION: undefined, AWS_DEFAULT_REGION: 'eu-west-2' } },
      'eu-west-2',
    ],
  ])('%s', (_, options, surroundings, expected) => {
    expect(select(options, surroundings).definition['baseUrl']).toBe(
      `https://bedrock-mantle.${expected}.api.aws/openai/v1`,
    )
  })

  it('and says so when a key belongs to another region', () => {
    expect(select({ region, token }).reason).toContain('region us-east-1, though its own is us-west-2')
    expect(select({ token }).reason).not.toContain('though')
  })

  it('and fails without a region; the region of a profile does not count for a key', () => {
    const missing = expect.objectContaining({
      kind: 'build',
      code: 'ERR_AUTH_MISSING_REGION',
      option: 'region',
    })
    expect(() => select({ token: 'ABSK' }, { profileRegion: 'us-east-1' })).toThrow(missing)
    expect(() => select({})).toThrow(missing)
    expect(() => select({}, { env: Object.create({ AWS_REGION: 'us-east-1' }) })).toThrow(missing)
  })
})

describe('selectBedrock() knows the endpoint', () => {
  it('mantle, only in its regions unless there is a baseUrl', () => {
    expect(() => select({ region: 'us-west-1' })).toThrow(
      expect.objectContaining({
        code: 'ERR_AUTH_REGION',
        message: expect.stringMatching(
          /not in region us-west-1; it is in ap-northeast-1, .*us-west-2, or set a base URL/,
        ),
      }),
    )
    const baseUrl = 'https://proxy.example/v1'
    expect(select({ region: 'us-west-1', baseUrl }).definition).toMatchObject({
      service: 'bedrock-mantle',
      region: 'us-west-1',
      baseUrl,
      signedHeaders: 'all',
    })
    expect(bedrockEndpoints.mantle.regions?.size).toBe(12)
  })

  it('runtime, in any region, the partition of China too', () => {
    const at = (name: string) => select({ endpoint: 'runtime', region: name }).definition
    expect(at('us-west-1')).toMatchObject({
      service: 'bedrock',
      baseUrl: 'https://bedrock-runtime.us-west-1.amazonaws.com/openai/v1',
    })
    expect(at('cn-north-1')['baseUrl']).toBe('https://bedrock-runtime.cn-north-1.amazonaws.com.cn/openai/v1')
  })

  it('and lets no region change the host', () => {
    for (const hostile of ['evil.example/', 'a@evil.example', 'us-east-1.evil', '../x']) {
      expect(() => select({ endpoint: 'runtime', region: hostile })).toThrow(
        expect.objectContaining({ code: 'ERR_AUTH_REGION' }),
      )
    }
  })
})

describe('selectBedrock() makes', () => {
  const baseUrl = 'https://bedrock-mantle.us-east-1.api.aws/openai/v1'
  it.each<[options: BedrockOptions, definition: object]>([
    [{ token: 't' }, { kind: 'bearer', token: 't', baseUrl }],
    [{ token: { env: 'T' } }, { kind: 'bearer', token: { env: 'T' }, baseUrl }],
    [
      { credentials },
      {
        kind: 'sigv4',
        credentials,
        signedHeaders: 'all',
        service: 'bedrock-mantle',
        region,
        baseUrl,
      },
    ],
    [
      { token: 't', baseUrl: 'https://b.example' },
      { kind: 'bearer', token: 't', baseUrl: 'https://b.example' },
    ],
    [
      { profile: '', endpoint: 'runtime' },
      {
        kind: 'sigv4',
        credentials: { awsChain: true },
        signedHeaders: 'all',
        service: 'bedrock',
        region,
        baseUrl: 'https://bedrock-runtime.us-east-1.amazonaws.com/openai/v1',
      },
    ],
  ])('of %j the whole definition %j', (options, definition) => {
    expect(select({ region, ...options }).definition).toStrictEqual(definition)
  })

  it('a definition of a reference that has no prototype', () => {
    const token = Object.assign(Object.create(null), { env: 'T' })
    expect(select({ region, token }).definition['token']).toBe(token)
  })

  it.each<[options: BedrockOptions, surroundings: Partial<BedrockSurroundings>, reason: string]>([
    [{ region }, {}, 'AWS credentials of this machine: nothing else is there; region us-east-1'],
    [
      { region, profile: 'p' },
      {},
      'AWS credentials of the definition: the definition names the profile p; region us-east-1',
    ],
    [
      {},
      { login: { token: 't', region: ' us-east-2 ' } },
      'stored login: a login is stored for Bedrock; region us-east-2',
    ],
    [
      { region },
      { login: { token: 't', region: 'us-east-2' } },
      'stored login: a login is stored for Bedrock; region us-east-1, though its own is us-east-2',
    ],
    [
      {},
      { login: { token: 't', region: ' ' }, env: { AWS_REGION: 'us-east-2' } },
      'stored login: a login is stored for Bedrock; region us-east-2',
    ],
    [
      { region: ' ' },
      { env: { AWS_BEARER_TOKEN_BEDROCK: ' t ', AWS_REGION: 'us-east-2' } },
      'AWS_BEARER_TOKEN_BEDROCK: it is set; region us-east-2',
    ],
  ])('of %j and %j the reason %s', (options, surroundings, reason) => {
    expect(select(options, surroundings).reason).toBe(reason)
  })

  it.each<[options: BedrockOptions, code: string, option: string, problem: string]>([
    [
      { token: 't' },
      'ERR_AUTH_MISSING_REGION',
      'region',
      'Cannot reach Amazon Bedrock: no region; set region in the definition, AWS_REGION or AWS_DEFAULT_REGION',
    ],
    [
      { profile: 'p' },
      'ERR_AUTH_MISSING_REGION',
      'region',
      'Cannot reach Amazon Bedrock: no region; set region in the definition, AWS_REGION, AWS_DEFAULT_REGION or the profile',
    ],
    [
      { endpoint: 'runtime', region: 'EU' },
      'ERR_AUTH_REGION',
      'region',
      'Cannot reach Amazon Bedrock: the region is malformed',
    ],
    [
      { region: 'eu-west-3' },
      'ERR_AUTH_REGION',
      'region',
      'Cannot reach Amazon Bedrock: the mantle endpoint is not in region eu-west-3; it is in ap-northeast-1, ap-south-1, ap-southeast-3, eu-central-1, eu-north-1, eu-south-1, eu-west-1, eu-west-2, sa-east-1, us-east-1, us-east-2, us-west-2, or set a base URL',
    ],
    ...(
      [
        [{ token: 't', profile: 'p' }, 'profile'],
        [{ token: 't', credentials }, 'credentials'],
        [{ profile: 'p', credentials }, 'credentials'],
      ] as const
    ).map(([options, option]): [BedrockOptions, string, string, string] => [
      options,
      'ERR_AUTH_CONTRADICTION',
      option,
      'Cannot choose a Bedrock credential: keep one of token, profile and credentials',
    ]),
  ])('of %j the error %s of %s', (options, code, option, message) => {
    expect(() => select(options)).toThrow(expect.objectContaining({ kind: 'build', code, option, message }))
  })
})

describe('bedrockKeyRegion()', () => {
  it.each(['us-east-1', 'eu-north-1', 'us-gov-east'])(
    'reads %s, whatever the padding and order of the key',
    (name) => {
      expect(bedrockKeyRegion(keyFor(name))).toBe(name)
      const query = `X-Amz-Credential=AKIDEXAMPLE%2F20260420%2F${name}%2Fbedrock%2Faws4_request&Version=1`
      expect(bedrockKeyRegion(`bedrock-api-key-${btoa(`b.example/?${query}`)}`)).toBe(name)
      expect(bedrockKeyRegion(`x${keyFor(name)}`)).toBeUndefined()
    },
  )

  it('reads the region of a short-term key', () => {
    expect(bedrockKeyRegion(keyFor('us-west-2'))).toBe('us-west-2')
    expect(bedrockKeyRegion(keyFor('eu-north-1', 'https://'))).toBe('eu-north-1')
    expect(bedrockKeyRegion(keyFor('eu-north-1', 'http://'))).toBe('eu-north-1')
    expect(bedrockKeyRegion(`${keyFor('us-west-2')}&Version=1`)).toBe('us-west-2')
  })

  it.each([
    'ABSKlongterm',
    '',
    'bedrock-api-key-',
    'bedrock-api-key-%%',
    'bedrock-api-key-AAA',
    `bedrock-api-key-${btoa('bedrock.amazonaws.com/?a=b')}`,
    keyFor(''),
  ])('has none for %j', (key) => {
    expect(bedrockKeyRegion(key)).toBeUndefined()
  })
})
