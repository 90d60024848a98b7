import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** The rights of a token. */
export interface Grant {
  readonly clientId: string
  readonly resource: string
  readonly scopes: string[]
  /** In seconds since 1970. */
  readonly expiresAt: number
}

/** An authorization server on this machine with one client. */
export interface AuthorizationServer {
  readonly issuer: string
  readonly clientSecret: string
  /** The rights of a token; undefined for a token that was not issued here, or that is revoked. */
  find(token: string): Grant | undefined
  /** How many tokens were issued. */
  issued(): number
  /** Revokes all tokens. */
  revoke(): void
  close(): void
}

const clientId = 'agent'
const lifeSeconds = 600

/** Starts it. */
export async function startAuthorizationServer(): Promise<AuthorizationServer> {
  const clientSecret = randomBytes(24).toString('base64url')
  const expected = `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`
  const grants = new Map<string, Grant>()
  let count = 0
  const server = createServer(async (request, response) => {
    const respond = (status: number, body: object) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    if (request.url === '/.well-known/oauth-authorization-server')
      return respond(200, { issuer, token_endpoint: `${issuer}/token` })
    if (request.url !== '/token') return respond(404, {})
    let body = ''
    for await (const chunk of request) body += chunk
    const form = new URLSearchParams(body)
    if (request.headers.authorization !== expected) return respond(401, { error: 'invalid_client' })
    if (form.get('grant_type') !== 'client_credentials')
      return respond(400, { error: 'unsupported_grant_type' })
    const resource = form.get('resource')
    if (resource === null) return respond(400, { error: 'invalid_target' })
    const scopes = (form.get('scope') ?? '').split(' ')
    const token = randomBytes(24).toString('base64url')
    grants.set(token, {
      clientId,
      resource,
      scopes,
      expiresAt: Math.floor(Date.now() / 1000) + lifeSeconds,
    })
    count++
    return respond(200, { access_token: token, token_type: 'Bearer', expires_in: lifeSeconds })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    issuer,
    clientSecret,
    find: (token) => grants.get(token),
    issued: () => count,
    revoke: () => grants.clear(),
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}
