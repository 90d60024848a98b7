export type {
  WebIdentityKeys,
  WebIdentityOptions,
  WebIdentitySource,
} from './options/web-identity-options.js'
export type {
  AnthropicWorkload,
  AzureWorkload,
  DatabricksWorkload,
  ExchangeOptions,
  GcpAccessWorkload,
  GcpWorkload,
  OpenaiWorkload,
  OpenrouterWorkload,
  TokenExchangeOptions,
  WorkloadOptions,
} from './options/workload-options.js'
export { type AwsWebIdentityOptions, awsWebIdentityToken } from './subject/aws-web-identity-token.js'
export { type GithubActionsOptions, githubActionsToken } from './subject/github-actions-token.js'
export { webIdentityCredentials } from './web-identity-credentials.js'
export {
  type WorkloadIdentityAuth,
  type WorkloadIdentityAuthOptions,
  workloadIdentityAuth,
} from './workload-identity-auth.js'
export { workloadToken } from './workload-token.js'
