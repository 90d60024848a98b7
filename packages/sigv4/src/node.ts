export { type AwsCredentialsOptions, awsCredentials } from './shared-credentials.js'
