import { buildError } from '../lib/oauth-error.js'
import { randomId, type SigningAlgorithm, signJwt } from '../lib/sign-jwt.js'
import type { OauthClient } from './oauth-options.js'
import { importPrivateKey, type PrivateKey } from './private-key.js'
import { readSource, type SourceCall } from './read-source.js'

/** @internal What an assertion needs to know of the server. */
export interface AssertionTarget {
  /** One string: servers reject lists, and an issuer with a slash too many. */
  readonly audience: string
  /** Algorithms that the server's metadata lists; empty if it lists none. */
  readonly algorithms: readonly string[]
  readonly now: Date
}

/** @internal Signs one assertion. */
export type AssertionSigner = (
  target: AssertionTarget,
  call: SourceCall,
) => Promise<{
  readonly assertion: string
  /** The key, to tell whether a function has given another one. Never printed. */
  readonly id: string
}>

/**
 * @internal Signs the assertions of a client: a new one for each token request.
 *
 * @throws AuthError from the function: `ERR_AUTH_OAUTH_KEY`, `ERR_AUTH_CREDENTIAL` (build); what a function of the
 * caller throws
 * @see https://www.rfc-editor.org/rfc/rfc7523#section-3
 */
export function assertionSigner(client: OauthClient): AssertionSigner {
  const { clientId, privateKey = '' } = client
  /** The last key, which is imported once. */
  let known: { readonly text: string; readonly key: PrivateKey } | undefined

  return async (target, call) => {
    const text = await readSource('privateKey', privateKey, call)
    if (known?.text !== text) known = { text, key: await importPrivateKey(text) }
    const { key } = known
    const alg = algorithmFor(client.algorithm, key, target.algorithms)
    const kid = client.keyId ?? key.keyId
    const seconds = Math.floor(target.now.getTime() / 1000)
    const claims = {
      iss: clientId,
      sub: clientId,
      aud: target.audience,
      jti: randomId(),
      // Servers reject an assertion of the future, so it is dated back, and there is no nbf.
      iat: seconds - 5,
      exp: seconds + 55,
    }
    const assertion = await signJwt(key.key, { alg, typ: 'JWT', ...(kid !== undefined && { kid }) }, claims)
    return { assertion, id: text }
  }
}

/** @throws AuthError `ERR_AUTH_OAUTH_KEY` (build) when the algorithm does not suit the key */
function algorithmFor(
  chosen: SigningAlgorithm | undefined,
  { algorithms }: PrivateKey,
  listed: readonly string[],
): SigningAlgorithm {
  const [first = 'ES256'] = algorithms
  if (chosen === undefined) return algorithms.find((name) => listed.includes(name)) ?? first
  if (algorithms.includes(chosen)) return chosen
  throw buildError('ERR_AUTH_OAUTH_KEY', `algorithm is ${chosen}, but privateKey is a key for ${first}`)
}
