import type { TokenHandleOptions } from '../apply/token-handle.js'
import type { AuthBinding, AuthProvider } from '../contract/auth-provider.js'
import { type SignalLike, toAbortSignal } from './signal-like.js'
import { stormToken } from './storm-token.js'

/** `AccessToken` of `@azure/core-auth`. */
export interface AzureAccessToken {
  token: string
  /** In milliseconds since 1970. */
  expiresOnTimestamp: number
}

/** The options of `getToken` that are heard. */
export interface AzureTokenOptions {
  abortSignal?: SignalLike
  /** The claims of a challenge, as JSON text. */
  claims?: string
}

/** `TokenCredential` of `@azure/core-auth`. */
export interface AzureTokenCredential {
  getToken(scopes: string | string[], options?: AzureTokenOptions): Promise<AzureAccessToken>
}

/** The life of a token whose expiry is unknown, as told to Azure's cache. */
const unknownLifeMs = 300_000

/**
 * The token of a provider as the `credential` of an Azure SDK client. Scopes are ignored: the provider decides what its
 * token is good for.
 *
 * After a challenge with claims (continuous access evaluation) the token source is called with `forceRefresh` and the
 * `claims`, once for a storm of challenges. Azure's clients ask for no other token after any other 401;
 * `toAzureHttpClient` recovers from that. A token of unknown expiry is said to live for 5 minutes.
 *
 * @throws TypeError, AuthError as `tokenHandle` does
 * @see https://learn.microsoft.com/javascript/api/@azure/core-auth/tokencredential
 * @example
 * const credential = toAzureTokenCredential(auth, { origin: 'https://example.openai.azure.com' })
 */
export function toAzureTokenCredential(
  auth: AuthProvider | AuthBinding,
  options: TokenHandleOptions,
): AzureTokenCredential {
  const tokens = stormToken('toAzureTokenCredential', auth, options)
  return {
    async getToken(_scopes, { abortSignal, claims } = {}) {
      const { token, expiresAt } = await tokens.get({ claims, signal: toAbortSignal(abortSignal) })
      return { token, expiresOnTimestamp: expiresAt?.getTime() ?? Date.now() + unknownLifeMs }
    },
  }
}
