import { checkOptions } from '@outbound-auth/core/provider'
import { buildError } from '../lib/oauth-error.js'
import { checkUrlOption, endpointUrl } from './endpoint-url.js'
import { type MetadataCall, readMetadata } from './read-metadata.js'

/** The metadata of an authorization server. */
export interface OauthServer {
  /** As the server writes it: the audience of assertions, and what `iss` of a login must be. */
  readonly issuer: string
  readonly tokenEndpoint: string
  /** The token endpoint for clients that authenticate with a certificate. */
  readonly mtlsTokenEndpoint?: string | undefined
  readonly mtlsDeviceAuthorizationEndpoint?: string | undefined
  readonly mtlsRevocationEndpoint?: string | undefined
  readonly authorizationEndpoint?: string | undefined
  readonly deviceAuthorizationEndpoint?: string | undefined
  readonly revocationEndpoint?: string | undefined
  /** As in `token_endpoint_auth_methods_supported`. */
  readonly clientAuthMethods: readonly string[]
  /** As in `token_endpoint_auth_signing_alg_values_supported`. */
  readonly assertionAlgorithms: readonly string[]
  /** As in `code_challenge_methods_supported`. */
  readonly challengeMethods: readonly string[]
  /** Whether the response of a login names the issuer. */
  readonly namesIssuer: boolean
}

/** Options of {@link discoverServer}. */
export interface DiscoverOptions {
  /** Allows plain http to other machines. @default false */
  readonly allowInsecureTransport?: boolean | undefined
  /** Time limit in milliseconds. @default 10000 */
  readonly timeoutMs?: number | undefined
  readonly signal?: AbortSignal | undefined
  /** @default the platform's */
  readonly fetch?: typeof globalThis.fetch | undefined
}

const optionNames = ['allowInsecureTransport', 'timeoutMs', 'signal', 'fetch']

/**
 * Fetches the metadata of an authorization server: RFC 8414 first, then OpenID Connect Discovery.
 *
 * The `issuer` of the metadata must equal the given one, letter by letter; only a slash after a host without a path
 * may be missing or there. The endpoints of an https issuer must be https.
 *
 * @throws TypeError when `issuer` is not an http(s) URL without query and fragment
 * @throws AuthError `ERR_AUTH_OAUTH_METADATA`, `ERR_AUTH_REDIRECT`, `ERR_AUTH_INSECURE_TRANSPORT` (build),
 * `ERR_AUTH_OAUTH_UNAVAILABLE`, `ERR_AUTH_TIMEOUT` (transient)
 * @see https://www.rfc-editor.org/rfc/rfc8414#section-3
 * @example
 * const { tokenEndpoint } = await discoverServer('https://login.example.com')
 */
export async function discoverServer(issuer: string, options: DiscoverOptions = {}): Promise<OauthServer> {
  const {
    allowInsecureTransport = false,
    timeoutMs = 10_000,
    signal,
    fetch,
  } = checkOptions('discoverServer', options, optionNames)
  return readServer(issuer, allowInsecureTransport, { timeoutMs, signal, fetch })
}

/** @internal */
export async function readServer(
  issuer: string,
  allowInsecureTransport: boolean,
  call: MetadataCall,
): Promise<OauthServer> {
  const base = checkUrlOption('discoverServer', 'issuer', issuer, allowInsecureTransport)
  const { json } = await readMetadata('The metadata', metadataUrls(base), call)
  const named = json['issuer']
  if (typeof named !== 'string' || !isSameIssuer(issuer, named))
    throw buildError(
      'ERR_AUTH_OAUTH_METADATA',
      `The metadata of ${base.origin} is of another issuer than ${issuer}. If the server is the right one, pass the issuer as it writes it, or issuer and tokenEndpoint`,
    )
  // A document that came over https must not lead to plain http, not even on this machine.
  const endpoint = (name: string, text: unknown) => {
    const url = endpointUrl(`${name} of the metadata`, text, allowInsecureTransport)
    if (base.protocol === 'https:')
      endpointUrl(name, url.href.replace(/^http:.*/, 'http://insecure.invalid/'))
    return url.href
  }
  const optional = (name: string) => (json[name] === undefined ? undefined : endpoint(name, json[name]))
  const aliases = json['mtls_endpoint_aliases']
  const alias = (name: string) => {
    const url: unknown = Object(aliases) === aliases ? Object(aliases)[name] : undefined
    return url === undefined ? undefined : endpoint('mtls_endpoint_aliases', url)
  }
  return {
    issuer: named,
    tokenEndpoint: endpoint('token_endpoint', json['token_endpoint']),
    mtlsTokenEndpoint: alias('token_endpoint'),
    mtlsDeviceAuthorizationEndpoint: alias('device_authorization_endpoint'),
    mtlsRevocationEndpoint: alias('revocation_endpoint'),
    authorizationEndpoint: optional('authorization_endpoint'),
    deviceAuthorizationEndpoint: optional('device_authorization_endpoint'),
    revocationEndpoint: optional('revocation_endpoint'),
    clientAuthMethods: stringsIn(json['token_endpoint_auth_methods_supported']),
    assertionAlgorithms: stringsIn(json['token_endpoint_auth_signing_alg_values_supported']),
    challengeMethods: stringsIn(json['code_challenge_methods_supported']),
    namesIssuer: json['authorization_response_iss_parameter_supported'] === true,
  }
}

function metadataUrls(issuer: URL): URL[] {
  const path = issuer.pathname.replace(/\/$/, '')
  const at = (text: string) => new URL(issuer.origin + text)
  return [
    at(`/.well-known/oauth-authorization-server${path}`),
    at(`/.well-known/openid-configuration${path}`),
    ...(path === '' ? [] : [at(`${path}/.well-known/openid-configuration`)]),
  ]
}

/** Only an empty path has two spellings. @see https://www.rfc-editor.org/rfc/rfc8414#section-3.3 */
function isSameIssuer(given: string, named: string): boolean {
  const bare = /^https?:\/\/[^/]+\/$/
  const plain = (issuer: string) => (bare.test(issuer) ? issuer.slice(0, -1) : issuer)
  return plain(given) === plain(named)
}

/** @internal The strings of a list that a server gave; anything else is left out. */
export function stringsIn(list: unknown): string[] {
  return Array.isArray(list) ? list.filter((entry) => typeof entry === 'string') : []
}
