export { AuthError } from '@outbound-auth/core'
export type { ProviderAuthScope, SessionFallback } from '@outbound-auth/resolver'
export { type ChatgptAuth, type ChatgptAuthOptions, chatgptAuth } from './chatgpt/chatgpt-auth.js'
export type { ChatgptTokenServer } from './chatgpt/chatgpt-refresh.js'
export {
  type CodexRequest,
  type CodexResolver,
  type CodexSelection,
  createCodexResolver,
} from './codex-resolver.js'
export { type CodexConfig, parseCodexConfig } from './config/codex-config.js'
export { type CodexConfigLayers, codexHome, readCodexConfig } from './config/codex-home.js'
export type { ModelProvider } from './config/model-provider.js'
export type { CommandTable, GatewayDelivery, GatewayTable, ProviderTable } from './config/provider-table.js'
export { type AuthDocument, type CodexTokens, parseAuthDocument } from './login/auth-document.js'
export type { AwsSupport, CodexResolverOptions } from './login/codex-options.js'
export type { HostHeaders, HostHeaderValues } from './login/host-headers-auth.js'
export type { CodexAuth } from './provider/bind-codex.js'
