import { buildError } from '../lib/oauth-error.js'
import { randomId, type SigningAlgorithm, signJwt } from '../lib/sign-jwt.js'
import type { OauthClient } from './oauth-options.js'
import { importPrivateKey, type PrivateKey } from './private-key.js'
import { readSource, type SourceCall } from './read-source.js'

/** @internal What a client adds to a token request to say who it is. */
export interface ClientCredential {
  readonly headers: Readonly<Record<string, string>>
  readonly pairs: readonly (readonly [name: string, value: string])[]
  /** The secret, key or assertion behind it: tells whether a function has given another one. Never printed. */
  readonly id: string
}

/** @internal What an assertion needs to know of the server. */
export interface AssertionTarget {
  /** One string: servers reject lists, and an issuer with a slash too many. */
  readonly audience: string
  /** Algorithms that the server's metadata lists; empty if it lists none. */
  readonly algorithms: readonly string[]
  readonly now: Date
}

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/**
 * @internal Makes the credential of one token request.
 *
 * @throws AuthError `ERR_AUTH_OAUTH_KEY`, `ERR_AUTH_CREDENTIAL` (build); what a function of the caller throws
 */
export function clientAuthentication(
  client: OauthClient,
): (target: AssertionTarget, call: SourceCall) => Promise<ClientCredential> {
  const { clientId, clientAuth, clientSecret = '', privateKey = '', clientAssertion = '' } = client
  const withId = [['client_id', clientId]] as const
  /** The last key, which is imported once. */
  let known: { readonly text: string; readonly key: PrivateKey } | undefined

  async function signed(target: AssertionTarget, call: SourceCall): Promise<ClientCredential> {
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
    return { headers: {}, pairs: [...withId, ...assertionPairs(assertion)], id: text }
  }

  return async (target, call) => {
    if (clientAuth === 'private-key-jwt') return signed(target, call)
    if (clientAuth === 'mtls' || clientAuth === 'none') return { headers: {}, pairs: withId, id: '' }
    if (clientAuth === 'assertion') {
      const assertion = await readSource('clientAssertion', clientAssertion, call)
      return { headers: {}, pairs: [...withId, ...assertionPairs(assertion)], id: assertion }
    }
    const secret = await readSource('clientSecret', clientSecret, call)
    if (clientAuth === 'post')
      return { headers: {}, pairs: [...withId, ['client_secret', secret]], id: secret }
    const authorization = `Basic ${btoa(`${formEncode(clientId)}:${formEncode(secret)}`)}`
    return { headers: { authorization }, pairs: [], id: secret }
  }
}

function assertionPairs(assertion: string) {
  return [
    ['client_assertion_type', assertionType],
    ['client_assertion', assertion],
  ] as const
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

/** @see https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1 */
function formEncode(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1)
}
