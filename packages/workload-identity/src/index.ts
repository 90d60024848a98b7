export type {
  AnthropicWorkload,
  AzureWorkload,
  DatabricksWorkload,
  ExchangeOptions,
  GcpWorkload,
  OpenaiWorkload,
  OpenrouterWorkload,
  TokenExchangeOptions,
  WorkloadOptions,
} from './options/workload-options.js'
export {
  type WorkloadIdentityAuth,
  type WorkloadIdentityAuthOptions,
  workloadIdentityAuth,
} from './workload-identity-auth.js'
export { workloadToken } from './workload-token.js'
