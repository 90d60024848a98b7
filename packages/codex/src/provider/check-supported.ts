import type { AuthError } from '@outbound-auth/core'
import { checkHeaderName } from '@outbound-auth/core/provider'
import { unsupportedGateway } from '../config/gateway-table.js'
import type { ModelProvider } from '../config/model-provider.js'
import { configError, keyError } from '../lib/codex-error.js'
import { valueProblem } from './variable-headers.js'

/**
 * Unknown names that probably select a credential: `env_keys`, `role_arn`, `token_file`; but not limits such as
 * `max_tokens`.
 */
const credentialName =
  /^(?!max_|min_)(.*[_-])?(auth|oauth|certificate|cert|credential|identity|key|password|principal|profile|role|secret|service_account|token)s?([_-](arn|command|env|file|id|name|path|source|store|url))*$/i

/**
 * @internal Rejects an unsupported or unknown key that selects a credential, because another credential would be sent
 * in its place. Only the provider with such a key fails.
 *
 * @throws AuthError `ERR_AUTH_CODEX_CONFIG` (build)
 */
export function checkSupported(provider: ModelProvider): void {
  const { id, place, gateway_oauth: gateway, credential_file: file, unknownKeys = [] } = provider
  const fail = (problem: string): AuthError => configError(place, `model_providers.${id}: ${problem}`)
  const gatewayProblem = gateway && unsupportedGateway(gateway)
  if (gatewayProblem) throw fail(gatewayProblem)
  if (file !== undefined && id !== 'gcp') {
    throw fail(
      'credential_file is for the provider gcp only; remove it, or name the credential with env_key or auth',
    )
  }
  const doubtful = unknownKeys.find((key) => credentialName.test(key.slice(key.lastIndexOf('.') + 1)))
  if (doubtful !== undefined && !hasOwnCredential(provider)) {
    throw fail(
      `the key ${doubtful} is not known, and may name the credential that is meant; correct or remove it`,
    )
  }
  checkHeaders(provider, 'http_headers')
  checkHeaders(provider, 'env_http_headers')
}

/** Checks names and values of headers. The values of variables are checked when they are sent. */
function checkHeaders(
  { id, nameOf = (...key) => key.join('.'), ...provider }: ModelProvider,
  table: 'http_headers' | 'env_http_headers',
): void {
  for (const [name, value] of Object.entries(provider[table] ?? {})) {
    const key = nameOf(table, name)
    try {
      checkHeaderName(name)
    } catch (error) {
      // The name may be a whole header with its value, so it is not shown.
      const place = key.slice(0, key.indexOf(': '))
      throw configError(place, `model_providers.${id}.${table}: ${(error as Error).message}; correct it`)
    }
    const problem = table === 'http_headers' ? valueProblem(value) : undefined
    if (problem !== undefined) throw keyError(key, problem)
  }
}

function hasOwnCredential({
  env_key,
  experimental_bearer_token,
  auth,
  aws,
  gateway_oauth,
}: ModelProvider): boolean {
  const isOwn = [env_key, experimental_bearer_token, auth, gateway_oauth?.credential_export]
  return [...isOwn, aws?.profile, aws?.credential_export].some((value) => value !== undefined)
}
