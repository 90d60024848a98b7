import { openTokenHandle, type TokenHandleOptions } from '../apply/token-handle.js'
import type { AccessToken } from '../cache/cached-token.js'
import type { AuthBinding, AuthProvider } from '../contract/auth-provider.js'

/** @internal The wishes of an SDK. */
export interface StormTokenRequest {
  /** The SDK has seen a rejection. It does not say of which token. */
  readonly isRejected?: boolean | undefined
  readonly claims?: string | undefined
  readonly signal?: AbortSignal | undefined
}

/** @internal The token of a provider for an SDK that cannot say which token was rejected. */
export interface StormToken {
  readonly headerName: string
  get(request?: StormTokenRequest): Promise<AccessToken>
}

/** A rejection that comes so soon after a renewal, in milliseconds, is one of the token before. */
const stormMs = 5000

/**
 * @internal Rejections of one token do not come at one moment: requests in flight are rejected when the first renewal
 * has ended already. For {@link stormMs} after a renewal, its token is the response to each further rejection.
 *
 * @param taker the function that errors name
 * @throws as `tokenHandle` does
 */
export function stormToken(
  taker: string,
  auth: AuthProvider | AuthBinding,
  options: TokenHandleOptions,
): StormToken {
  const handle = openTokenHandle(taker, auth, options)
  let renewal: { readonly claims: string | undefined; readonly endedAtMs: number } | undefined
  return {
    headerName: handle.headerName,
    async get({ isRejected = false, claims, signal } = {}) {
      const isAnswered =
        renewal !== undefined && renewal.claims === claims && performance.now() - renewal.endedAtMs < stormMs
      if (isAnswered || (!isRejected && claims === undefined)) return handle.get({ signal })
      const token = await handle.get({ forceRefresh: true, claims, signal })
      renewal = { claims, endedAtMs: performance.now() }
      return token
    },
  }
}
