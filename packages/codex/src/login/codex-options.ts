import type {
  AccessToken,
  AuthObserver,
  AuthProvider,
  DocumentStore,
  SourceOptions,
} from '@outbound-auth/core'
import type { AwsKeysSource, CommandReference } from '@outbound-auth/resolver'
import type { CodexConfigLayers } from '../config/codex-home.js'
import type { AuthDocument } from './auth-document.js'
import type { HostHeaders } from './host-headers-auth.js'

type Variables = Readonly<Record<string, string | undefined>>

/** The signer for Amazon Bedrock: `@outbound-auth/sigv4`, which an application installs only if it needs it. */
export interface AwsSupport {
  readonly sigV4Auth: (options: never) => AuthProvider & { readonly kind: 'sigv4' }
  /** Of `@outbound-auth/sigv4/node`. */
  readonly awsCredentials: (options: {
    readonly profile?: string | undefined
    readonly env?: Variables | undefined
    readonly order?: 'keys-first' | undefined
  }) => AwsKeysSource
  /** Of `@outbound-auth/sigv4/node`. */
  readonly awsRegion: (options: {
    readonly profile?: string | undefined
    readonly env?: Variables | undefined
  }) => Promise<string | undefined>
}

/** Options of {@link createCodexResolver}. */
export interface CodexResolverOptions extends CodexConfigLayers {
  /**
   * The folder with `config.toml`, `auth.json` and `.env`. A relative path is resolved at once.
   *
   * @default CODEX_HOME, else `.codex` in the user's home
   */
  readonly home?: string | undefined
  /**
   * Environment variables, read at each use. Variables of the home's `.env` replace them, except for names that begin
   * with `CODEX_`. The resolver reads `.env` at its first use, and never changes the environment of the process.
   *
   * @default process.env
   */
  readonly env?: Variables | undefined
  /** The session's folder, in which credential commands run. @default the working directory of the process */
  readonly cwd?: string | undefined
  /**
   * Holds the login, whatever the value of `cli_auth_credentials_store`. With `sharedStore` of
   * `@outbound-auth/shared-store`, containers on many machines share one login.
   *
   * @default `auth.json` of the home; nothing for `"ephemeral"`, and an error for `"keyring"`
   */
  readonly store?: DocumentStore<AuthDocument> | undefined
  /**
   * The headers with which the application itself authenticates: the login of a home whose `auth_mode` is `headers`.
   * These headers replace every other login, and go only to the origins of their `allowedOrigins`.
   *
   * @default none; such a home is an error
   */
  readonly headers?: HostHeaders | undefined
  /**
   * Whether a session with the policy `chatgpt-auth` continues with the token of the login when the agents' authority
   * cannot be reached. With false, that is an error.
   *
   * @default true, as in Codex
   */
  readonly sessionFallback?: boolean | undefined
  /** Signs for Amazon Bedrock. @default none; a Bedrock provider that signs is an error */
  readonly aws?: AwsSupport | undefined
  /**
   * Calls the servers of logins. It does not send the requests themselves.
   *
   * @default the platform's fetch, at each call
   */
  readonly fetch?: typeof globalThis.fetch | undefined
  /**
   * Runs a credential command in `options.env`, in the folder and with the time limit of the reference.
   *
   * @default commandToken of `@outbound-auth/core/command`
   */
  readonly runCommand?:
    | ((
        reference: CommandReference,
        options: SourceOptions & { readonly env: Variables },
      ) => Promise<AccessToken | string>)
    | undefined
  /**
   * An agents' authority that cannot be reached is called again after this time, in milliseconds.
   *
   * @default 3600000
   */
  readonly agentCooldownMs?: number | undefined
  /** @default () => new Date(), at each call */
  readonly now?: (() => Date) | undefined
  readonly observer?: AuthObserver | undefined
}
