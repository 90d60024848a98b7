import type { TokenHandleOptions } from '../apply/token-handle.js'
import type { AuthBinding, AuthProvider } from '../contract/auth-provider.js'
import { stormToken } from './storm-token.js'

/** `AuthProvider` of `@modelcontextprotocol/client`. */
export interface McpAuthProvider {
  token(): Promise<string>
  /** Renews the token; the transport then sends the request once more. */
  onUnauthorized(): Promise<void>
}

/**
 * The token of a provider as `authProvider` of a transport of `@modelcontextprotocol/client` 2. Any number of
 * rejections at a time cost one renewal. Prefer `authFetch` as the transport's `fetch`, which works with version 1 too,
 * and takes a provider of any kind.
 *
 * @throws TypeError, AuthError as `tokenHandle` does
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization
 * @example
 * const authProvider = toMcpAuthProvider(auth, { origin: 'https://mcp.example.com' })
 * const transport = new StreamableHTTPClientTransport(new URL('https://mcp.example.com/mcp'), { authProvider })
 */
export function toMcpAuthProvider(
  auth: AuthProvider | AuthBinding,
  options: TokenHandleOptions,
): McpAuthProvider {
  const tokens = stormToken('toMcpAuthProvider', auth, options)
  return {
    token: async () => (await tokens.get()).token,
    async onUnauthorized() {
      await tokens.get({ isRejected: true })
    },
  }
}
