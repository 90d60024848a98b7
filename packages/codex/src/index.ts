export { AuthError } from '@outbound-auth/core'
export type { ProviderAuthScope, SessionFallback } from '@outbound-auth/resolver'
export { type AuthDocument, type CodexTokens, parseAuthDocument } from './auth-document.js'
export type { CodexAuth } from './bind-codex.js'
export { type ChatgptAuth, type ChatgptAuthOptions, chatgptAuth } from './chatgpt-auth.js'
export type { ChatgptAuthority } from './chatgpt-refresh.js'
export { type CodexConfig, parseCodexConfig } from './codex-config.js'
export { type CodexConfigLayers, codexHome, readCodexConfig } from './codex-home.js'
export type { AwsSupport, CodexResolverOptions } from './codex-options.js'
export {
  type CodexRequest,
  type CodexResolver,
  type CodexSelection,
  createCodexResolver,
} from './codex-resolver.js'
export type { HostHeaders, HostHeaderValues } from './host-headers-auth.js'
export type { ModelProvider } from './model-provider.js'
export type { CommandTable, GatewayDelivery, GatewayTable, ProviderTable } from './provider-table.js'
