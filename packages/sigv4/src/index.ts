export { AuthError } from '@outbound-auth/core'
export type {
  AwsCredentialIdentity,
  AwsCredentials,
  AwsCredentialsSource,
} from './credentials/aws-credentials.js'
export { type ServicePreset, servicePreset } from './options/service-preset.js'
export type {
  PayloadPolicy,
  SignedHeaders,
  SigningOptions,
  SigningPolicy,
} from './options/signing-options.js'
export type { SigV4AuthOptions } from './options/sigv4-auth-options.js'
export { type PresignedUrl, type PresignOptions, presignUrl } from './sign/presign-url.js'
export { canonicalRequest, type SignedRequest, signRequest, stringToSign } from './sign/sign-request.js'
export type { SignableRequest } from './sign/signing.js'
export { type SigV4Auth, sigV4Auth } from './sign/sigv4-auth.js'
