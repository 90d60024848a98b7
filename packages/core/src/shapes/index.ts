export { type AnthropicCredentials, toAnthropicCredentials } from './anthropic-credentials.js'
export {
  type AwsHandlerOptions,
  type AwsHttpRequest,
  type AwsHttpResponse,
  type AwsRequestHandler,
  toAwsRequestHandler,
} from './aws-request-handler.js'
export { type AwsToken, type AwsTokenProvider, toAwsToken } from './aws-token.js'
export {
  type AzureHeaders,
  type AzureHttpClient,
  type AzureRequest,
  type AzureResponse,
  toAzureHttpClient,
} from './azure-http-client.js'
export {
  type AzureAccessToken,
  type AzureTokenCredential,
  type AzureTokenOptions,
  toAzureTokenCredential,
} from './azure-token-credential.js'
export type { FetchLike } from './fetch-like.js'
export {
  type GoogleAuthClient,
  type GoogleAuthClientClass,
  type GoogleAuthClientOptions,
  toGoogleAuthClient,
} from './google-auth-client.js'
export { type McpAuthProvider, toMcpAuthProvider } from './mcp-auth-provider.js'
export { sendWithAuth } from './send-with-auth.js'
export type { SignalLike } from './signal-like.js'
