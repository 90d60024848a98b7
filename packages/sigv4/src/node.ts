export { type AwsRegionOptions, awsRegion } from './aws-region.js'
export { type AwsCredentialsOptions, awsCredentials } from './shared-credentials.js'
