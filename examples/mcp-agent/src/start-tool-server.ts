import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  getOAuthProtectedResourceMetadataUrl,
  McpServer,
  OAuthError,
  OAuthErrorCode,
  oauthMetadataResponse,
  requireBearerAuth,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server'
import type { AuthorizationServer } from './start-authorization-server.js'

/** The official MCP server on this machine, with one tool that only clients with a token reach. */
export interface ToolServer {
  readonly url: URL
  /** How many requests were rejected. */
  rejected(): number
  close(): void
}

const scopes = ['tools']

/** Starts it. */
export async function startToolServer(authority: AuthorizationServer): Promise<ToolServer> {
  const { issuer } = authority
  let count = 0
  const server = createServer(async (incoming, outgoing) => {
    const response = await respond(await requestOf(incoming, url))
    if (response.status === 401) count++
    outgoing.writeHead(response.status, Object.fromEntries(response.headers))
    outgoing.end(Buffer.from(await response.arrayBuffer()))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`)

  const checkToken = requireBearerAuth({
    requiredScopes: scopes,
    resourceMetadataUrl: getOAuthProtectedResourceMetadataUrl(url),
    verifier: {
      async verifyAccessToken(token) {
        const grant = authority.find(token)
        if (grant?.resource !== url.href) throw new OAuthError(OAuthErrorCode.InvalidToken, 'unknown token')
        return { token, clientId: grant.clientId, scopes: grant.scopes, expiresAt: grant.expiresAt }
      },
    },
  })

  async function respond(request: Request): Promise<Response> {
    const oauthMetadata = {
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      response_types_supported: ['code'],
    }
    const metadata = oauthMetadataResponse(request, { oauthMetadata, resourceServerUrl: url })
    if (metadata) return metadata
    if (request.method !== 'POST' || request.url !== url.href) return new Response(null, { status: 405 })
    const authInfo = await checkToken(request)
    if (authInfo instanceof Response) return authInfo
    const tools = new McpServer({ name: 'tools', version: '1.0.0' })
    tools.registerTool('whoami', { description: 'Names the caller' }, async ({ http }) => ({
      content: [{ type: 'text', text: http?.authInfo?.clientId ?? 'nobody' }],
    }))
    const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: true })
    await tools.connect(transport)
    return transport.handleRequest(request, { authInfo })
  }

  return {
    url,
    rejected: () => count,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

/** The web's request for one of Node's. */
async function requestOf(incoming: IncomingMessage, base: URL): Promise<Request> {
  const { url = '/', method = 'GET', headers } = incoming
  const chunks: Uint8Array[] = []
  for await (const chunk of incoming) chunks.push(chunk)
  const body = chunks.length > 0 ? { body: Buffer.concat(chunks) } : {}
  const pairs = Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)])
  return new Request(new URL(url, base), { method, headers: pairs, ...body })
}
