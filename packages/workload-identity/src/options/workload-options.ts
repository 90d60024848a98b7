import type { TokenSource } from '@outbound-auth/core'

/** Options of every exchange. */
export interface ExchangeOptions {
  /**
   * The platform's own token, or a function that gets it. The function is called once for each exchange, with
   * `forceRefresh: true`. The token is trimmed, sent once, and never kept.
   */
  readonly subjectToken: string | TokenSource
  /**
   * URL of the token endpoint, for a private endpoint or a test server: https, or http on this machine.
   *
   * @default that of the service
   */
  readonly tokenEndpoint?: string | undefined
  /**
   * Whether the service accepts each subject token once. A token that has been sent is not sent again then.
   *
   * @default true for `anthropic`, else false
   */
  readonly singleUse?: boolean | undefined
  /**
   * Time limit of one exchange in milliseconds, with the subject token and the impersonation.
   *
   * @default 10000
   */
  readonly timeoutMs?: number | undefined
  /** Sends tokens over plain http to other machines: everybody on the way can read them. @default false */
  readonly allowInsecureTransport?: boolean | undefined
  /** Sends the requests to the service. @default the platform's fetch */
  readonly fetch?: typeof globalThis.fetch | undefined
  /** @default () => new Date(), at each call */
  readonly now?: (() => Date) | undefined
}

/** Options of every exchange for a token. */
export interface TokenExchangeOptions extends ExchangeOptions {
  /**
   * How long a token is kept if the service does not say when it expires, in milliseconds. The `exp` of a JWT goes
   * before.
   *
   * @default 3600000
   */
  readonly defaultLifetimeMs?: number | undefined
}

/**
 * A token of the OpenAI API.
 *
 * @see https://platform.openai.com/docs/guides/workload-identity-federation
 */
export interface OpenaiWorkload extends TokenExchangeOptions {
  readonly service: 'openai'
  readonly identityProviderId: string
  readonly serviceAccountId: string
  readonly clientId?: string | undefined
  /** `'id_token'` for a token of the GCP metadata service. @default 'jwt' */
  readonly subjectTokenType?: 'jwt' | 'id_token' | undefined
}

/**
 * A token of the Claude API. Requests get the member `oauth-2025-04-20` of the header `anthropic-beta` as well.
 *
 * @see https://platform.claude.com/docs/en/build-with-claude/workload-identity-federation
 */
export interface AnthropicWorkload extends TokenExchangeOptions {
  readonly service: 'anthropic'
  /** `fdrl_…` */
  readonly federationRuleId: string
  readonly organizationId: string
  /** `svac_…` */
  readonly serviceAccountId?: string | undefined
  /** `wrkspc_…` or `default`; needed if the rule is for several workspaces. */
  readonly workspaceId?: string | undefined
}

/**
 * A token of OpenRouter.
 *
 * @see https://openrouter.ai/docs
 */
export interface OpenrouterWorkload extends TokenExchangeOptions {
  readonly service: 'openrouter'
  readonly federationPolicyId: string
  /** Such as `inference`. @default what the policy allows */
  readonly scope?: string | undefined
}

/**
 * A token of a Databricks workspace, or of an account.
 *
 * @see https://docs.databricks.com/aws/en/dev-tools/auth/oauth-federation-exchange
 */
export interface DatabricksWorkload extends TokenExchangeOptions {
  readonly service: 'databricks'
  /** Of the workspace, `dbc-1.cloud.databricks.com`; with `accountId` that of the account console. */
  readonly host: string
  readonly accountId?: string | undefined
  /** The service principal, if its own policy trusts the subject token. */
  readonly clientId?: string | undefined
  /** @default 'all-apis' */
  readonly scope?: string | undefined
}

/**
 * An access token of Google Cloud: of the workload itself, or of a service account.
 *
 * @see https://cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token
 */
export interface GcpWorkload extends TokenExchangeOptions {
  readonly service: 'gcp'
  /** `//iam.googleapis.com/projects/N/locations/global/workloadIdentityPools/POOL/providers/PROVIDER` */
  readonly audience: string
  /** Scopes, separated by spaces. @default 'https://www.googleapis.com/auth/cloud-platform' */
  readonly scope?: string | undefined
  /** @default 'jwt' */
  readonly subjectTokenType?: 'jwt' | 'id_token' | undefined
  /** The e-mail address of the service account that the token is for. @default the workload itself */
  readonly impersonate?: string | undefined
  /** How long a token of a service account lives, in milliseconds: 1000 to 43200000. @default 3600000 */
  readonly lifetimeMs?: number | undefined
}

/**
 * The token of a machine on Google Cloud, without an exchange: `subjectToken` is an access token already, such as that
 * of `gcpAccessToken`. With `impersonate` it becomes that of another service account.
 *
 * @see https://cloud.google.com/iam/docs/create-short-lived-credentials-direct
 */
export interface GcpAccessWorkload extends TokenExchangeOptions {
  readonly service: 'gcp'
  readonly subjectTokenType: 'access_token'
  /** The e-mail address of another service account that the token is for. @default the machine itself */
  readonly impersonate?: string | undefined
  /** Scopes of an impersonation, separated by spaces. @default 'https://www.googleapis.com/auth/cloud-platform' */
  readonly scope?: string | undefined
  /** How long a token of an impersonation lives, in milliseconds: 1000 to 43200000. @default 3600000 */
  readonly lifetimeMs?: number | undefined
}

/**
 * An access token of Microsoft Entra ID, for an application that trusts the subject token.
 *
 * @see https://learn.microsoft.com/entra/workload-id/workload-identity-federation
 */
export interface AzureWorkload extends TokenExchangeOptions {
  readonly service: 'azure'
  readonly tenantId: string
  readonly clientId: string
  /** The API and `/.default`: `https://cognitiveservices.azure.com/.default`. */
  readonly scope: string
  /** @default 'https://login.microsoftonline.com' */
  readonly authority?: string | undefined
}

/** Which service issues the token, and what the service needs to know. */
export type WorkloadOptions =
  | OpenaiWorkload
  | AnthropicWorkload
  | OpenrouterWorkload
  | DatabricksWorkload
  | GcpWorkload
  | GcpAccessWorkload
  | AzureWorkload
