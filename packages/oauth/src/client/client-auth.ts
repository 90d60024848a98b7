import { loadPart } from '@outbound-auth/core/exchange'
import type { AssertionSigner, AssertionTarget } from './assertion-signer.js'
import type { OauthClient } from './oauth-options.js'
import { readSource, type SourceCall } from './read-source.js'

/** @internal What a client adds to a token request to say who it is. */
export interface ClientCredential {
  readonly headers: Readonly<Record<string, string>>
  readonly pairs: readonly (readonly [name: string, value: string])[]
  /** The secret, key or assertion behind it: tells whether a function has given another one. Never printed. */
  readonly id: string
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
  const { clientId, clientAuth, clientSecret = '', clientAssertion = '' } = client
  const withId = [['client_id', clientId]] as const
  let sign: AssertionSigner | undefined
  return async (target, call) => {
    if (clientAuth === 'private-key-jwt') {
      const { assertionSigner } = await loadPart(() => import('./assertion-signer.js'))
      sign ??= assertionSigner(client)
      const { assertion, id } = await sign(target, call)
      return { headers: {}, pairs: [...withId, ...assertionPairs(assertion)], id }
    }
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

/** @see https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1 */
function formEncode(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1)
}
