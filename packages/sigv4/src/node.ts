export { type AwsRegionOptions, awsRegion } from './credentials/aws-region.js'
export { type AwsCredentialsOptions, awsCredentials } from './credentials/shared-credentials.js'
