import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import * as jose from 'jose'

/** The settings that a test may change while the servers run. */
export interface ServerSettings {
  lifeSeconds: number
  /** Whether the authorization server wants nonces in DPoP proofs. */
  wantsNonce: boolean
  /** The nonce that the API wants; a function gives a new one for each request. */
  apiNonce: string | (() => string) | undefined
  /** Rejects every token of the API that was issued before. */
  revokedBefore: number
}

interface ApiOptions {
  readonly issuer: string
  readonly audience: string
  readonly settings: ServerSettings
  readonly key: jose.JWK
  readonly statuses: number[]
}

/** An API that takes bearer tokens and DPoP-bound ones, and says by a challenge what is wrong. */
export function protectedApi({ issuer, audience, settings, key, statuses }: ApiOptions) {
  const seen = new Set<unknown>()
  let nonce = ''
  const newNonce = () => {
    const { apiNonce } = settings
    nonce = typeof apiNonce === 'function' ? apiNonce() : (apiNonce ?? '')
    return nonce
  }

  async function problemOf(request: IncomingMessage): Promise<string | undefined> {
    const [, scheme = '', token = ''] =
      /^(\w+) ([\w.~+/-]+=*)$/.exec(request.headers.authorization ?? '') ?? []
    const verified = await jose
      .jwtVerify(token, await jose.importJWK(key, 'ES256'), { issuer, audience, typ: 'at+jwt' })
      .catch(() => undefined)
    if (!verified) return 'invalid_token'
    const { payload } = verified
    if (Number(payload.iat) < settings.revokedBefore) return 'invalid_token'
    const bound = (payload['cnf'] as { jkt?: string } | undefined)?.jkt
    if (scheme === 'Bearer') return bound ? 'invalid_token' : undefined
    const proof = await jose
      .jwtVerify(String(request.headers['dpop']), jose.EmbeddedJWK, { typ: 'dpop+jwt', maxTokenAge: 60 })
      .catch(() => undefined)
    if (!proof) return 'invalid_dpop_proof'
    const { payload: claims, protectedHeader } = proof
    if (settings.apiNonce !== undefined && (nonce === '' || claims['nonce'] !== nonce))
      return 'use_dpop_nonce'
    const url = `http://${request.headers.host}${request.url?.split('?')[0]}`
    const hash = createHash('sha256').update(token).digest('base64url')
    const thumbprint = await jose.calculateJwkThumbprint(protectedHeader.jwk as jose.JWK)
    const isProof =
      claims['htm'] === request.method &&
      claims['htu'] === url &&
      claims['ath'] === hash &&
      thumbprint === bound
    if (!isProof || seen.has(claims.jti)) return 'invalid_dpop_proof'
    seen.add(claims.jti)
    return undefined
  }

  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    request.resume()
    const problem = await problemOf(request)
    const headers: Record<string, string> = {}
    const isSingleUse = typeof settings.apiNonce === 'function'
    if (
      settings.apiNonce !== undefined &&
      (problem === 'use_dpop_nonce' || isSingleUse || settings.apiNonce !== nonce)
    )
      headers['dpop-nonce'] = newNonce()
    if (problem) {
      const scheme = problem === 'invalid_token' ? 'Bearer' : 'DPoP'
      headers['www-authenticate'] = `${scheme} error="${problem}", algs="ES256 EdDSA"`
    }
    const status = problem ? 401 : 200
    statuses.push(status)
    response.writeHead(status, headers).end(problem ?? 'ok')
  }
}
