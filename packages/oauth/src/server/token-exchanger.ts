import { loadPart } from '@outbound-auth/core/exchange'
import type { OauthClient } from '../client/oauth-options.js'
import { checkUrlOption } from './endpoint-url.js'
import type { EndpointProver, TokenExchanger } from './exchange.js'

/**
 * @internal Exchanges grants for tokens at one server, for one client. The code of an exchange is loaded at the first
 * one: until then a process has only the options.
 *
 * @throws TypeError when a URL is malformed
 * @throws AuthError `ERR_AUTH_INSECURE_TRANSPORT` (build)
 */
export function tokenExchanger(client: OauthClient, prover?: EndpointProver): TokenExchanger {
  const option = client.tokenEndpoint === undefined ? 'issuer' : 'tokenEndpoint'
  checkUrlOption(client.factory, option, client[option], client.allowInsecureTransport)
  let opened: TokenExchanger | undefined

  async function open(signal: AbortSignal): Promise<TokenExchanger> {
    signal.throwIfAborted()
    const { openExchanger } = await loadPart(() => import('./open-exchanger.js'))
    opened ??= openExchanger(client, prover)
    return opened
  }

  return {
    exchange: async (request) => (await open(request.signal)).exchange(request),
    server: async (signal) => (await open(signal)).server(signal),
  }
}
