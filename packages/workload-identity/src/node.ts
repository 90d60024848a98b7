export { type AzureImdsOptions, azureImdsToken } from './subject/azure-imds-token.js'
export { type GcpAccessOptions, gcpAccessToken } from './subject/gcp-access-token.js'
export { type GcpIdentityOptions, gcpIdentityToken } from './subject/gcp-identity-token.js'
export {
  type PlatformReference,
  type PlatformSubjectOptions,
  platformSubjectToken,
} from './subject/platform-subject-token.js'
