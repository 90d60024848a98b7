import { readFile } from 'node:fs/promises'
import { Anthropic } from '@anthropic-ai/sdk'
import { identityTokenFromFile } from '@anthropic-ai/sdk/lib/credentials/identity-token'
import { oidcFederationProvider } from '@anthropic-ai/sdk/lib/credentials/oidc-federation'
import { GetCallerIdentityCommand, GetWebIdentityTokenCommand, STSClient } from '@aws-sdk/client-sts'
import { fromTokenFile } from '@aws-sdk/credential-provider-web-identity'
import { createHttpHeaders } from '@azure/core-rest-pipeline'
import { WorkloadIdentityCredential } from '@azure/identity'
import { authFetch } from '@outbound-auth/fetch'
import { sigV4Auth } from '@outbound-auth/sigv4'
import {
  awsWebIdentityToken,
  type WorkloadOptions,
  webIdentityCredentials,
  workloadIdentityAuth,
} from '@outbound-auth/workload-identity'
import { IdentityPoolClient, type IdentityPoolClientOptions } from 'google-auth-library'
import { OpenAI } from 'openai'
import { k8sServiceAccountTokenProvider } from 'openai/auth/index'

/** Where an exchange takes place. */
export interface Place {
  readonly origin: string
  /** The file with the subject token. */
  readonly file: string
  /** Sends any request to `origin`. */
  readonly fetch: typeof globalThis.fetch
}

/** Makes one call of an API, with an exchange if it needs one. */
export type Call = () => Promise<unknown>

/** One exchange, by the SDK of the vendor and by ours. */
export interface Oracle {
  readonly name: string
  /** The npm package that is the oracle. */
  readonly sdk: string
  readonly theirs: (place: Place) => Call
  readonly ours: (place: Place) => Call
  /** Members that the SDK adds to tell its vendor about itself. */
  readonly telemetry?: RegExp
  /** False where each call is an exchange by design, so counts say nothing. */
  readonly isCached?: false
}

const region = 'us-east-1'
const roleArn = 'arn:aws:iam::123456789012:role/agent'
const keys = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'secret' }
const audience = '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/x'
const account = 'agent@project.iam.gserviceaccount.com'
const azure = {
  tenantId: 'c0ffee00-0000-4000-8000-000000000001',
  clientId: 'c0ffee00-0000-4000-8000-000000000002',
}
const azureScope = 'https://cognitiveservices.azure.com/.default'
const anthropic = {
  federationRuleId: 'fdrl_1',
  organizationId: 'c0ffee00-0000-4000-8000-000000000003',
  serviceAccountId: 'svac_1',
  workspaceId: 'wrkspc_1',
}
const openai = { identityProviderId: 'idp_1', serviceAccountId: 'sa_1', clientId: 'client-1' }

const fileToken =
  ({ file }: Place) =>
  () =>
    readFile(file, 'utf8')

/** A call with our provider. Its subject token is the same file at each exchange, as with the SDKs. */
function calling(workloadAt: (place: Place) => WorkloadOptions): (place: Place) => Call {
  return (place) => {
    const auth = workloadIdentityAuth({ singleUse: false, fetch: place.fetch, ...workloadAt(place) })
    const fetch = authFetch(auth, { allowedOrigins: [place.origin] })
    return () => fetch(`${place.origin}/v1/models`)
  }
}

const google =
  (change: Partial<IdentityPoolClientOptions>) =>
  ({ origin, file }: Place): Call => {
    const client = new IdentityPoolClient({
      type: 'external_account',
      audience,
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      token_url: `${origin}/v1/token`,
      credential_source: { file },
      ...Object.fromEntries(
        Object.entries(change).map(([name, value]) => [
          name,
          typeof value === 'string' ? value.replace('{origin}', origin) : value,
        ]),
      ),
    } as IdentityPoolClientOptions)
    return () => client.getAccessToken()
  }

/** Every exchange that a vendor's SDK has too. */
export const oracles: readonly Oracle[] = [
  {
    name: 'OpenAI',
    sdk: 'openai',
    theirs: ({ origin, file, fetch }) => {
      const provider = k8sServiceAccountTokenProvider(file)
      const client = new OpenAI({
        workloadIdentity: { ...openai, provider },
        baseURL: `${origin}/v1`,
        fetch,
        maxRetries: 0,
      })
      return async () => client.models.list()
    },
    ours: calling((place) => ({ service: 'openai', ...openai, subjectToken: fileToken(place) })),
  },
  {
    name: 'Anthropic',
    sdk: '@anthropic-ai/sdk',
    theirs: ({ origin, file, fetch }) => {
      const identityTokenProvider = identityTokenFromFile(file)
      const credentials = oidcFederationProvider({
        ...anthropic,
        identityTokenProvider,
        baseURL: origin,
        fetch,
      })
      const client = new Anthropic({ credentials, baseURL: origin, fetch, maxRetries: 0 })
      return async () => client.models.list()
    },
    ours: calling((place) => ({ service: 'anthropic', ...anthropic, subjectToken: fileToken(place) })),
  },
  {
    name: 'Google Cloud',
    sdk: 'google-auth-library',
    theirs: google({}),
    ours: calling((place) => ({ service: 'gcp', audience, subjectToken: fileToken(place) })),
  },
  {
    name: 'Google Cloud, a service account',
    sdk: 'google-auth-library',
    theirs: google({
      service_account_impersonation_url: `{origin}/v1/projects/-/serviceAccounts/${encodeURIComponent(account)}:generateAccessToken`,
    }),
    ours: calling((place) => ({
      service: 'gcp',
      audience,
      impersonate: account,
      subjectToken: fileToken(place),
    })),
  },
  {
    name: 'Azure',
    sdk: '@azure/identity',
    telemetry: /^(x-|client_info$|client-request-id$)/,
    theirs: ({ file, fetch }) => {
      const credential = new WorkloadIdentityCredential({
        ...azure,
        tokenFilePath: file,
        disableInstanceDiscovery: true,
        httpClient: {
          async sendRequest(request) {
            const headers = request.headers.toJSON({ preserveCase: true })
            const { method, url, body } = request
            const response = await fetch(url, {
              method,
              headers,
              ...(body != null && { body: String(body) }),
            })
            const found = Object.fromEntries(response.headers)
            return {
              request,
              status: response.status,
              headers: createHttpHeaders(found),
              bodyAsText: await response.text(),
            }
          },
        },
      })
      return () => credential.getToken(azureScope)
    },
    ours: calling((place) => ({
      service: 'azure',
      ...azure,
      scope: azureScope,
      subjectToken: fileToken(place),
    })),
  },
  {
    name: 'AWS AssumeRoleWithWebIdentity',
    sdk: '@aws-sdk/client-sts',
    theirs: ({ origin: endpoint, file: webIdentityTokenFile }) => {
      const clientConfig = { endpoint, region }
      const credentials = fromTokenFile({
        webIdentityTokenFile,
        roleArn,
        roleSessionName: 'job-1',
        clientConfig,
      })
      const client = new STSClient({ ...clientConfig, credentials })
      return () => client.send(new GetCallerIdentityCommand())
    },
    ours: (place) => {
      const { origin, fetch } = place
      const credentials = webIdentityCredentials({
        roleArn,
        region,
        sessionName: 'job-1',
        subjectToken: fileToken(place),
        fetch,
      })
      const auth = sigV4Auth({ service: 'sts', region, credentials })
      const send = authFetch(auth, { allowedOrigins: [origin] })
      const body = new URLSearchParams({ Action: 'GetCallerIdentity', Version: '2011-06-15' })
      return () => send(`${origin}/`, { method: 'POST', body })
    },
  },
  {
    name: 'AWS GetWebIdentityToken',
    sdk: '@aws-sdk/client-sts',
    isCached: false,
    theirs: ({ origin: endpoint }) => {
      const client = new STSClient({ endpoint, region, credentials: keys })
      const input = { Audience: ['a', 'https://b.example'], SigningAlgorithm: 'RS256', DurationSeconds: 300 }
      return () => client.send(new GetWebIdentityTokenCommand(input))
    },
    ours: ({ fetch }) => {
      const auth = sigV4Auth({ service: 'sts', region, credentials: keys })
      const source = awsWebIdentityToken({ audience: ['a', 'https://b.example'], region, auth, fetch })
      const { signal } = new AbortController()
      return async () => source({ signal, forceRefresh: true })
    },
  },
]
