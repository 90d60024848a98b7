/** A command of a provider's table. */
export interface CommandTable {
  readonly command: string
  readonly args: readonly string[]
  /** @default 5000 */
  readonly timeout_ms?: number | undefined
  /** 0 keeps a token until it is rejected. @default 300000 */
  readonly refresh_interval_ms?: number | undefined
  /** A relative path starts at the folder of the configuration. @default the session's folder */
  readonly cwd?: string | undefined
}

/** A `[model_providers.ID]`, in the file's own spelling. */
export interface ProviderTable {
  readonly name: string
  readonly base_url?: string | undefined
  readonly env_key?: string | undefined
  readonly env_key_instructions?: string | undefined
  readonly experimental_bearer_token?: string | undefined
  readonly auth?: CommandTable | undefined
  readonly aws?:
    | {
        readonly profile?: string | undefined
        readonly region?: string | undefined
        readonly credential_export?: CommandTable | undefined
        readonly auth_refresh?: CommandTable | undefined
      }
    | undefined
  readonly gateway_oauth?: GatewayTable | undefined
  readonly query_params?: Readonly<Record<string, string>> | undefined
  readonly http_headers?: Readonly<Record<string, string>> | undefined
  readonly env_http_headers?: Readonly<Record<string, string>> | undefined
  readonly requires_openai_auth: boolean
  readonly supports_websockets: boolean
  readonly project_id?: string | undefined
  readonly location?: string | undefined
  /** Absolute path of the Google credentials that gcloud uses. */
  readonly credential_file?: string | undefined
}

/** The second credential for a gateway: its source and its place. */
export interface GatewayTable {
  readonly delivery?: GatewayDelivery | undefined
  readonly credential_export?: CommandTable | undefined
  /** The settings of an OAuth login at the gateway, which this package does not support. */
  readonly [setting: string]: unknown
}

/** The place of a gateway's credential. */
export interface GatewayDelivery {
  readonly kind: 'header' | 'cookie'
  readonly name: string
  /** The word before the credential in a header. @default 'Bearer' */
  readonly scheme?: string | undefined
}
