import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as jose from 'jose'
// @ts-expect-error: the package has no types
import Provider from 'oidc-provider'

/** A certified authorization server on this machine, whose tokens are JWTs for one resource. */
export interface AuthorizationServer {
  readonly issuer: string
  /** Method and path of each request. */
  readonly requests: string[]
  readonly clientSecret: string
  /** Rejects every token that was issued until now. */
  revoke(): void
  /** @returns the scopes of a valid token @throws when it is not valid */
  verify(
    token: string,
    resource: string,
  ): Promise<{ readonly clientId: string; readonly scopes: string[]; readonly expiresAt: number }>
  close(): void
}

/* biome-ignore-start lint/suspicious/noExplicitAny: the package has no types */
type Untyped = any
/* biome-ignore-end lint/suspicious/noExplicitAny: the package has no types */

/** Characters that Basic authentication must encode: https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1 */
const clientSecret = 'se:cret/+ %~!*()'

export async function startAuthorizationServer(): Promise<AuthorizationServer> {
  const { privateKey, publicKey } = await jose.generateKeyPair('ES256', { extractable: true })
  const key = { ...(await jose.exportJWK(privateKey)), kid: 'key-1', alg: 'ES256', use: 'sig' }
  const requests: string[] = []
  const revoked = new Set<string>()
  const issued = new Set<string>()
  let handle: RequestListener = () => {}
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`)
    handle(request, response)
  })
  const issuer = await listen(server)
  const provider: Untyped = new Provider(issuer, {
    clients: [
      {
        client_id: 'agent',
        client_secret: clientSecret,
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
      },
    ],
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    jwks: { keys: [key] },
    scopes: ['mcp:tools'],
    ttl: { ClientCredentials: 600 },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_: unknown, resource: string) => ({
          scope: 'mcp:tools',
          audience: resource,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
  })
  handle = provider.callback()
  return {
    issuer,
    requests,
    clientSecret,
    revoke() {
      for (const id of issued) revoked.add(id)
    },
    async verify(token, resource) {
      const { payload } = await jose.jwtVerify(token, publicKey, {
        issuer,
        audience: resource,
        typ: 'at+jwt',
      })
      const id = String(payload.jti)
      issued.add(id)
      if (revoked.has(id)) throw new Error('The token was revoked')
      const scopes = String(payload['scope']).split(' ')
      return { clientId: String(payload['client_id']), scopes, expiresAt: Number(payload.exp) }
    },
    close: () => close(server),
  }
}

/** Listens on a free port of this machine. @returns the origin */
export async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

export function close(server: Server): void {
  server.closeAllConnections()
  server.close()
}
