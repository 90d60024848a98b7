import { loadPart } from '@outbound-auth/core/exchange'
import {
  askServer,
  readTokenResponse,
  type ServerResponse,
  type TokenFault,
  type TokenResponse,
} from '@outbound-auth/core/provider'
import { type ClientCredential, clientAuthentication } from '../client/client-auth.js'
import type { OauthClient } from '../client/oauth-options.js'
import { buildError } from '../lib/oauth-error.js'
import { serverClock } from '../lib/server-clock.js'
import type { OauthServer } from './discover-server.js'
import { endpointFailures, isRejectedClient } from './endpoint-failures.js'
import type { EndpointProver, Exchange, KnownServer, Pairs, TokenExchanger } from './exchange.js'
import { furtherPairs } from './further-pairs.js'

const metadataLifeMs = 3_600_000
const unknownServer = {
  clientAuthMethods: [],
  assertionAlgorithms: [],
  challengeMethods: [],
  namesIssuer: false,
} as const

/** @internal What {@link tokenExchanger} loads at the first exchange. */
export function openExchanger(client: OauthClient, prover?: EndpointProver): TokenExchanger {
  const failures = endpointFailures(client.now)
  const authenticate = clientAuthentication(client)
  const clock = serverClock(client.now)
  const server = serverFinder(client)
  const send = tokenSender(client, prover, clock, failures)

  /** Whether a proof was rejected because of this machine's clock, which has been corrected. */
  const isRedated = (code: string | undefined, { headers }: ServerResponse) =>
    code === 'invalid_dpop_proof' && prover !== undefined && clock.correct(headers)

  async function exchange(request: Exchange): Promise<TokenResponse> {
    const { signal, grant, tokenType = prover ? 'dpop' : 'bearer' } = request
    signal.throwIfAborted()
    failures.checkPause()
    const deadlineMs = performance.now() + client.timeoutMs
    const at = await server.find(signal)
    const endpoint = endpointOf(client, at)
    const audience = client.assertionAudience ?? at.issuer ?? at.tokenEndpoint
    const tried = new Set<string>()
    let forceRefresh = false
    let refused: { readonly id: string; readonly isCorrected: boolean; readonly error: unknown } | undefined
    for (;;) {
      const target = { audience, algorithms: at.assertionAlgorithms, now: clock.now() }
      const credential = await authenticate(target, { signal, forceRefresh })
      // The same secret once more would only count as another failed login.
      if (refused && credential.id === refused.id && !refused.isCorrected) throw refused.error
      const pairs = await grant({ signal, forceRefresh })
      const response = await send(endpoint, credential, pairs, request, deadlineMs - performance.now())
      const hasNonce = prover?.note(endpoint, response.headers) === true
      let fault: TokenFault | undefined
      try {
        return readTokenResponse(response, {
          now: client.now(),
          tokenType,
          fail(seen) {
            fault = seen
            request.onFault?.(seen, response)
            return failures.from(endpoint.origin, seen, response, adviceFor(client, at.clientAuthMethods))
          },
        })
      } catch (error) {
        if (!fault) throw error
        if (fault.kind === 'token-type' && prover) throw downgraded(endpoint.origin)
        if (hasMoved(response)) server.forget()
        const isClient = isRejectedClient(fault, response)
        const reason = isClient ? 'client' : fault.error
        if (tried.has(reason)) throw error
        tried.add(reason)
        if (isClient) {
          const isCorrected = client.clientAuth === 'private-key-jwt' && clock.correct(response.headers)
          refused = { id: credential.id, isCorrected, error }
          forceRefresh = true
        } else if (reason === 'use_dpop_nonce' ? !hasNonce : !isRedated(reason, response)) throw error
      }
    }
  }

  return { exchange, server: server.find }
}

/** Finds what is known of the client's server, and keeps its metadata for an hour, or until they are out of date. */
function serverFinder(client: OauthClient): { find: TokenExchanger['server']; forget: () => void } {
  const { issuer = '', tokenEndpoint, allowInsecureTransport = false, timeoutMs, fetch, now } = client
  let known: { readonly server: OauthServer; readonly atMs: number } | undefined
  async function find(signal: AbortSignal): Promise<KnownServer> {
    if (tokenEndpoint !== undefined) return { ...unknownServer, issuer: client.issuer, tokenEndpoint }
    if (known && Math.abs(now().getTime() - known.atMs) < metadataLifeMs) return known.server
    const { readServer } = await loadPart(() => import('./discover-server.js'))
    const found = await readServer(issuer, allowInsecureTransport, { fetch, signal, timeoutMs, now })
    known = { server: found, atMs: now().getTime() }
    return found
  }
  function forget(): void {
    known = undefined
  }
  return { find, forget }
}

function endpointOf({ clientAuth }: OauthClient, { tokenEndpoint, mtlsTokenEndpoint }: KnownServer): URL {
  return new URL((clientAuth === 'mtls' ? mtlsTokenEndpoint : undefined) ?? tokenEndpoint)
}

/** Makes the function that sends one request to the token endpoint. */
function tokenSender(
  client: OauthClient,
  prover: EndpointProver | undefined,
  clock: ReturnType<typeof serverClock>,
  failures: ReturnType<typeof endpointFailures>,
) {
  const { timeoutMs, fetch, now } = client
  return async (
    endpoint: URL,
    credential: ClientCredential,
    grant: Pairs,
    { signal, keep, claims }: Exchange,
    leftMs: number,
  ): Promise<ServerResponse> => {
    const { origin } = endpoint
    const pairs = [...grant, ...furtherPairs(client, claims), ...credential.pairs]
    return askServer({
      url: endpoint,
      method: 'POST',
      headers: {
        accept: 'application/json',
        'content-type': 'application/x-www-form-urlencoded',
        ...credential.headers,
        ...(prover && { dpop: await prover.prove(endpoint, clock.now()) }),
      },
      body: new URLSearchParams(pairs.map(([name, value]) => [name, value])).toString(),
      timeoutMs: Math.max(1, leftMs),
      signal,
      fetch,
      now,
      keep,
      unreachable: (cause) => failures.unreachable(origin, cause),
      tooLate: () => failures.tooLate(origin, timeoutMs),
    })
  }
}

/** Whether the endpoint is no longer at its URL, so that kept metadata is out of date. */
function hasMoved({ status, isRedirect }: ServerResponse): boolean {
  return isRedirect || status === 404 || status === 405 || status === 410
}

/** The methods of which servers' metadata may speak, by our names. */
const methodNames: Readonly<Record<string, string>> = {
  client_secret_basic: 'basic',
  client_secret_post: 'post',
  private_key_jwt: 'private-key-jwt',
  tls_client_auth: 'mtls',
  self_signed_tls_client_auth: 'mtls',
  none: 'none',
}

function adviceFor({ clientAuth }: OauthClient, listed: readonly string[] = []): string {
  const methods = [
    ...new Set(listed.flatMap((name) => (Object.hasOwn(methodNames, name) ? [methodNames[name]] : []))),
  ]
  const lists = methods.length > 0 ? `; the server lists ${methods.join(', ')}` : ''
  return `Check clientId and its credential. clientAuth was ${clientAuth}${lists}`
}

function downgraded(origin: string): Error {
  return buildError(
    'ERR_AUTH_OAUTH_DOWNGRADE',
    `The token endpoint of ${origin} gave a token that is not bound to the key. Register the client for DPoP, or use oauthAuth`,
  )
}
