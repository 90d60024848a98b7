import { authFetch } from '@outbound-auth/fetch'
import { sigV4Auth } from '@outbound-auth/sigv4'
import { describe, expect, it } from 'vitest'
import { awsWebIdentityToken, type WebIdentityOptions, webIdentityCredentials } from '../src/index.js'
import { type Reply, tokenService } from './token-service.js'

const roleArn = 'arn:aws:iam::123456789012:role/agent'
const options = { roleArn, region: 'us-east-1', subjectToken: 'planted-subject' }
const hour = 3_600_000

const xml = (body: string, status = 200): Reply => ({
  status,
  headers: { 'content-type': 'text/xml' },
  body,
})

const credentialsXml = (expiration: string, change: Readonly<Record<string, string>> = {}) => {
  const parts = {
    AccessKeyId: 'ASIAEXAMPLE',
    SecretAccessKey: 'planted-secret',
    SessionToken: 'planted+session/token==',
    Expiration: expiration,
    ...change,
  }
  const inside = Object.entries(parts).map(([name, value]) => value && `<${name}>${value}</${name}>`)
  return `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <AssumeRoleWithWebIdentityResult><Audience>sts.amazonaws.com</Audience><Credentials>${inside.join('')}</Credentials>
  </AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`
}
const errorXml = (code: string) =>
  `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>planted-message</Message></Error></ErrorResponse>`
const later = () => new Date(Date.now() + hour).toISOString()

async function assuming(reply: () => Reply, change: Partial<WebIdentityOptions> = {}) {
  const service = await tokenService(reply)
  const source = webIdentityCredentials({ ...options, fetch: service.fetch, ...change })
  return { service, source }
}

describe('webIdentityCredentials()', () => {
  it('exchanges the subject token for credentials, unsigned and as a form', async () => {
    const { service, source } = await assuming(() => xml(credentialsXml(later())), {
      subjectToken: () => ' planted-subject\n',
      sessionName: 'job-1',
      lifetimeMs: 900_000,
    })
    const credentials = await source()
    expect(credentials).toMatchObject({
      accessKeyId: 'ASIAEXAMPLE',
      secretAccessKey: 'planted-secret',
      sessionToken: 'planted+session/token==',
    })
    expect(Math.abs(credentials.expiration.getTime() - Date.now() - hour)).toBeLessThan(60_000)
    const [exchange] = service.exchanges()
    expect(exchange?.headers.authorization).toBeUndefined()
    expect(Object.fromEntries(new URLSearchParams(String(exchange?.body)))).toEqual({
      Action: 'AssumeRoleWithWebIdentity',
      Version: '2011-06-15',
      RoleArn: roleArn,
      RoleSessionName: 'job-1',
      WebIdentityToken: 'planted-subject',
      DurationSeconds: '900',
    })
  })

  it('are the credentials of sigV4Auth(), with one exchange for 50 requests', async () => {
    const { service, source } = await assuming(() => xml(credentialsXml(later())))
    const auth = sigV4Auth({ service: 'bedrock', region: 'us-east-1', credentials: source })
    const seen: Headers[] = []
    const fetch = authFetch(auth, {
      allowedOrigins: ['https://bedrock.us-east-1.amazonaws.com'],
      fetch: async (_, init) => {
        seen.push(new Headers(init?.headers))
        return new Response('ok')
      },
    })
    await Promise.all(Array.from({ length: 50 }, () => fetch('https://bedrock.us-east-1.amazonaws.com/x')))
    expect(service.exchanges()).toHaveLength(1)
    expect(seen).toHaveLength(50)
    expect(seen[0]?.get('authorization')).toMatch(/^AWS4-HMAC-SHA256 Credential=ASIAEXAMPLE\//)
    expect(seen[0]?.get('x-amz-security-token')).toBe('planted+session/token==')
  })

  it('expire by the clock of AWS, when this machine is a day ahead', async () => {
    const now = () => new Date(Date.now() + 86_400_000)
    const { source } = await assuming(() => xml(credentialsXml(later())), { now })
    const { expiration } = await source()
    expect(Math.abs(expiration.getTime() - now().getTime() - hour)).toBeLessThan(60_000)
  })

  it.each([
    ['us-east-1', 'https://sts.us-east-1.amazonaws.com'],
    ['cn-north-1', 'https://sts.cn-north-1.amazonaws.com.cn'],
    ['eusc-de-east-1', 'https://sts.eusc-de-east-1.amazonaws.eu'],
  ])('go to the endpoint of region %s', async (region, origin) => {
    const seen: string[] = []
    const fetch = async (input: unknown) => {
      seen.push(String(input))
      return new Response(credentialsXml(later()))
    }
    await webIdentityCredentials({ ...options, region, fetch: fetch as typeof globalThis.fetch })()
    expect(seen).toEqual([`${origin}/`])
  })

  it.each<[string, object]>([
    ['region must be the name of an AWS region', { region: 'evil.example/' }],
    ['roleArn must be a string', { roleArn: '' }],
    ['unknown option "role"', { role: 'a' }],
  ])('throw a TypeError: %s', (message, change) => {
    expect(() => webIdentityCredentials({ ...options, ...change })).toThrow(TypeError)
    expect(() => webIdentityCredentials({ ...options, ...change })).toThrow(message)
  })

  it.each<[string, Reply, object]>([
    ['InvalidIdentityToken', xml(errorXml('InvalidIdentityToken'), 400), { kind: 'build' }],
    ['ExpiredTokenException', xml(errorXml('ExpiredTokenException'), 400), { kind: 'build' }],
    [
      'IDPCommunicationError',
      xml(errorXml('IDPCommunicationError'), 400),
      { kind: 'transient', code: 'ERR_AUTH_WORKLOAD_UNAVAILABLE' },
    ],
    ['planted-code', xml(errorXml('planted-code'), 403), { code: 'ERR_AUTH_WORKLOAD_REFUSED' }],
    ['an error with status 200', xml(errorXml('AccessDenied')), { code: 'ERR_AUTH_WORKLOAD_REFUSED' }],
    ['an outage', xml('planted', 503), { kind: 'transient' }],
    [
      'a redirect',
      { status: 307, headers: { location: 'https://evil.example/' }, body: '' },
      { code: 'ERR_AUTH_REDIRECT' },
    ],
    ['the page of a proxy', xml('<html>planted</html>'), { kind: 'transient' }],
    ['JSON', { body: '{"access_token":"planted"}' }, { kind: 'transient' }],
    ['no session token', xml(credentialsXml(later(), { SessionToken: '' })), { kind: 'build' }],
    ['no Expiration', xml(credentialsXml('')), { code: 'ERR_AUTH_WORKLOAD_RESPONSE' }],
    ['an odd Expiration', xml(credentialsXml('1e9')), { code: 'ERR_AUTH_WORKLOAD_RESPONSE' }],
    [
      'CR LF in the session token',
      xml(credentialsXml(later(), { SessionToken: 'planted&#13;&#10;a' })),
      { code: 'ERR_AUTH_WORKLOAD_RESPONSE' },
    ],
    [
      'a DTD',
      xml(`<!DOCTYPE a [<!ENTITY e "planted">]>${credentialsXml(later(), { SessionToken: '&e;' })}`),
      { code: 'ERR_AUTH_WORKLOAD_RESPONSE' },
    ],
    [
      'XML that is cut off',
      xml(credentialsXml(later()).slice(0, -20)),
      { code: 'ERR_AUTH_WORKLOAD_RESPONSE' },
    ],
    [
      'bytes that are not UTF-8',
      { body: Uint8Array.of(60, 255, 62) },
      { code: 'ERR_AUTH_WORKLOAD_RESPONSE' },
    ],
    ['over 1 MiB', xml(' '.repeat(1_100_000)), { code: 'ERR_AUTH_WORKLOAD_RESPONSE' }],
  ])('reject %s, once, and print nothing of it', async (_, reply, error) => {
    const { service, source } = await assuming(() => reply)
    const thrown = await source().catch((reason) => reason)
    expect(thrown).toMatchObject({ name: 'AuthError', ...error })
    expect(thrown.message + thrown.stack).not.toContain('planted')
    expect(service.exchanges()).toHaveLength(1)
  })
})

describe('awsWebIdentityToken()', () => {
  const credentials = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'planted-secret' }
  const auth = sigV4Auth({ service: 'sts', region: 'us-east-1', credentials })
  const call = { signal: new AbortController().signal, forceRefresh: true }
  const tokenXml = (token: string) =>
    `<GetWebIdentityTokenResponse><GetWebIdentityTokenResult><WebIdentityToken>${token}</WebIdentityToken><Expiration>${later()}</Expiration></GetWebIdentityTokenResult></GetWebIdentityTokenResponse>`

  it('asks AWS STS with a signature', async () => {
    const service = await tokenService(() => xml(tokenXml('planted.jwt.1')))
    const given = { audience: ['https://a.example', 'b'], region: 'us-east-1', auth, fetch: service.fetch }
    expect(await awsWebIdentityToken({ ...given, lifetimeMs: 60_000 })(call)).toBe('planted.jwt.1')
    const [exchange] = service.exchanges()
    expect(exchange?.headers.authorization).toMatch(
      /Credential=AKIAEXAMPLE\/\d{8}\/us-east-1\/sts\/aws4_request/,
    )
    expect(Object.fromEntries(new URLSearchParams(String(exchange?.body)))).toEqual({
      Action: 'GetWebIdentityToken',
      Version: '2011-06-15',
      'Audience.member.1': 'https://a.example',
      'Audience.member.2': 'b',
      SigningAlgorithm: 'RS256',
      DurationSeconds: '60',
    })
  })

  it('signs again after a clock error, once', async () => {
    const skew = { ...xml(errorXml('SignatureDoesNotMatch'), 403) }
    const date = new Date(Date.now() + hour).toUTCString()
    const service = await tokenService((_, index) =>
      index === 1 ? { ...skew, headers: { date } } : xml(tokenXml('planted.jwt.2')),
    )
    const own = sigV4Auth({ service: 'sts', region: 'us-east-1', credentials })
    const source = awsWebIdentityToken({
      audience: 'a',
      region: 'us-east-1',
      auth: own,
      fetch: service.fetch,
    })
    expect(await source(call)).toBe('planted.jwt.2')
    expect(service.exchanges()).toHaveLength(2)
  })

  it.each<[string, Reply, object]>([
    ['a rejection', xml(errorXml('AccessDenied'), 403), { kind: 'build' }],
    ['an outage', xml('planted', 500), { kind: 'transient' }],
    ['a redirect', { status: 302, headers: { location: '/' }, body: '' }, { code: 'ERR_AUTH_REDIRECT' }],
    ['no token', xml(tokenXml('')), { kind: 'build' }],
  ])('%s is an error of the subject token', async (_, reply, error) => {
    const service = await tokenService(() => reply)
    const source = awsWebIdentityToken({ audience: 'a', region: 'us-east-1', auth, fetch: service.fetch })
    const thrown = await Promise.resolve(source(call)).catch((reason) => reason)
    expect(thrown).toMatchObject({ code: 'ERR_AUTH_WORKLOAD_SUBJECT', ...error })
    expect(thrown.message).not.toContain('planted')
  })

  it.each<[string, object]>([
    ['audience must be a string or a list', { audience: [] }],
    ['auth must be a provider', { auth: 'a' }],
    ["signingAlgorithm must be 'RS256' or 'ES384'", { signingAlgorithm: 'HS256' }],
    ['region must be the name of an AWS region', { region: 'a/b' }],
  ])('throws a TypeError: %s', (message, change) => {
    const given = { audience: 'a', region: 'us-east-1', auth }
    expect(() => awsWebIdentityToken({ ...given, ...change } as typeof given)).toThrow(message)
  })
})
