import { providerError } from './apply-auth.js'
import type { ApplyAuthOptions, AuthBinding, AuthProvider } from './auth-provider.js'
import { ownCopy } from './check-options.js'
import { checkProvider } from './check-provider.js'
import { statusesOf } from './combine-auth.js'
import { toHttp } from './handshake-auth.js'
import { createHeaderMap } from './header-map.js'
import { untilAborted } from './until-aborted.js'

/**
 * Answers a refused handshake, as adapters answer a refused request: lets the provider renew what was refused. True means that
 * it is worth to call `handshakeAuth` again and to open once more. Call it once for each refusal, since a browser's
 * `WebSocket` tells no status, only clients that show the answer can.
 *
 * @param refused what `handshakeAuth` returned
 * @param status that of the answer; the provider says which ones it wants to see
 * @throws TypeError when `auth` is neither a provider nor a binding
 * @throws AuthError what the provider threw; an abort rejects with `signal.reason`
 * @example
 * socket.on('unexpected-response', async (_, { statusCode }) => {
 *   if (await recoverHandshake(auth, opened, statusCode)) reconnect()
 * })
 */
export async function recoverHandshake(
  auth: AuthProvider | AuthBinding,
  refused: { readonly url: string; readonly headers: Readonly<Record<string, string>> },
  status: number,
  options: ApplyAuthOptions = {},
): Promise<boolean> {
  const { provider = auth as AuthProvider }: Partial<AuthBinding> = ownCopy<object>(auth)
  checkProvider('recoverHandshake', provider)
  if (!statusesOf(provider).includes(status)) return false
  const { url, headers } = refused
  const request = { method: 'GET', url: toHttp(url), headers: createHeaderMap(headers) }
  const answer = { status, headers: createHeaderMap(), readBody: async () => '', attempt: 0 }
  const { signal } = options
  try {
    const recover = async () => provider.recover?.({ request, ...answer }, options)
    return (await untilAborted(recover(), signal)) === true
  } catch (error) {
    throw providerError(error, provider.kind, signal)
  }
}
