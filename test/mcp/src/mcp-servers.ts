import { createServer, type Server } from 'node:http'
import { mcpAuthMetadataRouter, requireBearerAuth } from '@modelcontextprotocol/express'
import { NodeStreamableHTTPServerTransport } from '@modelcontextprotocol/node'
import { InvalidTokenError } from '@modelcontextprotocol/sdk/server/auth/errors.js'
import { requireBearerAuth as requireBearerAuth1 } from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js'
import { mcpAuthMetadataRouter as mcpAuthMetadataRouter1 } from '@modelcontextprotocol/sdk/server/auth/router.js'
import { McpServer as McpServer1 } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { McpServer, OAuthError, OAuthErrorCode } from '@modelcontextprotocol/server'
import express, { type Express } from 'express'
import { type AuthorizationServer, close, listen } from './authorization-server.js'

/** An official MCP server with one tool, which names the client of the token. */
export interface ToolServer {
  readonly url: URL
  /** Method and status of each response of the protected path. */
  readonly responses: string[]
  close(): void
}

const scopes = ['mcp:tools']

/** Both generations of the official server, with the checks of tokens that each of them brings. */
export const generations: Readonly<Record<string, (authority: AuthorizationServer) => Promise<ToolServer>>> =
  {
    '@modelcontextprotocol/sdk 1.32.2': startFirst,
    '@modelcontextprotocol/server 2.4.0': startSecond,
  }

function metadataOf({ issuer }: AuthorizationServer) {
  return {
    issuer,
    authorization_endpoint: `${issuer}/auth`,
    token_endpoint: `${issuer}/token`,
    response_types_supported: ['code'],
  }
}

async function startFirst(authority: AuthorizationServer): Promise<ToolServer> {
  const { app, server, url, responses } = await open()
  const resourceServerUrl = url
  app.use(
    mcpAuthMetadataRouter1({
      oauthMetadata: metadataOf(authority),
      resourceServerUrl,
      scopesSupported: scopes,
    }),
  )
  const verifier = {
    async verifyAccessToken(token: string) {
      const verified = await authority.verify(token, url.href).catch(() => undefined)
      if (!verified) throw new InvalidTokenError('The token is not valid')
      return { token, ...verified }
    },
  }
  const resourceMetadataUrl = `${url.origin}/.well-known/oauth-protected-resource/mcp`
  app.post(
    '/mcp',
    requireBearerAuth1({ verifier, requiredScopes: scopes, resourceMetadataUrl }),
    async (request, response) => {
      const tools = new McpServer1({ name: 'tools', version: '1.0.0' })
      tools.registerTool('whoami', {}, async ({ authInfo }) => ({
        content: [{ type: 'text', text: authInfo?.clientId ?? '' }],
      }))
      const transport = new StreamableHTTPServerTransport()
      await tools.connect(transport)
      await transport.handleRequest(request, response, request.body)
    },
  )
  return { url, responses, close: () => close(server) }
}

async function startSecond(authority: AuthorizationServer): Promise<ToolServer> {
  const { app, server, url, responses } = await open()
  app.use(
    mcpAuthMetadataRouter({
      oauthMetadata: metadataOf(authority),
      resourceServerUrl: url,
      scopesSupported: scopes,
    }),
  )
  const verifier = {
    async verifyAccessToken(token: string) {
      const verified = await authority.verify(token, url.href).catch(() => undefined)
      if (!verified) throw new OAuthError(OAuthErrorCode.InvalidToken, 'The token is not valid')
      return { token, ...verified }
    },
  }
  const resourceMetadataUrl = `${url.origin}/.well-known/oauth-protected-resource/mcp`
  app.post(
    '/mcp',
    requireBearerAuth({ verifier, requiredScopes: scopes, resourceMetadataUrl }),
    async (request, response) => {
      const tools = new McpServer({ name: 'tools', version: '1.0.0' })
      tools.registerTool('whoami', {}, async ({ http }) => ({
        content: [{ type: 'text', text: http?.authInfo?.clientId ?? '' }],
      }))
      const transport = new NodeStreamableHTTPServerTransport()
      await tools.connect(transport)
      await transport.handleRequest(request, response, request.body)
    },
  )
  return { url, responses, close: () => close(server) }
}

async function open(): Promise<{ app: Express; server: Server; url: URL; responses: string[] }> {
  const app = express()
  const responses: string[] = []
  app.use('/mcp', express.json(), (request, response, next) => {
    response.on('finish', () => responses.push(`${request.method} ${response.statusCode}`))
    next()
  })
  const server = createServer(app)
  return { app, server, url: new URL(`${await listen(server)}/mcp`), responses }
}
