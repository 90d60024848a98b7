import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js'
import * as transport1 from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { authFetch } from '@outbound-auth/fetch'
import { discoverResource, oauthAuth } from '@outbound-auth/oauth'
import { type AuthorizationServer, startAuthorizationServer } from './authorization-server.js'
import { generations, type ToolServer } from './mcp-servers.js'

interface ToolClient {
  connect(): Promise<void>
  whoami(): Promise<unknown>
  close(): Promise<void>
}

const about = { name: 'agent', version: '1.0.0' }

/** Both generations of the official client, each with our `fetch` in its transport. */
const clients: Readonly<Record<string, (url: URL, fetch: typeof globalThis.fetch) => ToolClient>> = {
  '@modelcontextprotocol/sdk 1.32.2': (url, fetch) => {
    const client = new Client1(about)
    const transport = new transport1.StreamableHTTPClientTransport(url, { fetch })
    return {
      connect: () => client.connect(transport),
      whoami: async () => textOf(await client.callTool({ name: 'whoami', arguments: {} })),
      close: () => client.close(),
    }
  },
  '@modelcontextprotocol/client 2.4.0': (url, fetch) => {
    const client = new Client(about)
    const transport = new StreamableHTTPClientTransport(url, { fetch })
    return {
      connect: () => client.connect(transport),
      whoami: async () => textOf(await client.callTool({ name: 'whoami', arguments: {} })),
      close: () => client.close(),
    }
  },
}

function textOf(result: object): unknown {
  const [first] = (result as { content: readonly { readonly text?: unknown }[] }).content
  return first?.text
}

async function servers(
  context: { after(close: () => void): void },
  start: (authority: AuthorizationServer) => Promise<ToolServer>,
): Promise<{ authority: AuthorizationServer; tools: ToolServer }> {
  const authority = await startAuthorizationServer()
  context.after(authority.close)
  const tools = await start(authority)
  context.after(tools.close)
  return { authority, tools }
}

for (const [server, start] of Object.entries(generations)) {
  for (const [name, open] of Object.entries(clients)) {
    describe(`${name} with oauthAuth() at ${server}`, () => {
      test('calls a tool after one token request, and once more after a revocation', async (context) => {
        const { authority, tools } = await servers(context, start)
        const { issuer, clientSecret } = authority
        const auth = oauthAuth({
          issuer,
          tokenEndpoint: `${issuer}/token`,
          clientId: 'agent',
          clientSecret,
          resource: tools.url.href,
          scope: 'mcp:tools',
        })
        const client = open(tools.url, authFetch(auth, { allowedOrigins: [tools.url.origin] }))
        await client.connect()
        assert.equal(await client.whoami(), 'agent')
        assert.equal(await client.whoami(), 'agent')
        assert.deepEqual(authority.requests, ['POST /token'])
        assert.deepEqual(
          tools.responses.filter((line) => line.endsWith('401')),
          [],
        )
        const before = tools.responses.length
        authority.revoke()
        assert.equal(await client.whoami(), 'agent')
        assert.deepEqual(authority.requests, ['POST /token', 'POST /token'])
        assert.deepEqual(tools.responses.slice(before), ['POST 401', 'POST 200'])
        await client.close()
      })
    })
  }

  test(`discoverResource() reads the metadata of ${server}, and a client needs only its URL`, async (context) => {
    const { authority, tools } = await servers(context, start)
    const { issuer, clientSecret } = authority
    const found = await discoverResource(tools.url.href, { issuer })
    assert.deepEqual(found, { issuer, resource: tools.url.href, scopes: ['mcp:tools'] })
    const { resource, scopes } = found
    const auth = oauthAuth({ issuer, clientId: 'agent', clientSecret, resource, scope: scopes.join(' ') })
    const fetch = authFetch(auth, { allowedOrigins: [tools.url.origin] })
    const client = clients['@modelcontextprotocol/client 2.4.0']?.(tools.url, fetch)
    await client?.connect()
    assert.equal(await client?.whoami(), 'agent')
    assert.deepEqual(authority.requests, ['GET /.well-known/oauth-authorization-server', 'POST /token'])
    await client?.close()
  })

  test(`${server} gets no request from a client whose secret the server rejects`, async (context) => {
    const { authority, tools } = await servers(context, start)
    const { issuer } = authority
    const auth = oauthAuth({
      issuer,
      tokenEndpoint: `${issuer}/token`,
      clientId: 'agent',
      clientSecret: 'wrong',
    })
    const fetch = authFetch(auth, { allowedOrigins: [tools.url.origin] })
    const client = clients['@modelcontextprotocol/client 2.4.0']?.(tools.url, fetch)
    await assert.rejects(async () => client?.connect(), /invalid_client/)
    assert.deepEqual(tools.responses, [])
  })
}
