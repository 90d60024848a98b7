import type { AuthProvider, AuthRejection, AuthRequest } from '@outbound-auth/core'
import { cachedToken, jwtClaims } from '@outbound-auth/core/provider'
import { type NonceStore, nonceStore } from './dpop/nonce-store.js'
import { type DpopKeyPair, type ProofMaker, proofMaker } from './dpop/proof-maker.js'
import { type OauthCacheOptions, type OauthGrantOptions, openGrant } from './grant-options.js'
import { serverClocks } from './lib/server-clock.js'
import type { SigningAlgorithm } from './lib/sign-jwt.js'
import type { EndpointProver } from './server/exchange.js'

/** Options of {@link dpopAuth}. */
export type DpopAuthOptions = OauthGrantOptions &
  OauthCacheOptions & {
    /**
     * How proofs are signed.
     *
     * @default 'ES256'
     */
    readonly dpopAlgorithm?: SigningAlgorithm | undefined
    /**
     * The key to which tokens are bound; its private half need not be extractable.
     *
     * @default a new one, which lives as long as the provider and cannot be exported
     */
    readonly dpopKey?: DpopKeyPair | undefined
  }

/** The provider that {@link dpopAuth} makes. */
export interface DpopAuth extends AuthProvider {
  readonly kind: 'dpop'
}

const kind = 'dpop'
const scheme = 'DPoP '

/**
 * Authenticates with a token that is bound to a key: each request carries a proof of the key, for its method and URL
 * (DPoP). A stolen token alone is of no use.
 *
 * Each attempt gets a new proof. Nonces of both servers are kept from every response, so a server that wants one
 * costs one more request at the first time. A token of type Bearer is rejected, since it would not be bound.
 *
 * Web Crypto signs asynchronously, so `toAuthHeaders` throws `ERR_AUTH_NEEDS_REQUEST`.
 *
 * @throws TypeError when an option is malformed
 * @throws AuthError what `oauthAuth` throws, and `ERR_AUTH_OAUTH_DOWNGRADE` (build) when the token is not bound to
 * the key
 * @see https://www.rfc-editor.org/rfc/rfc9449
 * @example
 * const auth = dpopAuth({ issuer: 'https://login.example.com', clientId: 'agent', clientSecret: 'secret-1' })
 */
export function dpopAuth(options: DpopAuthOptions): DpopAuth {
  const nonces = nonceStore()
  // A copy that inherits nothing.
  const { dpopAlgorithm, dpopKey }: DpopAuthOptions = Object.assign(Object.create(null), options)
  const prove = proofMaker('dpopAuth', dpopAlgorithm, dpopKey)
  const names = ['dpopAlgorithm', 'dpopKey']
  // The token endpoint has nonces of its own, also where it shares the origin of the API.
  const { client, source } = openGrant('dpopAuth', options, names, endpointProver(prove, nonceStore()))
  const { now, waitUntil, observer } = client
  const clockOf = serverClocks(now)
  const timeoutMs = client.timeoutMs + 1000
  const cache = cachedToken({ kind, source, timeoutMs, now, waitUntil, observer })
  /** The token that has replaced a rejected one. */
  let renewed: string | undefined

  /** Whether a new proof can make the difference: the server wants another nonce, or dates by another clock. */
  function isProofRejected({ request, headers, attempt }: AuthRejection): boolean {
    const code = challengeError(headers.get('www-authenticate'))
    const { origin } = new URL(request.url)
    if (code === 'invalid_dpop_proof') return attempt === 0 && clockOf(origin).correct(headers)
    if (code !== 'use_dpop_nonce') return false
    const shown = nonceIn(request.headers.get('dpop'))
    const latest = nonces.get(origin)
    // The first rejection may have been about the token, and then this is the first one about the nonce.
    const isFirst = attempt === 0 || shown === undefined || tokenIn(request) === renewed
    // A server that rejects its own new nonce would go on for ever.
    return latest !== undefined && latest !== shown && isFirst
  }

  return {
    kind,
    headerNames: ['authorization', 'dpop'],
    requiresRequest: true,
    expiresAt: cache.expiresAt,
    addAuthHeaders() {
      // There is no proof without a method and a URL, and no token without a proof.
    },
    async applyAuth(request, applyOptions) {
      const accessToken = await cache.get(applyOptions)
      const { method, url, headers } = request
      const { origin } = new URL(url)
      const [now, nonce] = [clockOf(origin).now(), nonces.get(origin)]
      const proof = await prove({ method, url, now, nonce, accessToken })
      headers.set('authorization', scheme + accessToken)
      headers.set('dpop', proof)
      return request
    },
    noteResponse: ({ request, headers }) => nonces.note(new URL(request.url).origin, headers),
    async recover(rejection, applyOptions) {
      const { request, headers, attempt, claims } = rejection
      if (challengeError(headers.get('www-authenticate')) === 'use_dpop_nonce')
        return isProofRejected(rejection)
      if (isProofRejected(rejection)) return true
      const isRenewed = await cache.recover(tokenIn(request), attempt, { ...applyOptions, claims })
      if (isRenewed) renewed = cache.peek()
      return isRenewed
    },
  }
}

/** The proofs that the token endpoint wants. */
function endpointProver(prove: ProofMaker, nonces: NonceStore): EndpointProver {
  return {
    prove: (url, now) => prove({ method: 'POST', url: url.href, now, nonce: nonces.get(url.origin) }),
    note({ origin }, headers) {
      const before = nonces.get(origin)
      nonces.note(origin, headers)
      return nonces.get(origin) !== before
    },
  }
}

function tokenIn(request: AuthRequest): string | undefined {
  return request.headers.get('authorization')?.slice(scheme.length)
}

/** The error of a DPoP challenge. @see https://www.rfc-editor.org/rfc/rfc9449#section-7.1 */
function challengeError(header: string | null): string | undefined {
  const [, challenge = ''] = /(?:^|,)\s*DPoP\s+(.*)/is.exec(header ?? '') ?? []
  return /(?:^|[\s,])error\s*=\s*"?([a-z_]+)/i.exec(challenge)?.[1]
}

/** The nonce that a proof of ours has. */
function nonceIn(proof: string | null): unknown {
  return jwtClaims(proof ?? '')?.['nonce']
}
