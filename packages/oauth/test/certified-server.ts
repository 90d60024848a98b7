import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as jose from 'jose'
// @ts-expect-error: the package has no types
import Provider from 'oidc-provider'
import { onTestFinished } from 'vitest'
import { protectedApi, type ServerSettings } from './protected-api.js'

const exchangeGrant = 'urn:ietf:params:oauth:grant-type:token-exchange'
const bearerGrant = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code'
export const api = 'urn:example:api'
export const basicSecret = 'se:cret/+ %~!*()'

interface Keys {
  readonly privateJwk: jose.JWK
  readonly pem: string
}

/** An authorization server that is certified, with an API that checks its tokens; both on this machine. */
export interface CertifiedServer {
  readonly issuer: string
  readonly apiUrl: string
  readonly apiOrigin: string
  readonly settings: ServerSettings
  /** The key of each client that signs assertions. */
  readonly keys: Readonly<Record<'ed' | 'es' | 'rs', Keys>>
  /** Method and path of each request to the authorization server, with the status. */
  readonly requests: string[]
  /** The forms that the token endpoint was sent. */
  readonly forms: Readonly<Record<string, unknown>>[]
  /** The status of each response of the API. */
  readonly apiStatuses: number[]
  refreshToken(clientId: string): Promise<string>
  /** Decides about the login of a device. */
  decide(userCode: string, isApproved: boolean): Promise<void>
  /** A JWT of the server for a subject. */
  signJwt(claims: jose.JWTPayload, audience: string, typ?: string): Promise<string>
}

/* biome-ignore-start lint/suspicious/noExplicitAny: the package has no types */
type Untyped = any
/* biome-ignore-end lint/suspicious/noExplicitAny: the package has no types */

async function newKeys(algorithm: string): Promise<Keys & { publicJwk: jose.JWK }> {
  const { privateKey, publicKey } = await jose.generateKeyPair(algorithm, { extractable: true })
  const named = { kid: `${algorithm}-1`, alg: algorithm, use: 'sig' }
  return {
    privateJwk: { ...(await jose.exportJWK(privateKey)), ...named },
    publicJwk: { ...(await jose.exportJWK(publicKey)), ...named },
    pem: await jose.exportPKCS8(privateKey),
  }
}

/** Made once for each test file, since an RSA key takes its time. */
const keys = Promise.all(['EdDSA', 'ES256', 'RS256', 'ES256'].map(newKeys))

/** Starts both servers; they are gone after the test. @param now the clock of the server's own library: `Date.now` */
export async function certifiedServer(now: () => number): Promise<CertifiedServer> {
  const epochSeconds = () => Math.floor(now() / 1000)
  const [ed, es, rs, server] = await keys
  if (!ed || !es || !rs || !server) throw new Error('There are no keys')
  const settings: ServerSettings = {
    lifeSeconds: 60,
    wantsNonce: false,
    apiNonce: undefined,
    revokedBefore: 0,
  }
  let handle: (request: IncomingMessage, response: ServerResponse) => unknown = () => {}
  const requests: string[] = []
  const forms: Readonly<Record<string, unknown>>[] = []
  const listener = createServer((request, response) => {
    const line = `${request.method} ${request.url}`
    response.on('finish', () => requests.push(`${line} ${response.statusCode}`))
    handle(request, response)
  })
  const issuer = await listen(listener)
  const base = { redirect_uris: [], response_types: [] }
  const machine = { ...base, grant_types: ['client_credentials'] }
  const native = {
    redirect_uris: ['http://127.0.0.1/callback', 'http://localhost/callback'],
    response_types: ['code'],
    application_type: 'native',
  }
  const signing = { ...machine, token_endpoint_auth_method: 'private_key_jwt' }
  const edKey = { jwks: { keys: [{ ...ed.publicJwk, alg: undefined }] } }
  const clients = [
    { ...machine, client_id: 'basic', client_secret: basicSecret },
    {
      ...machine,
      client_id: 'post',
      client_secret: 'post-secret',
      token_endpoint_auth_method: 'client_secret_post',
    },
    { ...signing, client_id: 'ed-any', ...edKey },
    { ...signing, client_id: 'ed-eddsa', token_endpoint_auth_signing_alg: 'EdDSA', ...edKey },
    { ...signing, client_id: 'ed-ed25519', token_endpoint_auth_signing_alg: 'Ed25519', ...edKey },
    { ...signing, client_id: 'rs', token_endpoint_auth_signing_alg: 'RS256', jwks: { keys: [rs.publicJwk] } },
    { ...signing, client_id: 'es', token_endpoint_auth_signing_alg: 'ES256', jwks: { keys: [es.publicJwk] } },
    { ...base, client_id: 'tx', client_secret: 'tx-secret', grant_types: [exchangeGrant, bearerGrant] },
    {
      ...native,
      client_id: 'app',
      grant_types: ['authorization_code', 'refresh_token', deviceGrant],
      token_endpoint_auth_method: 'none',
    },
    {
      ...native,
      client_id: 'app-secret',
      client_secret: 'app-secret-1',
      grant_types: ['authorization_code', 'refresh_token'],
    },
    { ...machine, client_id: 'dpop', client_secret: 'dpop-secret', dpop_bound_access_tokens: true },
  ]
  const provider: Untyped = new Provider(issuer, {
    clients,
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    jwks: { keys: [server.privateJwk] },
    scopes: ['openid', 'offline_access', 'api:read', 'api:write'],
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'],
    enabledJWA: {
      clientAuthSigningAlgValues: ['EdDSA', 'ES256', 'RS256', 'Ed25519'],
      dPoPSigningAlgValues: ['ES256', 'EdDSA', 'Ed25519'],
    },
    findAccount: (_: unknown, id: string) => ({ accountId: id, claims: () => ({ sub: id }) }),
    rotateRefreshToken: true,
    ttl: {
      AccessToken: () => settings.lifeSeconds,
      ClientCredentials: () => settings.lifeSeconds,
      RefreshToken: 86_400,
      Grant: 86_400,
      DeviceCode: 600,
      IdToken: 300,
      Session: 600,
      Interaction: 600,
    },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      deviceFlow: { enabled: true },
      revocation: { enabled: true },
      dPoP: {
        enabled: true,
        nonceSecret: Buffer.alloc(32, 7),
        requireNonce: () => settings.wantsNonce,
      },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => api,
        useGrantedResource: () => true,
        getResourceServerInfo: (_: unknown, resource: string) => resourceInfo(resource),
      },
    },
    cookies: { keys: ['loopback'] },
    pkce: { required: () => true },
    interactions: { url: (_: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
  })
  const resourceInfo = (resource: string) => ({
    scope: 'api:read api:write',
    audience: resource,
    accessTokenTTL: settings.lifeSeconds,
    accessTokenFormat: 'jwt',
    jwt: { sign: { alg: 'ES256' } },
  })
  const signingKey = await jose.importJWK(server.privateJwk, 'ES256')
  const signJwt: CertifiedServer['signJwt'] = (claims, audience, typ = 'JWT') =>
    new jose.SignJWT(claims)
      .setProtectedHeader({ alg: 'ES256', typ, kid: 'ES256-1' })
      .setIssuer(issuer)
      .setAudience(audience)
      .setJti(crypto.randomUUID())
      .setIssuedAt()
      .setExpirationTime('300s')
      .sign(signingKey)

  async function issue(context: Untyped, further: object): Promise<void> {
    const { client, params } = context.oidc
    const token = new provider.ClientCredentials({ client, scope: params.scope ?? 'api:read' })
    const resource = [params.resource ?? api].flat()[0]
    token.resourceServer = new provider.ResourceServer(resource, resourceInfo(resource))
    const value = await token.save()
    context.body = {
      access_token: value,
      expires_in: token.expiration,
      token_type: token.tokenType,
      ...further,
    }
  }
  const refuse = (context: Untyped, error: string, description: unknown) => {
    context.status = 400
    context.body = { error, error_description: description }
  }
  provider.registerGrantType(
    exchangeGrant,
    async (context: Untyped) => {
      const { params } = context.oidc
      try {
        jose.decodeJwt(params.subject_token)
      } catch {
        // Servers may echo what they were sent.
        refuse(context, 'invalid_request', `subject_token must be a JWT: ${params.subject_token}`)
        return
      }
      const type = params.requested_token_type
      if (type !== 'urn:ietf:params:oauth:token-type:id-jag') {
        await issue(context, { issued_token_type: 'urn:ietf:params:oauth:token-type:access_token' })
        return
      }
      const claims = { client_id: 'tx', sub: 'user-1', scope: params.scope, resource: params.resource }
      const jag = await signJwt(claims, params.audience, 'oauth-id-jag+jwt')
      context.body = { access_token: jag, issued_token_type: type, token_type: 'N_A', expires_in: 300 }
    },
    [
      'subject_token',
      'subject_token_type',
      'actor_token',
      'actor_token_type',
      'requested_token_type',
      'audience',
      'resource',
      'scope',
    ],
    ['audience', 'resource'],
  )
  provider.registerGrantType(
    bearerGrant,
    async (context: Untyped) => {
      try {
        const key = await jose.importJWK(server.publicJwk, 'ES256')
        await jose.jwtVerify(context.oidc.params.assertion, key, { issuer, audience: issuer })
      } catch (error) {
        refuse(context, 'invalid_grant', String(error))
        return
      }
      await issue(context, {})
    },
    ['assertion', 'scope', 'resource'],
  )
  async function grantFor(clientId: string): Promise<string> {
    const grant = new provider.Grant({ clientId, accountId: 'user-1' })
    grant.addOIDCScope('openid offline_access api:read api:write')
    grant.addResourceScope(api, 'api:read api:write')
    return grant.save()
  }
  async function interact(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { prompt, params, session } = await provider.interactionDetails(request, response)
    if (prompt.name === 'login') {
      await provider.interactionFinished(request, response, { login: { accountId: 'user-1' } })
      return
    }
    const isDenied = String(params.scope).includes('api:write')
    const consent = isDenied
      ? { error: 'access_denied', error_description: 'planted-description' }
      : { consent: { grantId: await grantFor(params.client_id) } }
    void session
    await provider.interactionFinished(request, response, consent, { mergeWithLastSubmission: true })
  }
  provider.use(async (context: Untyped, next: () => Promise<void>) => {
    await next()
    if (context.path === '/token') forms.push({ ...context.oidc?.body })
  })
  const callback = provider.callback()
  handle = async (request, response) => {
    if (request.url?.startsWith('/interaction/')) return interact(request, response)
    return callback(request, response)
  }
  const apiStatuses: number[] = []
  const apiListener = createServer(
    protectedApi({ issuer, audience: api, settings, key: server.publicJwk, statuses: apiStatuses }),
  )
  const apiOrigin = await listen(apiListener)
  return {
    issuer,
    apiUrl: `${apiOrigin}/things?text=a%20b`,
    apiOrigin,
    settings,
    keys: { ed, es, rs },
    requests,
    forms,
    apiStatuses,
    signJwt,
    async refreshToken(clientId) {
      const token = new provider.RefreshToken({
        accountId: 'user-1',
        client: await provider.Client.find(clientId),
        grantId: await grantFor(clientId),
        gty: 'authorization_code',
        scope: 'openid offline_access api:read',
        resource: api,
        authTime: epochSeconds(),
      })
      return token.save()
    },
    async decide(userCode, isApproved) {
      const code = await provider.DeviceCode.findByUserCode(userCode.replaceAll(/\W/g, '').toUpperCase())
      const seconds = epochSeconds()
      if (isApproved) {
        const grantId = await grantFor(code.clientId)
        Object.assign(code, { accountId: 'user-1', authTime: seconds, grantId, resource: api })
        code.scope = code.params.scope
      } else Object.assign(code, { error: 'access_denied', errorDescription: 'planted-description' })
      await code.save(code.exp - seconds)
    },
  }
}

/** Gives the origin of a server that is gone after the test. */
export async function listen(server: ReturnType<typeof createServer>): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
