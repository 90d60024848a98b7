import { describe, expect, it } from 'vitest'
import {
  canonicalRequest,
  type PresignOptions,
  presignUrl,
  type SigningOptions,
  signRequest,
  sigV4Auth,
  stringToSign,
} from '../../src/index.js'
import { awsCredentials, awsRegion } from '../../src/node.js'

const credentials = { accessKeyId: 'AKID', secretAccessKey: 'planted-secret' }
const request = { method: 'GET', url: 'https://example.amazonaws.com/' }
const options: SigningOptions = { service: 's3', region: 'us-east-1', credentials }

describe('signRequest() says how a service is spelled', () => {
  it.each([
    ['S3', 's3'],
    ['Bedrock', 'bedrock'],
    ['bedrock-runtime', 'bedrock'],
    ['Bedrock-Runtime', 'bedrock'],
    ['bedrock-agent-runtime', 'bedrock'],
    ['bedrock-runtime.us-east-1.amazonaws.com', 'bedrock'],
    ['s3.amazonaws.com', 's3'],
    ['lambda.us-east-1.amazonaws.com', 'lambda'],
    ['lambda.cn-north-1.amazonaws.com.cn', 'lambda'],
    ['lambda.us-east-1.api.aws', 'lambda'],
    ['lambda.api.aws', 'lambda'],
    ['runtime.sagemaker.us-east-1.amazonaws.com', 'sagemaker'],
    ['dynamo', 'dynamodb'],
    ['api-gateway', 'execute-api'],
    ['sagemaker-runtime', 'sagemaker'],
    ['opensearch', 'es'],
  ])('%s is %s', (service, right) => {
    const message = `Cannot sign request: service ${service} signs as ${right}: write service: '${right}'`
    expect(() => signRequest(request, { ...options, service })).toThrow(new TypeError(message))
    expect(() => signRequest(request, { ...options, service })).toThrow(
      expect.objectContaining({ option: 'service' }),
    )
    expect(() => sigV4Auth({ ...options, service })).toThrow(new TypeError(message))
  })

  it.each([
    's3',
    's3express',
    's3-outposts',
    'bedrock',
    'bedrock-mantle',
    'bedrock-agentcore',
    'service',
    'es',
    'logs',
    's3.amazonaws.community',
    's3.api.awsx',
    's3xamazonaws.com',
    's3.amazonawsxcom',
    's3.amazonaws.comxcn',
    's3.apixaws',
  ])('%s is right as it is', (service) => {
    expect(signRequest(request, { ...options, service }).headers['authorization']).toContain(`/${service}/`)
  })
})

it.each([
  ['US-EAST-1', 'us-east-1'],
  ['eu-central-1b', 'eu-central-1'],
  ['us-gov-west-1a', 'us-gov-west-1'],
  ['Eu-Central-2', 'eu-central-2'],
])('signRequest() says that region %s is %s', (region, right) => {
  const message = `Cannot sign request: region ${region} is spelled ${right}: write region: '${right}'`
  expect(() => signRequest(request, { ...options, region })).toThrow(new TypeError(message))
})

it.each(['auto', 'garage', 'us-gov-west-1', 'local', 'Region'])('signRequest() takes region %s', (region) => {
  expect(signRequest(request, { ...options, region }).headers['authorization']).toContain(`/${region}/`)
})

describe('an option that a function does not have is a TypeError, by name:', () => {
  const wrong = { ...options, regoin: 'x' } as SigningOptions
  it.each<[string, () => unknown]>([
    ['signRequest', () => signRequest(request, wrong)],
    ['canonicalRequest', () => canonicalRequest(request, wrong)],
    ['stringToSign', () => stringToSign(request, wrong)],
    ['presignUrl', () => presignUrl(request, { ...wrong, expiresInMs: 1000 } as PresignOptions)],
    ['awsCredentials', () => awsCredentials({ regoin: 'x' } as never)],
  ])('%s', (name, call) => {
    expect(call).toThrow(TypeError)
    expect(call).toThrow(`${name}: unknown option "regoin"; it has `)
  })

  it('awsRegion', async () => {
    await expect(awsRegion({ regoin: 'x' } as never)).rejects.toThrow('awsRegion: unknown option "regoin"')
  })
})

describe('presignUrl() says what to do about credentials that are', () => {
  it.each<[string, unknown, string]>([
    ['a function', awsCredentials(), 'credentials is a function: await it, credentials: await source()'],
    ['a promise', Promise.resolve(credentials), 'credentials is a promise: await it'],
    [
      'a placeholder',
      { ...credentials, accessKeyId: 'undefined' },
      'accessKeyId of the AWS credentials is the text undefined',
    ],
    [
      'a variable name',
      { ...credentials, secretAccessKey: '$AWS_SECRET_ACCESS_KEY' },
      "secretAccessKey of the AWS credentials is the name of a variable, not its value: write { env: 'AWS_SECRET_ACCESS_KEY' }",
    ],
  ])('%s', (_, value, message) => {
    const call = () => presignUrl(request, { ...options, credentials: value as never, expiresInMs: 1000 })
    expect(call).toThrow(
      expect.objectContaining({ code: 'ERR_AUTH_CREDENTIAL', message: expect.stringContaining(message) }),
    )
  })
})

it.each(['us-east-1-lax-1', 'us-east-1ab', 'xus-east-1', 'us-east-1-', 'US-1', 'US-EAST-X', 'US--EAST-1'])(
  'signRequest() takes %s for a region of its own',
  (region) => {
    expect(() => signRequest(request, { ...options, region })).not.toThrow()
  },
)
