import type { TokenSource } from '@outbound-auth/core'
import { checkOptions, invalidOption } from '@outbound-auth/core/provider'
import { askPlatform, checkPlatformResponse, checkPlatformToken } from './ask-platform.js'
import { directFetch } from './direct-fetch.js'

/** Options of {@link azureImdsToken}. */
export interface AzureImdsOptions {
  /** The `aud` of the token: `api://AzureADTokenExchange`, or what the service that takes the token wants. */
  readonly resource: string
  /** The client id of a managed identity that a user assigned. @default the identity of the machine */
  readonly clientId?: string | undefined
  /**
   * Sends the request, for a test.
   *
   * @default a direct connection: no proxy, no redirect, at most 64 KiB
   */
  readonly fetch?: typeof globalThis.fetch | undefined
}

const name = 'the metadata service of Azure'
const advice = 'The machine needs a managed identity; if it has several, pass clientId'
const endpoint = 'http://169.254.169.254/metadata/identity/oauth2/token'
/** The service is on the same machine. */
const timeoutMs = 2000

/**
 * A subject token: the managed identity of a machine on Azure. The metadata service (IMDS) is asked anew for each
 * exchange, for at most 2 s, directly and at a fixed address.
 *
 * @throws TypeError when an option is malformed
 * @throws AuthError from the source: `ERR_AUTH_WORKLOAD_SUBJECT` (both), `ERR_AUTH_REDIRECT` (build)
 * @see https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token
 * @example
 * const subjectToken = azureImdsToken({ resource: 'api://AzureADTokenExchange' })
 */
export function azureImdsToken(options: AzureImdsOptions): TokenSource {
  const checked = checkOptions('azureImdsToken', options, ['resource', 'clientId', 'fetch'])
  const { resource, clientId, fetch = directFetch as typeof globalThis.fetch } = checked
  const url = new URL(endpoint)
  url.searchParams.set('api-version', '2018-02-01')
  for (const [option, value] of Object.entries({ resource, clientId })) {
    if (option === 'clientId' && value === undefined) continue
    if (typeof value !== 'string' || value.trim() === '')
      throw invalidOption('azureImdsToken', option, 'a string that is not empty', value)
    url.searchParams.set(option === 'clientId' ? 'client_id' : option, value)
  }
  const headers = { metadata: 'true' }
  return async ({ signal }) => {
    const response = await askPlatform({ name, url, headers, timeoutMs, signal, fetch })
    // An identity that was just assigned is not found, and a host that is updated is gone for a minute.
    checkPlatformResponse(name, response, advice, [404, 410])
    return checkPlatformToken(name, response.json?.['access_token'])
  }
}
