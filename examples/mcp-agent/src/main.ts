import { strict as assert } from 'node:assert'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { AuthError } from '@outbound-auth/core'
import { authFetch } from '@outbound-auth/fetch'
import { discoverResource, oauthAuth } from '@outbound-auth/oauth'
import { startAuthorizationServer } from './start-authorization-server.js'
import { startToolServer } from './start-tool-server.js'

const authority = await startAuthorizationServer()
const tools = await startToolServer(authority)
const { issuer } = authority
const allowedOrigins = [tools.url.origin]

// The metadata of the tool server must name the issuer that the agent expects.
const { resource } = await discoverResource(tools.url.href, { issuer })
const agent = { issuer, clientId: 'agent', clientSecret: authority.clientSecret, resource, scope: 'tools' }

/** Opens a session whose requests are authenticated by the agent's token. */
async function connect(clientSecret = agent.clientSecret, url = tools.url): Promise<Client> {
  const fetch = authFetch(oauthAuth({ ...agent, clientSecret }), { allowedOrigins })
  const client = new Client({ name: 'mcp-agent', version: '1.0.0' })
  await client.connect(new StreamableHTTPClientTransport(url, { fetch }))
  return client
}

/** Asks the tool for its caller, as the server knows it. */
async function callerOf(client: Client): Promise<unknown> {
  const { content } = await client.callTool({ name: 'whoami', arguments: {} })
  const [first] = content
  return first?.type === 'text' ? first.text : undefined
}

const client = await connect()
const callers = await Promise.all([callerOf(client), callerOf(client), callerOf(client)])
assert.deepEqual([callers, authority.issued(), tools.rejected()], [['agent', 'agent', 'agent'], 1, 0])
console.log(`Three tool calls at once: ${callers.join(', ')}, with one token`)

authority.revoke()
const caller = await callerOf(client)
assert.deepEqual([caller, authority.issued(), tools.rejected()], ['agent', 2, 1])
console.log(`After the token was revoked: ${caller}, sent again after a 401 with a new token`)
await client.close()

const refused: unknown = await connect('wrong').catch((error: unknown) => error)
assert(AuthError.is(refused))
assert.deepEqual([refused.code, tools.rejected()], ['ERR_AUTH_OAUTH_REFUSED', 1])
console.log(`With a wrong secret: ${refused.code}, and the tool server got nothing`)

const foreign = new URL('/mcp', issuer)
const astray: unknown = await connect(undefined, foreign).catch((error: unknown) => error)
assert(AuthError.is(astray))
assert.equal(astray.code, 'ERR_AUTH_ORIGIN')
console.log(`To a tool server of another origin: ${astray.code}, and nothing was sent`)

tools.close()
authority.close()
