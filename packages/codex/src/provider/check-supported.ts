import type { AuthError } from '@outbound-auth/core'
import { checkHeaderName } from '@outbound-auth/core/provider'
import { unsupportedGateway } from '../config/gateway-table.js'
import type { ModelProvider } from '../config/model-provider.js'
import { configError, keyError } from '../lib/codex-error.js'
import { valueProblem } from './variable-headers.js'

/**
 * Names that may well say which credential is meant: `env_keys`, `role_arn`, `token_file`; no limits such as
 * `max_tokens`.
 */
const credentialName =
  /^(?!max_|min_)(.*[_-])?(auth|oauth|certificate|cert|credential|identity|key|password|principal|profile|role|secret|service_account|token)s?([_-](arn|command|env|file|id|name|path|source|store|url))*$/i

/**
 * @internal A key that says which credential is used is never ignored, or another one would be sent in its place. What
 * is not supported is an error for the provider that needs it, and only then.
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

/** Values of variables are looked at when they are sent. */
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
