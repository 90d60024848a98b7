import type { TokenSource } from '@outbound-auth/core'
import { buildError } from '../lib/oauth-error.js'

/** @internal What a source is asked with. */
export interface SourceCall {
  readonly signal: AbortSignal
  readonly forceRefresh: boolean
}

/**
 * @internal The text of a secret, a key or a token: a literal, or what a function gives now.
 *
 * @throws AuthError `ERR_AUTH_CREDENTIAL` (build) when it is empty; what the function throws
 */
export async function readSource(
  option: string,
  source: string | TokenSource,
  call: SourceCall,
): Promise<string> {
  const given = typeof source === 'function' ? await source(call) : source
  const text: unknown = Object(given) === given && 'token' in Object(given) ? Object(given).token : given
  if (typeof text === 'string' && text.trim() !== '') return text
  throw buildError('ERR_AUTH_CREDENTIAL', `${option} must give a string that is not empty`)
}
