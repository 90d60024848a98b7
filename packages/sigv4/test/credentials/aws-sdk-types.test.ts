import { defaultProvider } from '@aws-sdk/credential-provider-node'
import { SignatureV4 } from '@smithy/signature-v4'
import { expect, expectTypeOf, it } from 'vitest'
import { type AwsCredentialsSource, sigV4Auth } from '../../src/index.js'
import { awsCredentials } from '../../src/node.js'

type SdkCredentials = ConstructorParameters<typeof SignatureV4>[0]['credentials']
// As the clients of the AWS SDK declare their option `credentials`.
type SdkProvider = (properties?: Record<string, never>) => Promise<{
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
  readonly credentialScope?: string
  readonly accountId?: string
  readonly expiration?: Date
}>

it('awsCredentials() fits the option credentials of AWS SDK clients, which call it without arguments', async () => {
  expectTypeOf<AwsCredentialsSource>().toExtend<SdkProvider>()
  expectTypeOf<AwsCredentialsSource>().toExtend<SdkCredentials>()
  const env = { AWS_ACCESS_KEY_ID: 'AKIDENV', AWS_SECRET_ACCESS_KEY: 's' }
  const credentials = awsCredentials({ env })
  const signer = new SignatureV4({
    service: 's3',
    region: 'us-east-1',
    credentials,
    sha256: class {} as never,
  })
  expect(signer).toBeInstanceOf(SignatureV4)
  expect(await credentials()).toEqual({ accessKeyId: 'AKIDENV', secretAccessKey: 's' })
})

it('sigV4Auth() takes sources with and without parameters, and infers the parameter', () => {
  const options = { service: 's3', region: 'us-east-1' }
  const sdk = defaultProvider({ profile: 'x' })
  for (const credentials of [awsCredentials(), sdk])
    expect(sigV4Auth({ ...options, credentials }).kind).toBe('sigv4')
  const inferred = sigV4Auth({
    ...options,
    credentials: ({ forceRefresh }) => {
      expectTypeOf(forceRefresh).toEqualTypeOf<boolean>()
      return { accessKeyId: 'AKID', secretAccessKey: 's' }
    },
  })
  expect(inferred.kind).toBe('sigv4')
})
