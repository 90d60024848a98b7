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

/** What signs for Amazon Bedrock: `@outbound-auth/sigv4`, which an application installs only if it needs it. */
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
   * The folder with `config.toml`, `auth.json` and `.env`; a relative path is made absolute at once.
   *
   * @default CODEX_HOME, else `.codex` in the user's home
   */
  readonly home?: string | undefined
  /**
   * Environment variables, read at each use. Those of the home's `.env` beat them, but for names that begin with
   * `CODEX_`; that file is read when the resolver is first used, and nothing is ever set in the process.
   *
   * @default process.env
   */
  readonly env?: Variables | undefined
  /** The session's folder: where credential commands run. @default the process's own */
  readonly cwd?: string | undefined
  /**
   * Where the login is kept, whatever `cli_auth_credentials_store` says.
   *
   * @default `auth.json` of the home; nothing for `"ephemeral"`, and an error for `"keyring"`
   */
  readonly store?: DocumentStore<AuthDocument> | undefined
  /**
   * The headers with which the application itself authenticates: the login of a home whose `auth_mode` is `headers`.
   * They beat every other login, and go to the origins that are named with them.
   *
   * @default none; such a home is an error
   */
  readonly headers?: HostHeaders | undefined
  /**
   * Whether a session with the policy `chatgpt-auth` goes on with the token of the login when the agents' authority
   * cannot be reached; false makes that an error.
   *
   * @default true, as in Codex
   */
  readonly sessionFallback?: boolean | undefined
  /** What signs for Amazon Bedrock. @default none; a Bedrock provider that signs is an error */
  readonly aws?: AwsSupport | undefined
  /** Sends what goes to the servers of logins; not the requests themselves. @default the platform's, at each call */
  readonly fetch?: typeof globalThis.fetch | undefined
  /**
   * Runs a credential command in `options.env`, and does what the reference says about folder and time limit.
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
   * How long an authority of agents that cannot be reached is not asked again, in milliseconds.
   *
   * @default 3600000
   */
  readonly agentCooldownMs?: number | undefined
  /** @default () => new Date(), at each call */
  readonly now?: (() => Date) | undefined
  readonly observer?: AuthObserver | undefined
}
