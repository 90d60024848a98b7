import { type AuthProvider, bindAuth, combineAuth } from '@outbound-auth/core'
import { isCredentialName, isTransportHeader, readEnvironment } from '@outbound-auth/core/provider'
import type { ResolvedAuth } from '@outbound-auth/resolver'
import { deliveryOf } from '../config/gateway-table.js'
import type { ModelProvider } from '../config/model-provider.js'
import { commandOf, type DefinitionPlaces } from './provider-definition.js'
import { variableHeaders } from './variable-headers.js'

/** A provider of a Codex home with its base URL, headers and query. Pass it to an adapter as it is. */
export interface CodexAuth extends ResolvedAuth {
  /** Base URL of the provider. */
  readonly baseUrl: string
  /** The URL of a path such as `responses`, as Codex makes it. */
  urlOf(path: string): string
}

/**
 * @internal Adds the credential of a gateway, static headers and query of a model provider.
 *
 * @param definition the resolved definition, which shows whether the key follows a variable
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
  const providerHeaders = new Set(provider.headerNames)
  const { token } = definition
  // Headers of variables change with the variables only if the key does too, because both belong to one principal.
  const isFollowed = typeof token === 'object' && token !== null && 'env' in token
  // Codex sends transport headers of the configuration, this package does not: see docs/codex-differences.md.
  const isKept = (name: string) => !providerHeaders.has(name) && !isTransportHeader(name)
  const headers = variableHeaders(model, env, isKept)
  const kept = [...headers]
  const secretHeaderNames = Object.entries(variables)
    .filter(([, variable]) => isFollowed || readEnvironment(variable, env) !== undefined)
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

/** @internal The definition of a gateway's credential, beside that of the provider; undefined without a gateway. */
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
