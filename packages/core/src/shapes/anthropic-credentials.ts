import type { TokenHandleOptions } from '../apply/token-handle.js'
import type { AuthBinding, AuthProvider } from '../contract/auth-provider.js'
import { stormToken } from './storm-token.js'

/**
 * `AccessTokenProvider` of `@anthropic-ai/sdk`. `expiresAt` is in seconds since 1970; null means that the expiry is
 * unknown.
 */
export type AnthropicCredentials = (options?: {
  forceRefresh?: boolean
}) => Promise<{ token: string; expiresAt: number | null }>

/**
 * The token of a provider as `credentials` of `@anthropic-ai/sdk`.
 *
 * The SDK caches the token until it expires, and asks for another one after a 401. A storm of rejections costs one
 * renewal. Prefer `authFetch` as the SDK's `fetch`: it also keeps the token from other origins, and takes a provider of
 * any kind.
 *
 * @throws TypeError, AuthError as `tokenHandle` does
 * @see https://github.com/anthropics/anthropic-sdk-typescript
 * @example
 * const client = new Anthropic({ credentials: toAnthropicCredentials(auth, { origin: 'https://api.anthropic.com' }) })
 */
export function toAnthropicCredentials(
  auth: AuthProvider | AuthBinding,
  options: TokenHandleOptions,
): AnthropicCredentials {
  const tokens = stormToken('toAnthropicCredentials', auth, options)
  return async ({ forceRefresh } = {}) => {
    const { token, expiresAt } = await tokens.get({ isRejected: forceRefresh })
    return { token, expiresAt: expiresAt ? Math.floor(expiresAt.getTime() / 1000) : null }
  }
}
