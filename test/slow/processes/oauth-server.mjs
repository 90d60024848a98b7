// A certified authorization server with rotation and reuse detection on loopback, beside an API that takes its newest
// tokens.
import { createServer } from 'node:http'
// @ts-expect-error: the package has no types
import Provider from 'oidc-provider'

/** @typedef {{ refreshes: number, errors: string[], refused: number }} OauthStats */

/**
 * @returns {Promise<{ tokenEndpoint: string, api: string, stats: OauthStats, issue(): Promise<string>, invalidate():
 *   void, close(): void }>}
 */
export async function startOauthServer() {
  /** @type {(request: import('node:http').IncomingMessage, response: import('node:http').ServerResponse) => void} */
  let handle = () => {}
  const server = createServer((request, response) => handle(request, response))
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)))
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  const issuer = `http://127.0.0.1:${port}`
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: 'app',
        grant_types: ['authorization_code', 'refresh_token'],
        redirect_uris: ['http://127.0.0.1/callback'],
        response_types: ['code'],
        token_endpoint_auth_method: 'none',
        application_type: 'native',
      },
    ],
    scopes: ['openid', 'offline_access'],
    findAccount: (/** @type {unknown} */ _, /** @type {string} */ id) => ({
      accountId: id,
      claims: () => ({ sub: id }),
    }),
    rotateRefreshToken: true,
    ttl: {
      AccessToken: 3600,
      RefreshToken: 86_400,
      Grant: 86_400,
      IdToken: 300,
      Session: 600,
      Interaction: 600,
    },
    features: { devInteractions: { enabled: false } },
    cookies: { keys: ['loopback'] },
  })
  /** @type {OauthStats} */
  const stats = { refreshes: 0, errors: [], refused: 0 }
  /** @type {Set<string>} */
  const accepted = new Set()
  provider.on('grant.success', () => void stats.refreshes++)
  provider.on(
    'grant.error',
    (/** @type {unknown} */ _, /** @type {any} */ error) =>
      void stats.errors.push(`${error.message} ${error.error_detail ?? ''}`),
  )
  provider.on('access_token.saved', (/** @type {{ jti: string }} */ token) => void accepted.add(token.jti))
  const callback = provider.callback()
  handle = (request, response) => {
    if (request.url !== '/api') return void callback(request, response)
    const isAccepted = accepted.has(request.headers.authorization?.slice('Bearer '.length) ?? '')
    if (!isAccepted) stats.refused += 1
    response.writeHead(isAccepted ? 200 : 401).end()
  }
  return {
    tokenEndpoint: `${issuer}/token`,
    api: `${issuer}/api`,
    stats,
    async issue() {
      const grant = new provider.Grant({ clientId: 'app', accountId: 'user' })
      grant.addOIDCScope('openid offline_access')
      const token = new provider.RefreshToken({
        accountId: 'user',
        client: await provider.Client.find('app'),
        grantId: await grant.save(),
        gty: 'authorization_code',
        scope: 'openid offline_access',
        authTime: Math.floor(Date.now() / 1000),
      })
      return token.save()
    },
    invalidate: () => accepted.clear(),
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
