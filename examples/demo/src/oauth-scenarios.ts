import { createHash, createPublicKey, type JsonWebKey, randomBytes, verify } from 'node:crypto'
import type { DemoRequest, DemoResponse } from './demo-request.js'
import type { DemoScenario } from './demo-scenario.js'
import { unwanted } from './find-credential.js'

const scope = 'demo:read'

/**
 * A token endpoint whose tokens the same scenario accepts, with a scope and, for DPoP, the key that they are bound
 * to.
 */
interface TokenServer {
  readonly grants: Map<string, { readonly scope: string; readonly jkt: string | undefined }>
  readonly nonces: { readonly endpoint: string; readonly api: string }
}

/** Two clients of an authorization server: with a secret, and with tokens that are bound to a key. */
export function oauthScenarios(clientSecret: string): DemoScenario[] {
  return [secretScenario(clientSecret), boundScenario(clientSecret)]
}

function newServer(): TokenServer {
  const nonce = () => randomBytes(9).toString('base64url')
  return { grants: new Map(), nonces: { endpoint: nonce(), api: nonce() } }
}

function toml(kind: string, name: string, asked: string): string[] {
  return [
    `kind = "${kind}"`,
    `token_endpoint = "{origin}/${name}/token"`,
    'client_id = "demo"',
    'client_secret = { env = "DEMO_CLIENT" }',
    `scope = "${asked}"`,
  ]
}

function secretScenario(clientSecret: string): DemoScenario {
  const name = 'oauth-client'
  const server = newServer()
  return {
    name,
    kind: 'oauth',
    toml: toml('oauth', name, scope),
    tampered: toml('oauth', name, 'demo:other'),
    // One for the token.
    requests: 2,
    respond: (request) => respond(request, server, clientSecret, false),
    verify: (request) =>
      unwanted(request, 'authorization') ?? grantProblem(server, request.headers['authorization'], 'Bearer'),
  }
}

function boundScenario(clientSecret: string): DemoScenario {
  const name = 'oauth-dpop'
  const server = newServer()
  return {
    name,
    kind: 'dpop',
    toml: toml('dpop', name, scope),
    // The same client without a key gets a token that is not bound.
    tampered: toml('oauth', name, scope),
    // Both servers want a nonce, which the client learns from the first response of each.
    requests: 4,
    respond: (request) => respond(request, server, clientSecret, true),
    headers: () => ({ 'dpop-nonce': server.nonces.api, 'www-authenticate': 'DPoP error="use_dpop_nonce"' }),
    verify(request) {
      const { authorization } = request.headers
      const [, token = ''] = String(authorization).split(' ')
      const jkt = server.grants.get(token)?.jkt
      if (jkt === undefined) return 'a token that is not bound'
      const problem = proofProblem(request, { token, nonce: server.nonces.api, jkt })
      return problem ?? unwanted(request, 'authorization') ?? grantProblem(server, authorization, 'DPoP')
    },
  }
}

function grantProblem(
  { grants }: TokenServer,
  authorization: string | string[] | undefined,
  scheme: string,
): string | undefined {
  const [given, token = ''] = String(authorization).split(' ')
  const grant = grants.get(token)
  if (given !== scheme || !grant) return 'wrong authorization'
  return grant.scope === scope ? undefined : 'wrong scope'
}

/** Responds as a token endpoint; undefined for any other path. */
function respond(
  request: DemoRequest,
  { grants, nonces }: TokenServer,
  clientSecret: string,
  isBound: boolean,
): DemoResponse | undefined {
  if (!request.target.endsWith('/token')) return undefined
  const expected = `Basic ${Buffer.from(`demo:${clientSecret}`).toString('base64')}`
  if (request.headers['authorization'] !== expected) return { status: 401, json: { error: 'invalid_client' } }
  const hasProof = request.headers['dpop'] !== undefined
  const headers = { 'dpop-nonce': nonces.endpoint }
  if (hasProof && proofProblem(request, { nonce: nonces.endpoint }))
    return { status: 400, json: { error: 'use_dpop_nonce' }, headers }
  const token = randomBytes(24).toString('base64url')
  const jkt = hasProof ? keyOf(String(request.headers['dpop'])).thumbprint : undefined
  grants.set(token, { scope: new URLSearchParams(request.body).get('scope') ?? '', jkt })
  const type = isBound && hasProof ? 'DPoP' : 'Bearer'
  return { status: 200, json: { access_token: token, token_type: type, expires_in: 60 }, headers }
}

/** Names the fault of a proof, by Node's own cryptography; undefined if the proof is right. */
function proofProblem(
  { method, target, headers }: DemoRequest,
  expected: { readonly nonce: string; readonly token?: string; readonly jkt?: string },
): string | undefined {
  const proof = String(headers['dpop'])
  const [head = '', claims = '', signature = ''] = proof.split('.')
  const { key, thumbprint } = keyOf(proof)
  const isSigned = verify(
    'sha256',
    Buffer.from(`${head}.${claims}`),
    { key, dsaEncoding: 'ieee-p1363' },
    Buffer.from(signature, 'base64url'),
  )
  const { htm, htu, ath, iat, nonce } = JSON.parse(Buffer.from(claims, 'base64url').toString())
  const hash = expected.token && createHash('sha256').update(expected.token).digest('base64url')
  if (!isSigned || htm !== method || htu !== `http://${headers['host']}${target}` || ath !== hash)
    return 'wrong proof'
  if (Math.abs(Date.now() / 1000 - iat) > 60) return 'old proof'
  if (expected.jkt !== undefined && thumbprint !== expected.jkt) return 'proof of another key'
  return nonce === expected.nonce ? undefined : 'wrong nonce'
}

function keyOf(proof: string) {
  const [head = ''] = proof.split('.')
  const { jwk }: { jwk: JsonWebKey } = JSON.parse(Buffer.from(head, 'base64url').toString())
  const { crv, kty, x, y } = jwk
  const thumbprint = createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url')
  return { key: createPublicKey({ key: jwk, format: 'jwk' }), thumbprint }
}
