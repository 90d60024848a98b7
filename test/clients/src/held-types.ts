import type { ClientOptions } from '@anthropic-ai/sdk'
import { S3Client } from '@aws-sdk/client-s3'
import type { TokenCredential } from '@azure/core-auth'
import type { HttpClient } from '@azure/core-rest-pipeline'
import type { AuthProvider as McpProvider } from '@modelcontextprotocol/client'
import type { AuthProvider } from '@outbound-auth/core'
import {
  toAnthropicCredentials,
  toAwsRequestHandler,
  toAwsToken,
  toAzureHttpClient,
  toAzureTokenCredential,
  toGoogleAuthClient,
  toMcpAuthProvider,
} from '@outbound-auth/core/shapes'
import { authFetch } from '@outbound-auth/fetch'
import { awsCredentials } from '@outbound-auth/sigv4/node'
import type { HttpHandler } from '@smithy/protocol-http'
import type { AwsCredentialIdentityProvider, TokenIdentityProvider } from '@smithy/types'
import { AuthClient, GoogleAuth } from 'google-auth-library'

/** Each shape as the type of the real package; the compiler is the test. */
export function heldTypes(auth: AuthProvider, origin: string): object {
  const fetch = authFetch(auth, { allowedOrigins: [origin] })
  const anthropic: NonNullable<ClientOptions['credentials']> = toAnthropicCredentials(auth, { origin })
  const azure: TokenCredential = toAzureTokenCredential(auth, { origin })
  const azureClient: HttpClient = toAzureHttpClient(fetch)
  const awsToken: TokenIdentityProvider = toAwsToken(auth, { origin })
  const awsHandler: HttpHandler = toAwsRequestHandler(fetch)
  const credentials: AwsCredentialIdentityProvider = awsCredentials()
  const s3 = new S3Client({ credentials: awsCredentials() })
  const authClient: AuthClient = toGoogleAuthClient(auth, { origin, AuthClient })
  const google = new GoogleAuth({ authClient })
  const mcp: McpProvider = toMcpAuthProvider(auth, { origin })
  return { anthropic, azure, azureClient, awsToken, awsHandler, credentials, s3, google, mcp }
}
