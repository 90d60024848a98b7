import { isAbsolute } from 'node:path'
import type { GatewayTable, ProviderTable } from './provider-table.js'

/** @internal The place of a gateway's credential, complete. */
export function deliveryOf({ delivery }: GatewayTable): Record<'kind' | 'name' | 'scheme', string> {
  const { kind = 'header', name = 'Authorization', scheme = 'Bearer' } = delivery ?? {}
  return { kind, name, scheme }
}

/** @internal Whether the gateway's credential comes from its own OAuth login. */
export function hasOAuthLogin(gateway: GatewayTable): boolean {
  return ['authorization_url', 'token_url', 'client_id'].every((name) => typeof gateway[name] === 'string')
}

/**
 * @internal Whether a command names its program by an absolute path or by a name alone, so that its folder is
 * irrelevant.
 */
export function isProgram(command: string): boolean {
  return isAbsolute(command) || !/[/\\]/.test(command)
}

const token = /^[!#$%&'*+.^_`|~\w-]+$/
/** Headers of the client and of HTTP itself. */
const reserved =
  /^(proxy-authorization|cookie|host|content-length|content-type|transfer-encoding|connection|upgrade|chatgpt-account-id|x-codex-.*|x-openai-.*|sec-websocket-.*)$/
/** Headers that the transport owns or drops. */
const transport = /^(expect|te|trailer|keep-alive|proxy-connection|sec-.*)$/

/**
 * @internal The contradiction in the `gateway_oauth` of a provider; undefined if the table is valid. A contradiction
 * makes the whole configuration invalid, as in Codex, whether the provider is used or not.
 *
 * @param credentials names of the provider's own credentials
 */
export function gatewayProblem(table: ProviderTable, credentials: readonly string[]): string | undefined {
  const {
    gateway_oauth: gateway,
    base_url: baseUrl,
    http_headers: fixed,
    env_http_headers: variables,
  } = table
  if (!gateway) return undefined
  const { credential_export: exported, delivery, ...settings } = gateway
  if (exported && Object.keys(settings).length > 0) {
    return `gateway_oauth has credential_export and ${Object.keys(settings).join(', ')}; keep the command alone, or complete OAuth settings`
  }
  if (!exported && !hasOAuthLogin(gateway)) {
    return 'gateway_oauth without credential_export is not supported, and has no complete OAuth settings (authorization_url, token_url and client_id) either'
  }
  if (exported && exported.command.trim() === '')
    return 'gateway_oauth.credential_export.command must not be empty'
  if (exported && !isProgram(exported.command)) {
    return 'gateway_oauth.credential_export.command must be an absolute path, or a name without folder'
  }
  const { kind, name, scheme } = deliveryOf(gateway)
  const header = kind === 'cookie' ? 'cookie' : name.toLowerCase()
  if (kind === 'cookie' && (!token.test(name) || delivery?.scheme !== undefined)) {
    return 'gateway_oauth.delivery must name a cookie without whitespace, such as gateway_session, and no scheme'
  }
  if (!token.test(name)) return 'gateway_oauth.delivery must name a header, such as X-Gateway-Auth'
  if (!token.test(scheme)) {
    return 'gateway_oauth.delivery.scheme must be one word without whitespace, such as Bearer'
  }
  const isOtherScheme = header === 'authorization' && scheme.toLowerCase() !== 'bearer'
  if (kind === 'header' && (reserved.test(header) || isOtherScheme)) {
    return `gateway_oauth.delivery uses the reserved header ${header}; choose a header or cookie of the gateway's own`
  }
  if ([fixed, variables].some((headers) => hasHeader(headers, header))) {
    return `the header ${header} is set by gateway_oauth.delivery and by http_headers or env_http_headers; keep one of them`
  }
  if (header === 'authorization' && credentials.length > 0) {
    return 'the credential of the provider and the token of the gateway would both be the Authorization header; set gateway_oauth.delivery to another header or a cookie'
  }
  if (!baseUrl?.trim()) return 'gateway_oauth requires base_url'
  return undefined
}

/** @internal Why a valid `gateway_oauth` is not supported; undefined if it is. */
export function unsupportedGateway(gateway: GatewayTable): string | undefined {
  if (!gateway.credential_export) {
    return 'gateway_oauth with its own OAuth login is not supported; let a command get the token, and name it in gateway_oauth.credential_export'
  }
  const { kind, name } = deliveryOf(gateway)
  const header = name.toLowerCase()
  return kind === 'header' && transport.test(header)
    ? `gateway_oauth.delivery uses the header ${header}, which the HTTP client sets or drops; choose another one`
    : undefined
}

function hasHeader(headers: Readonly<Record<string, string>> = {}, wanted: string): boolean {
  return Object.keys(headers).some((name) => name.toLowerCase() === wanted)
}
