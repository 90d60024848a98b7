import { inspect } from 'node:util'
import { applyAuth, createHeaderMap } from '@outbound-auth/core'
import { createResolver, definitionPath } from '@outbound-auth/resolver'
import { selectBedrock } from '@outbound-auth/resolver/bedrock'
import { presets } from '@outbound-auth/resolver/presets'
import { sigV4Auth } from '@outbound-auth/sigv4'
import { expect, it } from 'vitest'
import { webIdentityCredentials } from '../src/index.js'
import { platformSubjectToken } from '../src/node.js'
import { json, tokenService } from './token-service.js'

const roleArn = 'arn:aws:iam::123456789012:role/agent'
const baseUrl = 'https://bedrock-runtime.eu-west-1.amazonaws.com'
const common = { kind: 'sigv4', service: 'bedrock', region: 'eu-west-1', baseUrl } as const

const credentialsXml = (index: number) =>
  `<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>ASIA${index}</AccessKeyId><SecretAccessKey>planted-key</SecretAccessKey><SessionToken>planted-session</SessionToken><Expiration>${new Date(Date.now() + 3_600_000).toISOString()}</Expiration></Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`

/** AWS STS and the token service of GitHub Actions at one server, and a resolver that sends to them. */
async function lab(env: Record<string, string> = {}) {
  const service = await tokenService(({ path }, index) =>
    path.startsWith('/id') ? json({ value: `planted-subject-${index}` }) : { body: credentialsXml(index) },
  )
  const asked: string[] = []
  const fetch: typeof globalThis.fetch = (input, init) => {
    asked.push(String(input))
    return service.fetch(input, init)
  }
  const variables: Record<string, string> = {
    ACTIONS_ID_TOKEN_REQUEST_URL: `${service.origin}/id?v=1`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'planted-request',
    ...env,
  }
  const resolver = createResolver(
    { sigv4: sigV4Auth },
    {
      env: variables,
      readFile: async () => 'planted-file\n',
      subjectToken: platformSubjectToken,
      webIdentityCredentials: (options) => webIdentityCredentials({ ...options, fetch }),
    },
  )
  const forms = () =>
    service
      .exchanges()
      .filter(({ method }) => method === 'POST')
      .map(({ body }) => Object.fromEntries(new URLSearchParams(String(body))))
  return { resolver, service, forms, asked, env: variables }
}
const request = () => ({ method: 'GET', url: `${baseUrl}/a`, headers: createHeaderMap() })

it('a definition of kind sigv4 signs with the credentials of a role, for the token of a file', async () => {
  const { resolver, forms, asked } = await lab()
  const credentials = { roleArn, subjectToken: { file: '/token' }, sessionName: 'job-1', lifetimeMs: 900_000 }
  const auth = await resolver.resolve({ ...common, credentials })
  expect(auth.reason).toBe(
    `sigv4 in header authorization from AWS role ${roleArn} with the token of file /token, for ${baseUrl}`,
  )
  const sent = await Promise.all(Array.from({ length: 50 }, () => applyAuth(auth.provider, request())))
  expect(sent[0]?.headers.get('authorization')).toMatch(/Credential=ASIA1\/\d{8}\/eu-west-1\/bedrock\//)
  expect(sent[0]?.headers.get('x-amz-security-token')).toBe('planted-session')
  expect(asked).toEqual(['https://sts.eu-west-1.amazonaws.com/'])
  expect(forms()).toMatchObject([
    { RoleArn: roleArn, RoleSessionName: 'job-1', WebIdentityToken: 'planted-file', DurationSeconds: '900' },
  ])
  expect(inspect(auth, { showHidden: true, depth: 9 })).not.toContain('planted')
})

it('the preset for GitHub Actions and Bedrock takes the role of AWS_ROLE_ARN, and notices another one', async () => {
  const { resolver, forms, env } = await lab({ AWS_ROLE_ARN: ` ${roleArn}\n` })
  const auth = await resolver.resolve({ ...presets.githubActionsBedrock, region: 'eu-west-1', baseUrl })
  expect(auth.reason).toContain(`AWS role ${roleArn} with the token of GitHub Actions`)
  await applyAuth(auth.provider, request())
  env['AWS_ROLE_ARN'] = `${roleArn}-2`
  await applyAuth(auth.provider, request())
  expect(forms().map(({ RoleArn, WebIdentityToken }) => [RoleArn, WebIdentityToken])).toEqual([
    [roleArn, 'planted-subject-1'],
    [`${roleArn}-2`, 'planted-subject-3'],
  ])
})

it('selectBedrock() takes a role, and its region is that of the environment', async () => {
  const { resolver, asked } = await lab({ TOKEN: 'planted-variable' })
  const credentials = { roleArn, subjectToken: { env: 'TOKEN' } }
  const { definition } = selectBedrock(
    { credentials, endpoint: 'runtime' },
    { env: { AWS_REGION: 'us-west-2' } },
  )
  const auth = await resolver.resolveUnknown(definition)
  await applyAuth(auth.provider, { ...request(), url: 'https://bedrock-runtime.us-west-2.amazonaws.com/a' })
  expect(asked).toEqual(['https://sts.us-west-2.amazonaws.com/'])
})

it('a role may be that of another region, and its subject token a literal', async () => {
  const { resolver, asked } = await lab()
  const credentials = { roleArn, subjectToken: 'planted-literal', region: 'us-east-1' }
  const auth = await resolver.resolve({ ...common, credentials })
  expect(auth.reason).toContain('with the token of the definition')
  await applyAuth(auth.provider, request())
  expect(asked).toEqual(['https://sts.us-east-1.amazonaws.com/'])
})

it.each<[string, unknown, readonly string[], string]>([
  ['no role', { subjectToken: 'planted' }, ['credentials', 'roleArn'], 'roleArn must be a string'],
  [
    'a malformed role',
    { roleArn: 'a', subjectToken: 'planted' },
    ['credentials', 'roleArn'],
    'roleArn must be like arn:',
  ],
  ['no subject token', { roleArn }, ['credentials', 'subjectToken'], 'subjectToken must be a function'],
  [
    'keys beside it',
    { roleArn, subjectToken: 'planted', accessKeyId: 'planted' },
    ['credentials', 'accessKeyId'],
    'unknown option "accessKeyId"',
  ],
  [
    'an unknown platform option',
    { roleArn, subjectToken: { githubActions: { audience: 'a', token: 'planted' } } },
    ['credentials', 'subjectToken', 'githubActions', 'token'],
    'unknown option "token"',
  ],
  [
    'a variable that is unset',
    { roleArn: { env: 'NO_ROLE' }, subjectToken: 'planted' },
    ['credentials', 'roleArn'],
    'NO_ROLE is unset',
  ],
])('a role with %s is an error at its path', async (_, credentials, path, message) => {
  const { resolver } = await lab()
  const error = await resolver.resolveUnknown({ ...common, credentials }).catch((thrown) => thrown)
  expect(error.message).toContain(message)
  expect(error.message).not.toContain('planted')
  expect(definitionPath(error)).toEqual(path)
})

it('a resolver without webIdentityCredentials says what to pass', async () => {
  const resolver = createResolver({ sigv4: sigV4Auth })
  await expect(
    resolver.resolve({ ...common, credentials: { roleArn, subjectToken: 'planted' } }),
  ).rejects.toMatchObject({
    code: 'ERR_AUTH_UNSUPPORTED',
    message: expect.stringContaining('webIdentityCredentials of @outbound-auth/workload-identity'),
  })
})

it('the errors of a role name their place in the definition', async () => {
  const { resolver } = await lab()
  const missing = { roleArn, subjectToken: { command: ['no-such-program-of-this-test'] } }
  const auth = await resolver.resolve({ ...common, credentials: missing })
  const error = await applyAuth(auth.provider, request()).catch((thrown) => thrown)
  expect(definitionPath(error)).toEqual(['credentials', 'subjectToken'])
})

it('webIdentityCredentials() itself is the option of the resolver', async () => {
  const resolver = createResolver({ sigv4: sigV4Auth }, { webIdentityCredentials })
  const credentials = { roleArn, subjectToken: 'planted', tokenEndpoint: 'http://sts.example/' }
  const error = await resolver.resolve({ ...common, credentials }).catch((thrown) => thrown)
  expect(error).toMatchObject({ code: 'ERR_AUTH_INSECURE_TRANSPORT' })
  expect(definitionPath(error)).toEqual(['credentials', 'tokenEndpoint'])
})
