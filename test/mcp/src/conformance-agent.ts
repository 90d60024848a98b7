// The client of the conformance suite: a transport whose `fetch` authenticates by the scenario's kind of grant. The
// suite passes the server's URL as the last argument, and the client's registration in MCP_CONFORMANCE_CONTEXT.
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { authFetch } from '@outbound-auth/fetch'
import { discoverResource, oauthAuth } from '@outbound-auth/oauth'

const url = new URL(process.argv.at(-1) ?? '')
const scenario = process.env['MCP_CONFORMANCE_SCENARIO'] ?? ''
const context: Readonly<Record<string, string>> = JSON.parse(process.env['MCP_CONFORMANCE_CONTEXT'] ?? '{}')
const {
  client_id: clientId = '',
  client_secret: clientSecret = '',
  private_key_pem: privateKey = '',
  idp_client_id: providerClientId = '',
  idp_id_token: subjectToken = '',
  idp_issuer: provider = '',
} = context

// The scenarios name no issuer, so the resource does.
const { issuer, resource, scopes } = await discoverResource(url.href)
const target = { issuer, clientId, resource, ...(scopes.length > 0 && { scope: scopes.join(' ') }) }

function authFor() {
  if (scenario === 'auth/client-credentials-jwt') return oauthAuth({ ...target, privateKey })
  if (scenario === 'auth/client-credentials-basic') return oauthAuth({ ...target, clientSecret })
  if (scenario === 'auth/cross-app-access-complete-flow') {
    const identityProvider = { issuer: provider, clientId: providerClientId }
    return oauthAuth({ ...target, clientSecret, grant: 'identity-assertion', identityProvider, subjectToken })
  }
  throw new Error(`There is no agent for the scenario ${scenario}`)
}

const client = new Client({ name: 'outbound-auth', version: '1.0.0' })
const fetch = authFetch(authFor(), { allowedOrigins: [url.origin] })
await client.connect(new StreamableHTTPClientTransport(url, { fetch }))
await client.listTools()
await client.close()
