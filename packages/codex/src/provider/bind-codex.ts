import { type AuthProvider, bindAuth, combineAuth } from '@outbound-auth/core'
import { isCredentialName, isTransportHeader } from '@outbound-auth/core/provider'
import type { ResolvedAuth } from '@outbound-auth/resolver'
import { deliveryOf } from '../config/gateway-table.js'
import type { ModelProvider } from '../config/model-provider.js'
import { commandOf, type DefinitionPlaces, variableOf } from './provider-definition.js'
import { variableHeaders } from './variable-headers.js'

/** A provider of a Codex home with all that its requests need. The adapters take it whole. */
export interface CodexAuth extends ResolvedAuth {
  /** Base URL of the provider. */
  readonly baseUrl: string
  /** The URL of a path such as `responses`, as Codex makes it. */
  urlOf(path: string): string
}

/**
 * @internal Adds the credential of a gateway, static headers and query of a model provider.
 *
 * @param definition what was resolved: tells whether its key follows a variable
 */
export function bindCodex(
  resolved: ResolvedAuth,
  baseUrl: string,
  model: ModelProvider,
  gateway: AuthProvider | undefined,
  env: DefinitionPlaces['env'],
  definition: Readonly<Record<string, unknown>>,
): CodexAuth {
  const { query_params: query = {}, env_http_headers: variables = {} } = model
  const parts = [
    ...(gateway && resolved.kind === 'none' ? [] : [resolved.provider]),
    ...(gateway ? [gateway] : []),
  ]
  const provider = parts.length > 1 ? combineAuth(...parts) : (parts[0] ?? resolved.provider)
  const own = new Set(provider.headerNames)
  const { token } = definition
  // Headers of variables follow them if the key does, and else stay as the credential does: both are of one principal.
  const isFollowed = typeof token === 'object' && token !== null && 'env' in token
  // Codex sends them, and the transport makes its own: see docs/codex-differences.md.
  const isKept = (name: string) => !own.has(name) && !isTransportHeader(name)
  const headers = variableHeaders(model, env, isKept)
  const kept = [...headers]
  const secretHeaderNames = Object.entries(variables)
    .filter(([, variable]) => isFollowed || variableOf(env, variable) !== undefined)
    .map(([name]) => name.toLowerCase())
  const named = kept.map(([name]) => name).filter(isCredentialName)
  const bound = bindAuth(provider, {
    allowedOrigins: resolved.allowedOrigins,
    headers: kept,
    query,
    secretHeaderNames: [...new Set([...secretHeaderNames, ...named])].filter((name) => isKept(name)),
  })
  const { agentIdentity } = provider
  return {
    ...resolved,
    ...bound,
    ...(isFollowed && { headers }),
    kind: provider.kind,
    baseUrl,
    ...(agentIdentity && { agentIdentity }),
    urlOf: (path) => `${baseUrl.replace(/\/+$/, '')}/${path.replace(/^\/+/, '')}`,
  }
}

/**
 * @internal The definition of the credential that a gateway wants beside the provider's own; undefined when there is
 * none.
 */
export function gatewayDefinition(
  { gateway_oauth: gateway }: ModelProvider,
  places: Pick<DefinitionPlaces, 'env' | 'home' | 'cwd'>,
): Readonly<Record<string, unknown>> | undefined {
  if (!gateway?.credential_export) return undefined
  const { kind, name, scheme } = deliveryOf(gateway)
  const isCookie = kind === 'cookie'
  return {
    kind: 'gateway',
    token: commandOf(gateway.credential_export, places),
    header: isCookie ? 'cookie' : name,
    prefix: isCookie ? `${name}=` : `${scheme} `,
  }
}
