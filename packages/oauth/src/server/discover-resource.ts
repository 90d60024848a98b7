import { checkOptions, parseUrl } from '@outbound-auth/core/provider'
import { buildError } from '../lib/oauth-error.js'
import { type DiscoverOptions, stringsIn } from './discover-server.js'
import { checkUrlOption, endpointUrl } from './endpoint-url.js'
import { readMetadata } from './read-metadata.js'

/** The metadata of a protected resource, such as an MCP server. */
export interface OauthResource {
  /** The authorization server, for the option `issuer`. */
  readonly issuer: string
  /** For the option `resource`, as the resource writes it. */
  readonly resource: string
  /** The scopes that the resource knows. */
  readonly scopes: readonly string[]
}

/** Options of {@link discoverResource}. */
export interface DiscoverResourceOptions extends DiscoverOptions {
  /**
   * The issuer that you expect. Without it the resource chooses who gets the client's credential, so pass it wherever
   * you know it.
   *
   * @default the only one that the resource names
   */
  readonly issuer?: string | undefined
}

const optionNames = ['issuer', 'allowInsecureTransport', 'timeoutMs', 'signal', 'fetch']

/**
 * Fetches the metadata of a protected resource. Its `resource` must be the URL, or a part of it that ends at a slash.
 *
 * @throws TypeError when an option is malformed
 * @throws AuthError `ERR_AUTH_OAUTH_METADATA`, `ERR_AUTH_REDIRECT`, `ERR_AUTH_INSECURE_TRANSPORT` (build),
 * `ERR_AUTH_OAUTH_UNAVAILABLE`, `ERR_AUTH_TIMEOUT` (transient)
 * @see https://www.rfc-editor.org/rfc/rfc9728
 * @example
 * const issuer = 'https://login.example.com'
 * const { resource } = await discoverResource('https://mcp.example.com/mcp', { issuer })
 */
export async function discoverResource(
  url: string,
  options: DiscoverResourceOptions = {},
): Promise<OauthResource> {
  const {
    issuer: expected,
    allowInsecureTransport = false,
    timeoutMs = 10_000,
    signal,
    fetch,
  } = checkOptions('discoverResource', options, optionNames)
  const target = checkUrlOption('discoverResource', 'url', url, allowInsecureTransport)
  const path = target.pathname.replace(/\/$/, '')
  const urls = [...new Set([path, ''])].map(
    (suffix) => new URL(`${target.origin}/.well-known/oauth-protected-resource${suffix}`),
  )
  const { json } = await readMetadata('The resource metadata', urls, { timeoutMs, signal, fetch })
  const invalid = (problem: string) =>
    buildError('ERR_AUTH_OAUTH_METADATA', `The resource metadata of ${target.origin} ${problem}`)
  const { resource } = json
  if (typeof resource !== 'string' || parseUrl(resource)?.origin !== target.origin || !isPartOf(resource, url))
    throw invalid(`is of another resource than ${url}`)
  const issuers = stringsIn(json['authorization_servers'])
  const [issuer] = issuers
  if (issuer === undefined) throw invalid('names no authorization server')
  if (expected !== undefined && !issuers.includes(expected))
    throw invalid(`does not name the issuer ${expected}`)
  if (expected === undefined && issuers.length > 1)
    throw invalid('names several authorization servers: pass the option issuer to choose one')
  endpointUrl('authorization_servers of the metadata', expected ?? issuer, allowInsecureTransport)
  return { issuer: expected ?? issuer, resource, scopes: stringsIn(json['scopes_supported']) }
}

/** Compared as strings: a URL parser would add or remove a slash. */
function isPartOf(resource: string, url: string): boolean {
  if (resource === url) return true
  const border = resource.endsWith('/') ? '' : '/'
  return url.startsWith(resource + border) || `${url}/` === resource
}
