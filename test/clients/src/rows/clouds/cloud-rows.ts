import { Agent } from 'node:https'
import { BedrockRuntimeClient, ConverseCommand, ConverseStreamCommand } from '@aws-sdk/client-bedrock-runtime'
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import {
  bearerTokenAuthenticationPolicy,
  createDefaultHttpClient,
  createEmptyPipeline,
  createPipelineRequest,
  type HttpClient,
} from '@azure/core-rest-pipeline'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import {
  toAwsRequestHandler,
  toAwsToken,
  toAzureHttpClient,
  toAzureTokenCredential,
  toGoogleAuthClient,
  toMcpAuthProvider,
} from '@outbound-auth/core/shapes'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { AuthClient, PassThroughClient } from 'google-auth-library'
import type { AwsKindCredentials } from '../../kinds/aws-credentials.js'
import { dummy } from '../../kinds/credentials.js'
import type { Exception, Lab, Row, TriedClient } from '../../row.js'
import { certificate } from '../../server/certificate.js'
import { readStream } from '../http/fetch-rows.js'
import { overMcp } from '../models/service-rows.js'

const shared = ({ origin }: Lab) => ({ region: 'us-east-1', endpoint: origin, maxAttempts: 1 })
const replaced = { accessKeyId: dummy, secretAccessKey: dummy }
const untoldAws: Exception = {
  columns: ['R'],
  why: 'the SDK does not tell its credential function of a rejection; toAwsRequestHandler recovers',
}

/** Clients of clouds, in the shapes that they take. */
export const cloudRows: readonly Row[] = [
  {
    client: '@aws-sdk/client-bedrock-runtime',
    via: 'toAwsRequestHandler',
    glue: 'requestHandler: toAwsRequestHandler(fetch)',
    isCommon: true,
    open: (lab) =>
      overBedrock(
        new BedrockRuntimeClient({
          ...shared(lab),
          credentials: replaced,
          requestHandler: toAwsRequestHandler(lab.fetch),
        }),
      ),
  },
  {
    client: '@aws-sdk/client-bedrock-runtime',
    via: 'toAwsToken',
    glue: "token: toAwsToken(auth, { origin }), authSchemePreference: ['httpBearerAuth']",
    kinds: ['bearer'],
    exceptions: [untoldAws],
    open: (lab) =>
      overBedrock(
        new BedrockRuntimeClient({
          ...shared(lab),
          token: toAwsToken(lab.auth, { origin: lab.origin }),
          authSchemePreference: ['httpBearerAuth'],
          requestHandler: new NodeHttpHandler(),
        }),
      ),
  },
  {
    client: '@aws-sdk/client-bedrock-runtime',
    via: 'awsCredentials',
    glue: 'credentials: awsCredentials()',
    kinds: ['sigv4'],
    exceptions: [untoldAws],
    open: (lab) =>
      overBedrock(
        new BedrockRuntimeClient({
          ...shared(lab),
          credentials: (lab.credentials as AwsKindCredentials).source,
          requestHandler: new NodeHttpHandler(),
        }),
      ),
  },
  {
    client: '@aws-sdk/client-s3',
    via: 'toAwsRequestHandler',
    glue: 'requestHandler: toAwsRequestHandler(fetch)',
    open: (lab) =>
      overS3(
        new S3Client({
          ...shared(lab),
          forcePathStyle: true,
          credentials: replaced,
          requestHandler: toAwsRequestHandler(lab.fetch),
        }),
      ),
  },
  {
    client: '@aws-sdk/client-s3',
    via: 'awsCredentials',
    glue: 'credentials: awsCredentials()',
    kinds: ['s3'],
    exceptions: [untoldAws],
    open: (lab) =>
      overS3(
        new S3Client({
          ...shared(lab),
          forcePathStyle: true,
          credentials: (lab.credentials as AwsKindCredentials).source,
        }),
      ),
  },
  {
    client: '@azure/core-rest-pipeline',
    via: 'toAzureHttpClient',
    glue: 'httpClient: toAzureHttpClient(fetch)',
    open: (lab) => overAzure(toAzureHttpClient(lab.fetch), lab),
  },
  {
    client: '@azure/core-rest-pipeline',
    via: 'toAzureTokenCredential',
    glue: 'credential: toAzureTokenCredential(auth, { origin })',
    kinds: ['bearer'],
    transport: 'https',
    hasClaims: true,
    open: (lab) =>
      overAzure(createDefaultHttpClient(), lab, toAzureTokenCredential(lab.auth, { origin: lab.origin })),
  },
  {
    client: 'google-auth-library',
    via: 'authFetch',
    glue: 'authClient: new PassThroughClient({ transporterOptions: { fetchImplementation: fetch } })',
    open: ({ fetch, origin }) =>
      overGoogle(new PassThroughClient({ transporterOptions: { fetchImplementation: fetch } }), origin),
  },
  {
    client: 'google-auth-library',
    via: 'toGoogleAuthClient',
    glue: 'authClient: toGoogleAuthClient(auth, { origin, AuthClient })',
    kinds: ['bearer', 'api-key'],
    open: ({ auth, origin }) => overGoogle(toGoogleAuthClient(auth, { origin, AuthClient }), origin),
  },
  {
    client: '@modelcontextprotocol/client 2',
    via: 'toMcpAuthProvider',
    glue: 'authProvider: toMcpAuthProvider(auth, { origin })',
    kinds: ['bearer'],
    open: ({ auth, origin }) =>
      overMcp(
        () => new Client({ name: 'lab', version: '1' }) as never,
        () => {
          const authProvider = toMcpAuthProvider(auth, { origin })
          return new StreamableHTTPClientTransport(new URL(`${origin}/mcp`), { authProvider })
        },
      ),
  },
]

function overGoogle(client: AuthClient, origin: string): TriedClient {
  const posted = { url: `${origin}/v1/echo`, method: 'POST', data: { a: 1 }, retry: false } as const
  return {
    async call(signal) {
      const { data } = await client.request<object>({ ...posted, ...(signal && { signal }) })
      return data
    },
  }
}

function overBedrock(client: BedrockRuntimeClient): TriedClient {
  const asked = { modelId: 'model-1', messages: [{ role: 'user' as const, content: [{ text: 'hi' }] }] }
  return {
    async call(abortSignal) {
      const options = { ...(abortSignal && { abortSignal }) }
      return (await client.send(new ConverseCommand(asked), options)).output?.message?.content
    },
    async stream(seen) {
      const { stream = [] } = await client.send(new ConverseStreamCommand(asked))
      let text = ''
      for await (const { contentBlockDelta } of stream as AsyncIterable<{
        contentBlockDelta?: { delta?: { text?: string } }
      }>) {
        text += contentBlockDelta?.delta?.text ?? ''
        if (text !== '') seen()
      }
      return text
    },
    close: () => client.destroy(),
  }
}

function overS3(client: S3Client): TriedClient {
  const at = { Bucket: 'bucket', Key: 'a b/c.json' }
  return {
    async call(abortSignal) {
      const command = new PutObjectCommand({ ...at, Body: '{"a":1}', ContentType: 'application/json' })
      await client.send(command, { ...(abortSignal && { abortSignal }) })
      return 'ok'
    },
    async stream(seen) {
      const { Body } = await client.send(new GetObjectCommand(at))
      return readStream(Body as never, seen)
    },
    close: () => client.destroy(),
  }
}

function overAzure(
  httpClient: HttpClient,
  { origin }: Lab,
  credential?: Parameters<typeof bearerTokenAuthenticationPolicy>[0]['credential'],
): TriedClient {
  const pipeline = createEmptyPipeline()
  if (credential) pipeline.addPolicy(bearerTokenAuthenticationPolicy({ credential, scopes: 'scope' }))
  const send = async (path: string, others: object) => {
    const request = createPipelineRequest({
      url: `${origin}${path}`,
      allowInsecureConnection: true,
      ...others,
    })
    if (origin.startsWith('https')) Object.assign(request, { agent: new Agent({ ca: certificate().cert }) })
    const response = await pipeline.sendRequest(httpClient, request)
    if (response.status >= 300) throw new Error(`status ${response.status}`)
    return response
  }
  return {
    async call(abortSignal) {
      const given = { method: 'POST', body: '{"a":1}', ...(abortSignal && { abortSignal }) }
      return (await send('/v1/echo', given)).bodyAsText
    },
    async stream(seen) {
      const response = await send('/v1/stream', { streamResponseStatusCodes: new Set([200]) })
      return readStream(response.readableStreamBody as never, seen)
    },
  }
}
