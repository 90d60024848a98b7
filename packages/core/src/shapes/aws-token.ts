import type { TokenHandleOptions } from '../apply/token-handle.js'
import type { AuthBinding, AuthProvider } from '../contract/auth-provider.js'
import { stormToken } from './storm-token.js'

/** `TokenIdentity` of `@smithy/types`. */
export interface AwsToken {
  readonly token: string
  readonly expiration: Date
}

/** `TokenIdentityProvider` of `@smithy/types`. */
export type AwsTokenProvider = (properties?: { forceRefresh?: boolean }) => Promise<AwsToken>

/** The SDK asks again in the last five minutes of a token, and never if the token has no expiration. */
const askAgainMs = 300_000

/**
 * The token of a provider as `token` of an AWS SDK client, such as a Bedrock API key.
 *
 * The SDK keeps a token until five minutes before its expiration, and does not say that a service rejected it; pass
 * `toAwsRequestHandler(authFetch(…))` as `requestHandler` to recover from that. A token of unknown expiry is asked for
 * at each request, so that the provider's cache decides. Signed clients take `awsCredentials()` of
 * `@outbound-auth/sigv4/node` as `credentials`.
 *
 * @throws TypeError, AuthError as `tokenHandle` does
 * @see https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys-use.html
 * @example
 * const origin = 'https://bedrock-runtime.us-east-1.amazonaws.com'
 * const client = new BedrockRuntimeClient({ token: toAwsToken(auth, { origin }), authSchemePreference:
 * ['httpBearerAuth'] })
 */
export function toAwsToken(auth: AuthProvider | AuthBinding, options: TokenHandleOptions): AwsTokenProvider {
  const tokens = stormToken('toAwsToken', auth, options)
  return async ({ forceRefresh } = {}) => {
    const { token, expiresAt } = await tokens.get({ isRejected: forceRefresh })
    return { token, expiration: expiresAt ?? new Date(Date.now() + askAgainMs) }
  }
}
