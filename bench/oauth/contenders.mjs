// One token by client credentials, as each library gets one: with the settings that its documentation suggests, and the
// time limit of 2 s where the library takes one.

/**
 * @typedef {object} Asked
 * @property {string} endpoint the token endpoint
 * @property {string} api an API that the token is for
 */

/**
 * @typedef {object} Contender
 * @property {string} name
 * @property {string} imports lines for a bundle
 * @property {() => Promise<(asked: Asked) => Client>} open
 */

/** @typedef {{ token(): Promise<string> }} Client */

const clientId = 'app'
const clientSecret = 'planted-secret'
const limitMs = 2000

/** @type {Contender[]} */
export const contenders = [
  {
    name: '@outbound-auth/oauth',
    imports: "export { oauthAuth } from '@outbound-auth/oauth'",
    async open() {
      const { oauthAuth } = await built('oauth')
      const { applyAuth, createHeaderMap } = await built('core')
      return ({ endpoint, api }) => {
        const auth = oauthAuth({ tokenEndpoint: endpoint, clientId, clientSecret, timeoutMs: limitMs })
        return {
          async token() {
            const request = { method: 'GET', url: api, headers: createHeaderMap() }
            const { headers } = await applyAuth(auth, request)
            return headers.get('authorization').slice('Bearer '.length)
          },
        }
      }
    },
  },
  {
    name: 'oauth4webapi',
    imports:
      "export { ClientSecretBasic, clientCredentialsGrantRequest, processClientCredentialsResponse } from 'oauth4webapi'",
    async open() {
      const oauth = await import('oauth4webapi')
      return ({ endpoint }) => {
        const server = { issuer: new URL(endpoint).origin, token_endpoint: endpoint }
        const client = { client_id: clientId }
        return {
          async token() {
            const response = await oauth.clientCredentialsGrantRequest(
              server,
              client,
              oauth.ClientSecretBasic(clientSecret),
              new URLSearchParams(),
              { [oauth.allowInsecureRequests]: true, signal: AbortSignal.timeout(limitMs) },
            )
            return (await oauth.processClientCredentialsResponse(server, client, response)).access_token
          },
        }
      }
    },
  },
  {
    name: 'openid-client',
    imports: "export { Configuration, clientCredentialsGrant, ClientSecretBasic } from 'openid-client'",
    async open() {
      const client = await import('openid-client')
      return ({ endpoint }) => {
        const server = { issuer: new URL(endpoint).origin, token_endpoint: endpoint }
        const config = new client.Configuration(server, clientId, {}, client.ClientSecretBasic(clientSecret))
        client.allowInsecureRequests(config)
        config.timeout = limitMs / 1000
        return { token: async () => (await client.clientCredentialsGrant(config)).access_token }
      }
    },
  },
  {
    name: 'google-auth-library',
    imports: "export { ExternalAccountClient, IdentityPoolClient } from 'google-auth-library'",
    async open() {
      // It has no client credentials: the nearest is its token exchange.
      const { IdentityPoolClient } = await import('google-auth-library')
      return ({ endpoint }) => {
        const client = new IdentityPoolClient({
          type: 'external_account',
          audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/a/providers/b',
          subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
          token_url: endpoint,
          subject_token_supplier: { getSubjectToken: async () => 'planted-subject' },
          clientAuthentication: { confidentialClientType: 'basic', clientId, clientSecret },
        })
        client.transporter.defaults.timeout = limitMs
        return { token: async () => (await client.getAccessToken()).token }
      }
    },
  },
  {
    name: '@azure/identity',
    imports: "export { ClientSecretCredential } from '@azure/identity'",
    async open() {
      const { ClientSecretCredential } = await import('@azure/identity')
      const { createDefaultHttpClient, createHttpHeaders } = await import('@azure/core-rest-pipeline')
      return ({ endpoint }) => {
        // Its authority is a URL to which it adds the path: every request goes to the endpoint instead.
        const send = createDefaultHttpClient()
        const credential = new ClientSecretCredential('00000000-0000-0000-0000-000000000000', clientId, clientSecret, {
          authorityHost: 'https://login.microsoftonline.com',
          disableInstanceDiscovery: true,
          retryOptions: { maxRetries: 0 },
          httpClient: {
            async sendRequest(request) {
              if (request.url.includes('openid-configuration')) {
                const headers = createHttpHeaders({ 'content-type': 'application/json' })
                return { request, headers, status: 200, bodyAsText: JSON.stringify(azureMetadata) }
              }
              request.url = endpoint
              request.allowInsecureConnection = true
              request.timeout = limitMs
              return send.sendRequest(request)
            },
          },
        })
        return { token: async () => (await credential.getToken('https://api.example.com/.default')).token }
      }
    },
  },
  {
    name: '@modelcontextprotocol/sdk',
    imports: "export { ClientCredentialsProvider } from '@modelcontextprotocol/sdk/client/auth-extensions.js'\nexport { auth } from '@modelcontextprotocol/sdk/client/auth.js'",
    async open() {
      const { ClientCredentialsProvider } = await import('@modelcontextprotocol/sdk/client/auth-extensions.js')
      const { auth } = await import('@modelcontextprotocol/sdk/client/auth.js')
      return ({ endpoint, api }) => {
        const provider = new ClientCredentialsProvider({ clientId, clientSecret, expectedIssuer: new URL(endpoint).origin })
        return {
          async token() {
            // As its transports do: a token that is there is used, another one is fetched after a 401.
            const kept = await provider.tokens()
            if (kept) return kept.access_token
            const fetchFn = (/** @type {string | URL} */ url, /** @type {RequestInit} */ init) =>
              sdkFetch(String(url), init, endpoint)
            await auth(provider, { serverUrl: api, fetchFn })
            return (await provider.tokens()).access_token
          },
        }
      }
    },
  },
]

const authority = 'https://login.microsoftonline.com/00000000-0000-0000-0000-000000000000'
const azureMetadata = {
  issuer: `${authority}/v2.0`,
  authorization_endpoint: `${authority}/oauth2/v2.0/authorize`,
  token_endpoint: `${authority}/oauth2/v2.0/token`,
  jwks_uri: `${authority}/discovery/v2.0/keys`,
}

/** The documents that the SDK wants before a token, and the token endpoint. */
function sdkFetch(/** @type {string} */ url, /** @type {RequestInit} */ init, /** @type {string} */ endpoint) {
  const issuer = new URL(endpoint).origin
  if (url.includes('oauth-protected-resource'))
    return Response.json({ resource: 'http://127.0.0.1/mcp', authorization_servers: [issuer] })
  if (url.includes('.well-known'))
    return Response.json({
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: endpoint,
      response_types_supported: ['code'],
      token_endpoint_auth_methods_supported: ['client_secret_basic'],
    })
  return fetch(url, { ...init, signal: AbortSignal.timeout(limitMs) })
}

/** @param {string} name @returns {Promise<any>} */
function built(name) {
  return import(new URL(`../../packages/${name}/dist/index.js`, import.meta.url).href)
}
