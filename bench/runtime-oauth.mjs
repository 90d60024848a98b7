// Runs inside a runtime under test: OAuth against the server of runtime-oauth-server.mjs. Plain web APIs only.
import { bearerAuth } from '@outbound-auth/bearer'
import { authFetch } from '@outbound-auth/fetch'
import { clientCredentials, dpopAuth, oauthAuth } from '@outbound-auth/oauth'

/**
 * Every way to a token, each with two requests of the API.
 *
 * @param {string} origin of the server
 */
export async function oauthStatuses(origin) {
  const { secret, keys } = await (await fetch(`${origin}/client`)).json()
  const client = { issuer: origin, clientId: 'agent' }
  const byKey = Object.entries(keys).map(([algorithm, privateKey]) => [
    `private key JWT ${algorithm}`,
    oauthAuth({ ...client, privateKey }),
  ])
  const byDpop = ['ES256', 'EdDSA'].map((dpopAlgorithm) => [
    `DPoP ${dpopAlgorithm}`,
    dpopAuth({ ...client, clientSecret: secret, dpopAlgorithm }),
  ])
  const post = clientCredentials({ ...client, clientSecret: secret, clientAuth: 'post' })
  const providers = {
    'client credentials, basic': oauthAuth({ ...client, clientSecret: secret }),
    'client credentials, post': bearerAuth({ token: post }),
    ...Object.fromEntries([...byKey, ...byDpop]),
    'DPoP, private key JWT': dpopAuth({ ...client, privateKey: keys.ES256 }),
  }
  const lines = []
  for (const [name, auth] of Object.entries(providers)) {
    const send = authFetch(auth, { allowedOrigins: [origin] })
    const statuses = []
    for (const method of ['GET', 'POST']) {
      const response = await send(`${origin}/api?text=a%20b`, { method })
      statuses.push(response.status, await response.text())
    }
    lines.push(`${name}: ${statuses.join(' ')}`)
  }
  return lines.join('\n')
}
