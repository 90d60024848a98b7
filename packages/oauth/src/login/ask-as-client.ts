import { askServer, type ServerResponse } from '@outbound-auth/core/provider'
import { clientAuthentication } from '../client/client-auth.js'
import type { OauthClient } from '../client/oauth-options.js'
import { buildError, transientError } from '../lib/oauth-error.js'
import { serverClock } from '../lib/server-clock.js'
import { isRejectedClient } from '../server/endpoint-failures.js'
import { endpointUrl } from '../server/endpoint-url.js'
import type { KnownServer, Pairs } from '../server/exchange.js'

/** @internal One request of a client to an endpoint other than the token endpoint. */
export interface ClientRequest {
  /** The option or metadata property that names the endpoint, for messages. */
  readonly name: string
  /** The same in words, for messages. */
  readonly words: string
  readonly endpoint: unknown
  readonly pairs: Pairs
  readonly signal: AbortSignal
}

/**
 * @internal Sends a form with the credential of the client, as the token endpoint gets it. After a rejection of the
 * client it is sent once more, if a function gives another secret, or the clock was wrong.
 *
 * @throws AuthError `ERR_AUTH_OAUTH_METADATA`, `ERR_AUTH_INSECURE_TRANSPORT`, `ERR_AUTH_REDIRECT`, `ERR_AUTH_OAUTH_KEY`
 * (build), `ERR_AUTH_OAUTH_UNAVAILABLE`, `ERR_AUTH_TIMEOUT` (transient); what a function of the caller throws
 */
export async function askAsClient(
  client: OauthClient,
  server: KnownServer,
  { name, words, endpoint, pairs, signal }: ClientRequest,
): Promise<ServerResponse> {
  const { timeoutMs, fetch, now, allowInsecureTransport } = client
  const url = endpointUrl(name, endpoint, allowInsecureTransport)
  const where = `The ${words} endpoint of ${url.origin}`
  const authenticate = clientAuthentication(client)
  const clock = serverClock(now)

  async function send(forceRefresh: boolean) {
    const target = {
      audience: client.assertionAudience ?? server.issuer ?? server.tokenEndpoint,
      algorithms: server.assertionAlgorithms,
      now: clock.now(),
    }
    const credential = await authenticate(target, { signal, forceRefresh })
    const ask = () =>
      askServer({
        url,
        method: 'POST',
        headers: {
          accept: 'application/json',
          'content-type': 'application/x-www-form-urlencoded',
          ...credential.headers,
        },
        body: new URLSearchParams(
          [...pairs, ...credential.pairs].map(([key, value]) => [key, value]),
        ).toString(),
        timeoutMs,
        signal,
        fetch,
        now,
        unreachable: (cause) =>
          transientError('ERR_AUTH_OAUTH_UNAVAILABLE', `${where} could not be reached`, cause),
        tooLate: () => transientError('ERR_AUTH_TIMEOUT', `${where} did not respond within ${timeoutMs} ms`),
      })
    return { id: credential.id, ask }
  }

  const first = await send(false)
  let response = await first.ask()
  if (!response.ok && isRejectedClient({ kind: 'request', error: errorOf(response) }, response)) {
    const isCorrected = client.clientAuth === 'private-key-jwt' && clock.correct(response.headers)
    const second = await send(true)
    if (isCorrected || second.id !== first.id) response = await second.ask()
  }
  const { isRedirect, isOutage, status } = response
  if (isRedirect) throw buildError('ERR_AUTH_REDIRECT', `${where} responded with a redirect`)
  if (isOutage) throw transientError('ERR_AUTH_OAUTH_UNAVAILABLE', `${where} responded with status ${status}`)
  return response
}

/** @internal The error that a response names; `''` for none. It may be any text, so it is never printed. */
export function errorOf({ json }: Pick<ServerResponse, 'json'>): string {
  const error = json?.['error']
  return typeof error === 'string' ? error : ''
}
